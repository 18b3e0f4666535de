// In or out, and where? With what is known of the person's day.
import { useEffect, useState } from "preact/hooks";
import { clock, hours } from "../i18n/format";
import { ask, Button, Notice } from "../ui";
import { Activities } from "./Activities";
import { Offers } from "./Claim";
import { device } from "./device";
import { type Forgotten, forgottenHere } from "./forgotten";
import { activitiesAt, nameOf, told } from "./programme";
import { mark, marksOf } from "./queue";
import { send } from "./sending";
import { type Method, show } from "./state";
import { Title } from "./Title";
import { type Today, todayHere } from "./today";
import { say } from "./voice";
import { t } from "./words";

const JUST_NOW = 5 * 60_000; // ms within which the same again is a slip, as a rule

export function Choose({ volunteer, method }: { volunteer: string; method: Method }) {
  const [now] = useState(Date.now);
  const [today, setToday] = useState<Today | null>(null);
  const [missed, setMissed] = useState<readonly Forgotten[]>([]);
  const [chosen, setChosen] = useState("");
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    void Promise.all([todayHere(volunteer, now), forgottenHere(volunteer, now)]).then(
      ([found, before]) => {
        setMissed(before);
        setToday(found);
        const { near } = activitiesAt(now);
        const [open] = found.open.keys();
        setChosen(open ?? (near.length === 1 ? (near[0]?.id ?? "") : ""));
      },
    );
  }, [volunteer, now]);
  if (today === null) return null; // a few milliseconds
  const isIn = today.open.has(chosen);
  const press = async (out: boolean) => {
    const own = device.value;
    if (!own) return;
    if (chosen === "") {
      setMissing(true);
      say(t("activityMissing"));
      return;
    }
    if (!(await meant(volunteer, chosen, out))) return;
    const marks = await mark(own, [{ volunteer, activity: chosen, out, method }], Date.now());
    void send();
    show({ is: "done", marks });
  };
  return (
    <div class="stack choose">
      <Title back>{volunteer}</Title>
      <p class="soft">
        {t("todayHours", { hours: hours(today.seconds) })} · {t("todayHere")}
      </p>
      <Offers volunteer={volunteer} visits={missed} />
      <Activities
        now={now}
        chosen={chosen}
        open={today.open}
        onChoose={(activity) => {
          setChosen(activity);
          setMissing(false);
          say(nameOf(activity));
        }}
      />
      {missing && (
        <Notice tone="bad" alert>
          {t("activityMissing")}
        </Notice>
      )}
      <div class="in-out">
        <Button icon="in" look={isIn ? undefined : "primary"} onPress={() => press(false)}>
          {t("checkIn")}
        </Button>
        <Button icon="out" look={isIn ? "primary" : undefined} onPress={() => press(true)}>
          {t("checkOut")}
        </Button>
      </div>
    </div>
  );
}

/** False: it was a slip, as whoever pressed says. */
async function meant(volunteer: string, activity: string, out: boolean): Promise<boolean> {
  const recent = await marksOf(volunteer, Date.now() - JUST_NOW);
  const same = recent.findLast((one) => one.activity === activity && !one.claim);
  if (same?.out !== out) return true;
  const time = clock(new Date(same.at).toISOString(), told.value?.programme.zone);
  return ask({
    title: t("twiceTitle"),
    text: t(out ? "twiceOut" : "twiceIn", { time }),
    yes: t("onceMore"),
  });
}

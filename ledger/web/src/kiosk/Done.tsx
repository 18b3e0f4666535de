// What has just been marked, and is it with the ledger? The truth, also when it is not.
import { useEffect, useState } from "preact/hooks";
import { clock, hours, moment } from "../i18n/format";
import { Button, Icon, Notice } from "../ui";
import { Offers } from "./Claim";
import { type Forgotten, forgottenHere } from "./forgotten";
import { nameOf, told } from "./programme";
import { unsent } from "./queue";
import { line, send, stranger } from "./sending";
import { returns, show } from "./state";
import { database, type Mark, type State } from "./store";
import { Title } from "./Title";
import { todayHere, todayTold } from "./today";
import { say } from "./voice";
import { t } from "./words";

const RETURN_AFTER = 20; // seconds

export function Done({ marks }: { marks: readonly Mark[] }) {
  const [first] = marks;
  const [fate, setFate] = useState<{ state: State; reason: string }>({
    state: "waiting",
    reason: "",
  });
  const [today, setToday] = useState<{ seconds: number; told: boolean } | null>(null);
  const [missed, setMissed] = useState<readonly Forgotten[]>([]);
  const alone = marks.length === 1 ? first : undefined;
  useEffect(() => {
    let left = false;
    void (async () => {
      if (alone) {
        setToday(await todayHere(alone.volunteer, Date.now()));
        if (!alone.out) setMissed(await forgottenHere(alone.volunteer, Date.now()));
      }
      await send();
      const found = await worst(marks);
      if (left) return;
      setFate(found);
      if (!alone || found.state === "waiting" || found.state === "rejected") return;
      const seconds = await todayTold(alone.volunteer);
      if (!left && seconds !== null) setToday({ seconds, told: true });
    })();
    return () => {
      left = true;
    };
  }, [marks, alone]);
  const what = first ? text(first, marks.length) : "";
  useEffect(() => say(what), [what]);
  if (!first) return null;
  const zone = told.value?.programme.zone;
  const time = first.claim
    ? moment(new Date(first.claim.ended).toISOString(), zone)
    : clock(new Date(first.at).toISOString(), zone);
  return (
    <div class="done card" role="status">
      <div class="stamp">
        <Icon name={first.claim ? "clock" : first.out ? "out" : "check"} />
      </div>
      <Title>{what}</Title>
      <p class="done-what">
        {alone && <b>{alone.volunteer}</b>}
        <span>{nameOf(first.activity)}</span>
        <b>{time}</b>
      </p>
      <p class="done-today">
        {today && (
          <>
            {t("todayHours", { hours: hours(today.seconds) })}
            <span class="soft"> · {t(today.told ? "todayTold" : "todayHere")}</span>
          </>
        )}
      </p>
      {first.claim && <p>{t("claimWaits")}</p>}
      <Fate {...fate} />
      {alone && <Offers volunteer={alone.volunteer} visits={missed} />}
      <Return />
    </div>
  );
}

function text({ out, claim }: Mark, count: number): string {
  if (claim) return t("claimDone");
  if (count === 1) return t(out ? "doneOut" : "doneIn");
  return t(out ? "doneOutMany" : "doneInMany", { count });
}

/** What the ledger said of the marks: of the one that is worst off. */
async function worst(marks: readonly Mark[]): Promise<{ state: State; reason: string }> {
  const db = await database();
  const now = await Promise.all(marks.map(({ id }) => db.get("marks", id)));
  const of = (state: State) => now.find((one) => one?.state === state);
  return of("rejected") ?? of("waiting") ?? { state: "recorded", reason: "" };
}

function Fate({ state, reason }: { state: State; reason: string }) {
  const { count } = unsent.value;
  if (state === "rejected") return <Notice tone="bad">{t("setAside", { reason })}</Notice>;
  if (state !== "waiting") return <Notice tone="good">{t("sent")}</Notice>;
  if (line.value !== "down" && !stranger.value) return <Notice>{t("sending")}</Notice>;
  return (
    <Notice tone="wait" icon={line.value === "down" ? "offline" : "clock"}>
      {t("kept")} · {t("unsent", { count })}
    </Notice>
  );
}

function Return() {
  const [left, setLeft] = useState(returns.value ? RETURN_AFTER : null);
  useEffect(() => {
    if (left === null) return;
    const timer = setTimeout(() => (left > 1 ? setLeft(left - 1) : show({ is: "start" })), 1000);
    return () => clearTimeout(timer);
  }, [left]);
  return (
    <div class="row">
      <Button look="primary" onPress={() => show({ is: "start" })}>
        {t("finish")}
      </Button>
      {left !== null && <Button onPress={() => setLeft(null)}>{t("stay")}</Button>}
      <span class="soft" aria-live="off">
        {left !== null && t("returning", { seconds: left })}
      </span>
    </div>
  );
}

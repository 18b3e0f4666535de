// When did a visit end that nobody checked out of, and why? A time and one press; a person decides on it later.
import { useState } from "preact/hooks";
import { clock, day, moment } from "../i18n/format";
import { Button, Icon, Notice, TextField } from "../ui";
import { device } from "./device";
import type { Forgotten } from "./forgotten";
import { nameOf, told } from "./programme";
import { claim } from "./queue";
import { send } from "./sending";
import { show } from "./state";
import { Title } from "./Title";
import { say } from "./voice";
import { t } from "./words";

const REASONS = ["whyForgot", "whyBroken", "whyNoCode", "whyLeft", "whyOther"] as const;
type Reason = (typeof REASONS)[number];

export function Claim({ volunteer, visit }: { volunteer: string; visit: Forgotten }) {
  const [ended, setEnded] = useState(() => local(usualEnd(visit)));
  const [why, setWhy] = useState<Reason | null>(null);
  const [own, setOwn] = useState("");
  const [wrong, setWrong] = useState("");
  const choose = (name: Reason) => {
    setWhy(name);
    setWrong("");
    say(t(name));
  };
  const press = async () => {
    const kiosk = device.value;
    if (!kiosk) return;
    const at = Date.parse(ended); // on the device's own clock, as it is written
    const reason = why === "whyOther" ? own.trim() : why && t(why);
    const now = Date.now();
    if (Number.isNaN(at) || at <= visit.at || at > Math.min(visit.until ?? now, now)) {
      setWrong(t(visit.until ? "endedBetween" : "endedWrong", bounds(visit)));
      return;
    }
    if (!reason) {
      setWrong(t("whyMissing"));
      return;
    }
    const marks = [await claim(kiosk, { volunteer, activity: visit.activity, at, reason }, now)];
    void send();
    show({ is: "done", marks });
  };
  return (
    <form
      class="stack claim"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void press();
      }}
    >
      <Title back>{t("claimTitle")}</Title>
      <p>
        <b>{volunteer}</b> · {nameOf(visit.activity)} · {t("cameAt", { time: iso(visit.at) })}
      </p>
      <Notice>{t("claimLead")}</Notice>
      <TextField
        label={t("endedAt")}
        type="datetime-local"
        value={ended}
        min={local(visit.at)}
        max={local(visit.until ?? Date.now())}
        onText={(text) => {
          setEnded(text);
          setWrong("");
        }}
      />
      <fieldset class="activities">
        <legend>{t("why")}</legend>
        <div class="grid">
          {REASONS.map((name) => (
            <label class="activity" key={name}>
              <input type="radio" name="why" checked={why === name} onChange={() => choose(name)} />
              <span>
                <b>{t(name)}</b>
              </span>
            </label>
          ))}
        </div>
        {why === "whyOther" && (
          <TextField
            label={t("whyOwn")}
            hint={t("nothingPersonal")}
            value={own}
            maxLength={200}
            onText={(text) => {
              setOwn(text);
              setWrong("");
            }}
          />
        )}
      </fieldset>
      {wrong && (
        <Notice tone="bad" alert>
          {wrong}
        </Notice>
      )}
      <Button icon="out" look="primary" type="submit" wide>
        {t("claimSend")}
      </Button>
    </form>
  );
}

/** Visits that nobody checked out of, each with a way to say when it ended. */
export function Offers({ volunteer, visits }: { volunteer: string; visits: readonly Forgotten[] }) {
  const zone = told.value?.programme.zone;
  return (
    <>
      {visits.map((visit) => (
        <Notice tone="wait" key={`${visit.activity} ${visit.at}`}>
          <p>
            {t("forgotten", {
              day: day(new Date(visit.at).toISOString(), zone),
              time: clock(new Date(visit.at).toISOString(), zone),
              activity: nameOf(visit.activity),
            })}
          </p>
          <Button onPress={() => show({ is: "claim", volunteer, visit })}>
            <Icon name="out" />
            {t("claimTitle")}
          </Button>
        </Notice>
      ))}
    </>
  );
}

function bounds({ at, until }: Forgotten): Record<string, string> {
  return { from: iso(at), until: iso(until ?? Date.now()) };
}

/** When the activity was to end, if that fits; else nobody knows. */
function usualEnd({ activity, at, until }: Forgotten): number | null {
  const known = told.value?.programme.activities.find(({ id }) => id === activity)?.ends;
  const ends = known ? Date.parse(known) : Number.NaN;
  return ends > at && ends <= Math.min(until ?? Date.now(), Date.now()) ? ends : null;
}

/** As the input has it: "2026-05-01T11:00" on the device's own clock; a day without a known time. */
function local(at: number | null): string {
  if (at === null) return "";
  const offset = new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - offset).toISOString().slice(0, 16);
}

function iso(at: number): string {
  return moment(new Date(at).toISOString());
}

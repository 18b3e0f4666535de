// How do I stand? The open visit, star and the way to the next, points, benefits.
import { api, told } from "../api";
import { clock, day, exact, hours } from "../i18n/format";
import { Card, Loaded, Meter, Notice, Stat, Stats, useAsked } from "../ui";
import { Entitled } from "./Entitled";
import { type NextStar, of, type Story } from "./mine";
import { Part } from "./Part";
import { Clauses, textsOf, Why } from "./Why";
import { levelName, plainly, t } from "./words";

export function Home({ volunteer }: { volunteer: string }) {
  const asked = useAsked(
    () =>
      Promise.all([
        told(api.GET("/v1/volunteers/{volunteer}", of(volunteer))),
        told(api.GET("/v1/volunteers/{volunteer}/today", of(volunteer))),
        told(api.GET("/v1/volunteers/{volunteer}/next-star", of(volunteer))),
        told(api.GET("/v1/volunteers/{volunteer}/months", of(volunteer))),
        told(api.GET("/v1/volunteers/{volunteer}/benefits", of(volunteer))),
        told(api.GET("/v1/volunteers/{volunteer}/honours", of(volunteer))),
      ]),
    [volunteer],
  );
  const [known] = asked.value ?? [];
  const title = known ? t("hello", { name: known.name ?? volunteer }) : t("home");
  return (
    <Part title={title}>
      <Loaded of={asked}>
        {([standing, today, next, months, benefits, honours]) => {
          const open = today.visits.find(({ ended_at }) => ended_at === null);
          const month = months.items.find((one) => one.month === today.day.slice(0, 7));
          return (
            <div class="stack">
              {months.items.length === 0 && !open && <Newcomer />}
              {open && (
                <Notice tone="good" icon="clock">
                  <p>
                    <b>{t("openNow", { activity: open.name || open.activity })}</b>
                  </p>
                  <p>
                    {t("openSince", {
                      time: clock(open.started_at),
                      hours: hours(Math.max(0, (Date.now() - Date.parse(open.started_at)) / 1000)),
                    })}
                  </p>
                </Notice>
              )}
              <Card title={t("starTitle")} more={<Stars level={standing.star} />}>
                <p class="me-level">{levelName(standing.star)}</p>
                <Way next={next} />
                <Why title={t("why")} volunteer={volunteer}>
                  {(story) => <WhyStar story={story} />}
                </Why>
              </Card>
              <Card>
                <Stats>
                  <Stat name={t("total")} value={hours(standing.seconds)} />
                  <Stat name={t("thisMonth")} value={hours(month?.seconds ?? 0)} />
                  <Stat
                    name={t("available")}
                    value={exact(standing.points.available)}
                    note={<Soon lots={standing.points.expiring ?? []} />}
                  />
                </Stats>
              </Card>
              <Entitled benefits={benefits} honours={honours.items} />
            </div>
          );
        }}
      </Loaded>
    </Part>
  );
}

/** Somebody of whom the ledger has no hours yet. */
function Newcomer() {
  return (
    <Notice icon="info">
      <p>{t("newcomer")}</p>
      <p>
        <a href="#activities">{t("newcomerJoin")}</a>
      </p>
    </Notice>
  );
}

/** Five at most: the star ladder of the country has five. */
function Stars({ level }: { level: string | number | null }) {
  const held = Number(level);
  if (!Number.isInteger(held) || held < 1 || held > 5) return null;
  return (
    <span class="me-stars" aria-hidden="true">
      {"★".repeat(held)}
    </span>
  );
}

function Way({ next }: { next: NextStar }) {
  if (next.next === null || next.next === undefined) return <p>{t("highest")}</p>;
  const name = levelName(next.next);
  const missing = next.missing_seconds;
  if (missing === null)
    return <p>{t("takes", { next: name, condition: plainly(next.condition) })}</p>;
  return (
    <div class="stack gap-s">
      <Meter value={next.seconds} max={next.seconds + missing} label={t("progress")} />
      <p>{t("toNext", { next: name, hours: hours(missing) })}</p>
      <p class="soft small">
        {next.reached_on
          ? t("pace", {
              days: next.recent_days,
              hours: hours(next.recent_seconds),
              day: day(next.reached_on),
            })
          : t("noPace", { days: next.recent_days })}
      </p>
    </div>
  );
}

function Soon({ lots }: { lots: readonly { on: string; amount: string }[] }) {
  const [first] = lots;
  if (!first) return null;
  return (
    <>
      {exact(first.amount)}：{t("lastDay", { day: day(first.on) })}
    </>
  );
}

/** From when a ledger's first policy holds: that is no day of its own. */
const EVER = "1970-01-01";

function WhyStar({ story }: { story: Story }) {
  const ladder = story.ladders.find((one) => one.ladder === "star") ?? story.ladders[0];
  const because = ladder?.because;
  const [policy] = story.policies.slice(-1);
  return (
    <>
      <p>
        {because
          ? t("whyStar", {
              at: day(because.at),
              level: levelName(ladder?.level),
              condition: plainly(because.condition),
              count: because.hour_records.length,
            })
          : t("whyNoStar")}
      </p>
      {because && <Clauses texts={textsOf(because.clauses)} />}
      {policy && (
        <p class="soft small">
          {policy.effective_from > EVER
            ? t("under", { title: policy.title, day: day(policy.effective_from) })
            : t("underAlways", { title: policy.title })}
        </p>
      )}
      {story.level_changes.length > 0 && (
        <>
          <h3>{t("history")}</h3>
          <ol class="me-lines">
            {story.level_changes.map((one) => (
              <li key={`${one.at} ${one.recorded_at} ${one.to}`}>
                {t("changed", {
                  at: day(one.at),
                  from: levelName(one.from),
                  to: levelName(one.to),
                  hours: hours(one.seconds),
                })}
              </li>
            ))}
          </ol>
        </>
      )}
    </>
  );
}

// When have I served? By month, and each visit with how it was counted.
import { api, told } from "../api";
import { locale } from "../i18n";
import { clock, day, hours, moment } from "../i18n/format";
import { Badge, Card, Loaded, Meter, useAsked } from "../ui";
import { Listed } from "./Listed";
import { type Month, of, type Story, type Visit } from "./mine";
import { Part } from "./Part";
import { useParts } from "./useParts";
import { Clauses, textsOf, Why } from "./Why";
import { t } from "./words";

export function Hours({ volunteer }: { volunteer: string }) {
  const months = useAsked(
    () => told(api.GET("/v1/volunteers/{volunteer}/months", of(volunteer))),
    [volunteer],
  );
  const listed = useParts((after) =>
    told(
      api.GET("/v1/volunteers/{volunteer}/visits", {
        params: { path: { volunteer }, query: { limit: 20, after } },
      }),
    ),
  );
  return (
    <Part title={t("hours")}>
      <Loaded of={months}>
        {({ items: found }) => (
          <Loaded of={listed.first}>
            {() => (
              <div class="stack">
                <Card title={t("byMonth")}>
                  <Months months={found} />
                </Card>
                <Listed title={t("allVisits")} of={listed} none={t("noHours")}>
                  {(one) => <Line key={one.record} visit={one} volunteer={volunteer} />}
                </Listed>
              </div>
            )}
          </Loaded>
        )}
      </Loaded>
    </Part>
  );
}

function Months({ months }: { months: readonly Month[] }) {
  const most = Math.max(0, ...months.map(({ seconds }) => seconds));
  if (months.length === 0) return <p class="soft">{t("noHours")}</p>;
  return (
    <ol class="me-months">
      {months.map(({ month, seconds, visits }) => {
        const name = monthName(month);
        return (
          <li key={month}>
            <div class="row ends">
              <b>{name}</b>
              <span>
                {hours(seconds)} <span class="soft small">{t("visits", { count: visits })}</span>
              </span>
            </div>
            <Meter
              value={seconds}
              max={most}
              label={t("monthMeter", { month: name, hours: hours(seconds) })}
            />
          </li>
        );
      })}
    </ol>
  );
}

function monthName(month: string): string {
  return new Intl.DateTimeFormat(locale(), {
    year: "numeric",
    month: "long",
    timeZone: "UTC",
  }).format(new Date(`${month}-15T00:00:00Z`));
}

function Line({ visit, volunteer }: { visit: Visit; volunteer: string }) {
  return (
    <li>
      <div class="row ends">
        <b>{visit.activity_name || visit.activity}</b>
        <span class="me-amount">{hours(visit.seconds)}</span>
      </div>
      <div class="row ends">
        <span class="soft small">
          {day(visit.started_at)} {clock(visit.started_at)}–{clock(visit.ended_at)}{" "}
          {visit.place_name}
        </span>
        {visit.status !== "counted" && (
          <Badge tone="wait">{t(visit.awaits === "review" ? "underReview" : "pending")}</Badge>
        )}
      </div>
      <Why title={t("whyHours")} volunteer={volunteer}>
        {(story) => <Counted story={story} record={visit.record} />}
      </Why>
    </li>
  );
}

function Counted({ story, record }: { story: Story; record: number }) {
  const one = story.hours.find((row) => row.record === record);
  if (!one) return null;
  return (
    <>
      <p>
        {t("came", {
          from: clock(one.started_at),
          to: clock(one.ended_at),
          spent: hours(one.visit_seconds),
          counted: hours(one.counted_seconds),
        })}
      </p>
      {one.counted_seconds < one.visit_seconds && <p>{t("less")}</p>}
      <Clauses texts={textsOf(one.clauses)} />
      <p class="soft small">{t("recorded", { at: moment(one.recorded_at), record })}</p>
    </>
  );
}

// Where do somebody's star, hours and points come from? Each down to its clause and its events.
import { lazy, Suspense } from "preact/compat";
import { useState } from "preact/hooks";
import { api, told } from "../api";
import { exact, hours, moment } from "../i18n/format";
import {
  Badge,
  Button,
  Card,
  type Column,
  Loaded,
  Stat,
  Stats,
  Table,
  Tabs,
  TextField,
  useAsked,
} from "../ui";
import { More } from "./More";
import { level } from "./Overview";
import { to, useFilter } from "./route";
import { t } from "./words";

interface Cause {
  rule: string;
  clauses: readonly { clause: string; text: string }[];
}

interface EventName {
  source: string;
  id: string;
}

type Undone = { reverses: number | null; reversed_by: number | null };

interface HourRecord extends Cause, Undone {
  record: number;
  status: string;
  awaits: string;
  activity: string;
  place: string;
  started_at: string;
  ended_at: string;
  counted_seconds: number;
  check_in: EventName | null;
  check_out: EventName | null;
}

interface Entry extends Cause, Undone {
  entry: number;
  amount: string;
  currency: string;
  at: string;
  event: EventName | null;
  redemption?: { merchant: string; item: string };
}

type Names = Record<
  "volunteer" | "activity" | "place" | "merchant" | "item",
  Record<string, string>
>;

/** What `/v1/volunteers/{id}/explanation` tells, as `vledger explain --json` does. */
interface Story {
  volunteer: string;
  seconds: number;
  star: string | number | null;
  points: { balance: string; held: string; available: string };
  ladders: readonly {
    ladder: string;
    level: string | number | null;
    because?: Cause & { condition: string; seconds: number; at: string };
    next?: { level: string | number; condition: string; missing_seconds?: number };
  }[];
  hours: readonly HourRecord[];
  points_entries: readonly Entry[];
  uncounted: readonly {
    activity: string;
    place: string;
    direction: "check-in" | "check-out";
    at: string;
    event: EventName;
  }[];
  names: Names;
}

const OfVolunteer = lazy(() => import("./honours/OfVolunteer"));

const ROWS = 20; // of a table at first, and more at each wish

export function Volunteer({ id, mayWithdraw }: { id: string; mayWithdraw: boolean }) {
  const [asked, setAsked] = useState(id);
  return (
    <div class="stack gap-l">
      <h1>{id === "" ? t("volunteer") : id}</h1>
      <form
        class="row find"
        onSubmit={(event) => {
          event.preventDefault();
          if (asked.trim() !== "") location.hash = to("volunteer", asked.trim());
        }}
      >
        <TextField label={t("findOne")} value={asked} onText={setAsked} />
        <Button type="submit" icon="search">
          {t("open")}
        </Button>
      </form>
      {id !== "" && <Whole key={id} id={id} mayWithdraw={mayWithdraw} />}
    </div>
  );
}

const TABS = ["explained", "entitled"] as const;

function Whole({ id, mayWithdraw }: { id: string; mayWithdraw: boolean }) {
  const [asked, setTab] = useFilter("tab", TABS[0]);
  const tab = TABS.find((one) => one === asked) ?? TABS[0];
  const story = useAsked(
    async () =>
      (await told(
        api.GET("/v1/volunteers/{volunteer}/explanation", { params: { path: { volunteer: id } } }),
      )) as unknown as Story,
    [id],
  );
  return (
    <Loaded of={story}>
      {(found) => (
        <>
          <Head story={found} />
          <Tabs
            label={t("volunteer")}
            tabs={TABS.map((one) => ({ id: one, title: t(one) }))}
            now={tab}
            onTab={setTab}
          >
            <div class="stack gap-l panel">
              {tab === "explained" ? (
                <Told story={found} />
              ) : (
                <Suspense fallback={<div class="skeleton" />}>
                  <OfVolunteer id={id} mayWithdraw={mayWithdraw} />
                </Suspense>
              )}
            </div>
          </Tabs>
        </>
      )}
    </Loaded>
  );
}

function Head({ story }: { story: Story }) {
  const { points, names } = story;
  const name = names.volunteer[story.volunteer];
  return (
    <>
      {name && <p class="lead">{name}</p>}
      <Stats>
        <Stat name={t("starLevel")} value={level(story.star ? String(story.star) : "")} />
        <Stat name={t("hours")} value={hours(story.seconds)} />
        <Stat
          name={t("points")}
          value={exact(points.available)}
          {...(points.held === "0" ? {} : { note: t("held", { points: exact(points.held) }) })}
        />
      </Stats>
    </>
  );
}

function Told({ story }: { story: Story }) {
  const { names } = story;
  return (
    <>
      <Card title={t("whyStar")}>
        {story.ladders.map(({ ladder, level: own, because, next }) => (
          <div class="stack gap-s" key={ladder}>
            <p>
              <Badge {...(own ? { tone: "good" as const } : {})}>
                {own ? level(String(own)) : t("noLevel")}
              </Badge>{" "}
              {!because && t("noStarYet")}
              {because && t("reached", { at: moment(because.at), hours: hours(because.seconds) })}
            </p>
            {because && (
              <>
                <p>
                  {t("condition")} <code>{because.condition}</code>
                </p>
                <Because of={because} />
              </>
            )}
            {next && (
              <p class="soft">
                {t("nextStep", {
                  level: level(String(next.level)),
                  condition: next.condition,
                  hours: hours(next.missing_seconds ?? 0),
                })}
              </p>
            )}
          </div>
        ))}
      </Card>
      <Newest
        caption={t("whyHours")}
        columns={HOURS(names)}
        rows={story.hours}
        rowKey={(one) => one.record}
        empty={<p>{t("nothingServed")}</p>}
      />
      <Newest
        caption={t("whyPoints")}
        columns={POINTS(names)}
        rows={story.points_entries}
        rowKey={(one) => one.entry}
        empty={<p>{t("noPoints")}</p>}
      />
      {story.uncounted.length > 0 && (
        <Newest
          caption={t("uncounted")}
          columns={[
            { id: "at", title: t("when"), cell: (one) => moment(one.at) },
            { id: "activity", title: t("activity"), cell: (one) => <Served of={one} by={names} /> },
            { id: "why", title: t("why"), cell: (one) => t(`uncounted_${one.direction}`) },
            { id: "event", title: t("events"), cell: (one) => <Events of={[one.event]} /> },
          ]}
          rows={story.uncounted}
          rowKey={(one) => `${one.event.source}#${one.event.id}`}
        />
      )}
    </>
  );
}

/** The newest rows of a table first, and older ones when wished. */
function Newest<Row>({ rows, ...rest }: Parameters<typeof Table<Row>>[0]) {
  const [most, setMost] = useState(ROWS);
  const shown = rows.slice(-most).reverse();
  return (
    <div class="stack">
      <Table {...rest} rows={shown} />
      <More of={most < rows.length ? () => setMost(most + 5 * ROWS) : null} />
    </div>
  );
}

function Served({ of, by }: { of: { activity: string; place: string }; by: Names }) {
  return (
    <>
      {by.activity[of.activity] || of.activity}
      <div class="soft small">{by.place[of.place] || of.place}</div>
    </>
  );
}

function HOURS(names: Names): Column<HourRecord>[] {
  return [
    {
      id: "when",
      title: t("when"),
      by: (one) => one.started_at,
      cell: (one) => moment(one.started_at),
    },
    { id: "activity", title: t("activity"), cell: (one) => <Served of={one} by={names} /> },
    {
      id: "hours",
      title: t("hours"),
      number: true,
      by: (one) => one.counted_seconds,
      cell: (one) => signed(one.counted_seconds),
    },
    { id: "state", title: t("state"), cell: (one) => <State of={one} /> },
    { id: "why", title: t("clause"), cell: (one) => <Because of={one} /> },
    {
      id: "events",
      title: t("events"),
      cell: (one) => <Events of={[one.check_in, one.check_out]} />,
    },
  ];
}

function POINTS(names: Names): Column<Entry>[] {
  return [
    { id: "when", title: t("when"), by: (one) => one.at, cell: (one) => moment(one.at) },
    {
      id: "amount",
      title: t("amount"),
      number: true,
      by: (one) => Number(one.amount),
      cell: (one) => exact(one.amount),
    },
    { id: "state", title: t("state"), cell: (one) => <State of={one} /> },
    {
      id: "why",
      title: t("clause"),
      cell: (one) => (
        <>
          {one.redemption && bought(one.redemption, names)}
          <Because of={one} />
        </>
      ),
    },
    { id: "events", title: t("events"), cell: (one) => <Events of={[one.event]} /> },
  ];
}

function bought({ merchant, item }: { merchant: string; item: string }, names: Names): string {
  const shop = names.merchant[merchant] || merchant;
  return t("bought", { shop, item: names.item[item] || item });
}

function signed(seconds: number): string {
  return seconds < 0 ? `−${hours(-seconds)}` : hours(seconds);
}

function State({ of }: { of: Undone & { status?: string; awaits?: string } }) {
  if (of.reverses !== null) return <Badge tone="bad">{t("reversal")}</Badge>;
  if (of.reversed_by !== null) return <Badge tone="bad">{t("reversed")}</Badge>;
  if (of.status === "pending")
    return <Badge tone="wait">{t("pending", { whom: of.awaits ?? "" })}</Badge>;
  return <Badge tone="good">{t("counted")}</Badge>;
}

function Because({ of }: { of: Cause }) {
  return (
    <details class="because">
      <summary>{of.rule}</summary>
      {of.clauses.map(({ clause, text }) => (
        <p key={clause} class="small">
          {text || clause}
        </p>
      ))}
    </details>
  );
}

function Events({ of }: { of: readonly (EventName | null)[] }) {
  return (
    <span class="small">
      {of.map((one) => one && <code key={one.id}>{`${one.source}#${one.id} `}</code>)}
    </span>
  );
}

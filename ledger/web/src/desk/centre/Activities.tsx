// Which activities are there in a month, and was what was planned held?
import { useMemo, useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { count, moment } from "../../i18n/format";
import {
  Badge,
  Button,
  Card,
  type Column,
  Loaded,
  Select,
  Table,
  TextField,
  useAsked,
} from "../../ui";
import { Chart } from "../Chart";
import { More } from "../More";
import { useParts } from "../pages";
import { namesOf, type PlaceNode, PlaceSelect, placeOptions, usePlaces } from "../places";
import { to } from "../route";
import { Activity } from "./Activity";
import "./centre.css";
import { dayOf, midnight } from "./days";
import { Planning } from "./Planning";
import { Registering } from "./Registering";
import { CATEGORIES, type Category, categoryName, fixedDay, t } from "./words";

export type Listed = components["schemas"]["ActivityListed"];
type MonthHeld = components["schemas"]["MonthHeld"];
type Plan = components["schemas"]["PlanShown"];

interface Props {
  of: string;
  home: string;
  held: readonly string[];
}

export default function Activities({ of, home, held }: Props) {
  return of === "" ? (
    <Month home={home} mayRegister={held.includes("register")} />
  ) : (
    <Activity key={of} id={of} home={home} held={held} />
  );
}

/** Rows of a table at first, and more at each wish. */
const AT_FIRST = 20;

function Month({ home, mayRegister }: { home: string; mayRegister: boolean }) {
  const [place, setPlace] = useState("");
  const [month, setMonth] = useState(() => dayOf(new Date()).slice(0, 7));
  const [category, setCategory] = useState<Category | "">("");
  const [registering, setRegistering] = useState(false);
  const places = usePlaces(home);
  const area = place || home;
  const [year = 0, number = 0] = month.split("-").map(Number);
  const found = useParts(
    (after) =>
      told(
        api.GET("/v1/activities", {
          params: {
            query: {
              ...(area && { area }),
              ...(category && { category }),
              ...(after && { after }),
              limit: AT_FIRST,
              since: midnight(`${month}-01`).toISOString(),
              until: new Date(year, number, 1).toISOString(),
            },
          },
        }),
      ),
    [area, month, category],
  );
  return (
    <div class="stack gap-l">
      <div class="row ends">
        <h1>{t("activities")}</h1>
        {mayRegister && (
          <Button look="primary" icon="plus" onPress={() => setRegistering(true)}>
            {t("register")}
          </Button>
        )}
      </div>
      <div class="row find">
        <PlaceSelect
          label={t("place")}
          places={places.value ?? []}
          value={place}
          none={t("everywhere")}
          onText={setPlace}
        />
        <TextField
          label={t("month")}
          type="month"
          value={month}
          onText={(text) => /^\d{4}-\d\d$/.test(text) && setMonth(text)}
        />
        <Select
          label={t("category")}
          value={category}
          options={[
            { value: "", text: t("all") },
            ...CATEGORIES.map((one) => ({ value: one, text: t(one) })),
          ]}
          onText={(one) => setCategory(CATEGORIES.find((known) => known === one) ?? "")}
        />
      </div>
      <Loaded of={found}>
        {(items) => (
          <div class="stack">
            <Table
              caption={t("inMonth")}
              columns={columns()}
              rows={items}
              rowKey={({ activity }) => activity}
              empty={<p>{t("noActivities")}</p>}
            />
            <More of={found.more} />
            <PlanAndHeld
              area={area}
              year={year}
              places={places.value ?? []}
              mayMake={mayRegister}
            />
          </div>
        )}
      </Loaded>
      {registering && (
        <Registering
          places={places.value ?? []}
          was={{ place }}
          onClose={(made) => {
            setRegistering(false);
            if (made) location.hash = to("activities", made);
          }}
        />
      )}
    </div>
  );
}

function columns(): Column<Listed>[] {
  return [
    {
      id: "name",
      title: t("activity"),
      by: ({ name }) => name,
      cell: (one) => (
        <>
          <a href={to("activities", one.activity)}>{one.name || one.activity}</a>{" "}
          {one.cancelled_at && <Badge tone="bad">{t("cancelled")}</Badge>}
        </>
      ),
    },
    {
      id: "begins",
      title: t("begins"),
      line: true,
      by: ({ starts_at }) => starts_at ?? "",
      cell: ({ starts_at }) => starts_at && moment(starts_at),
    },
    { id: "place", title: t("place"), cell: (one) => one.place_name || one.place },
    { id: "team", title: t("team"), cell: (one) => one.team_name || one.team },
    { id: "category", title: t("category"), cell: (one) => categoryName(one.category) },
    { id: "signUps", title: t("signUps"), cell: (one) => <SignedUp of={one} /> },
  ];
}

/** How many are in, of how many; who waits, and who did not come. */
export function SignedUp({ of }: { of: Listed }) {
  const { in: many = 0, waiting = 0, absent = 0 } = of.sign_ups;
  return (
    <span class="row gap-s">
      <span>
        {of.capacity === null ? count(many) : t("places_of", { in: many, capacity: of.capacity })}
      </span>
      {waiting > 0 && <Badge tone="wait">{t("waits", { count: waiting })}</Badge>}
      {absent > 0 && <Badge tone="bad">{t("absent", { count: absent })}</Badge>}
    </span>
  );
}

interface PlanProps {
  area: string;
  year: number;
  places: readonly PlaceNode[];
  mayMake: boolean;
}

function PlanAndHeld({ area, year, places, mayMake }: PlanProps) {
  /** null: a new one is made. */
  const [making, setMaking] = useState<{ was: Plan | null } | null>(null);
  const query = area ? { area } : {};
  const asked = useAsked(
    () =>
      Promise.all([
        told(api.GET("/v1/held/months", { params: { query: { ...query, year } } })),
        told(api.GET("/v1/plans", { params: { query } })),
        told(api.GET("/v1/teams", { params: { query } })),
      ]),
    [area, year],
  );
  return (
    <Loaded of={asked}>
      {([months, plans, teams]) => (
        <>
          <Card title={`${t("planHeld")} · ${year}`}>
            <p class="soft small">{t("planHeldHint")}</p>
            <Months items={months.items} />
          </Card>
          {mayMake && (
            <div class="row">
              <Button icon="plus" onPress={() => setMaking({ was: null })}>
                {t("makePlan")}
              </Button>
            </div>
          )}
          {making && (
            <Planning
              was={making.was}
              whose={[
                ...placeOptions(places, "").map(({ value, text }) => ({
                  value: `place:${value}`,
                  text,
                })),
                ...teams.items.map(({ team, name }) => ({
                  value: `team:${team}`,
                  text: `${t("team")} ${name}`,
                })),
              ]}
              at={`place:${area}`}
              year={year}
              onClose={(done) => {
                setMaking(null);
                if (done) asked.reload();
              }}
            />
          )}
          <Plans
            onChange={mayMake ? (was) => setMaking({ was }) : undefined}
            year={year}
            names={
              new Map([
                ...namesOf(places),
                ...teams.items.map(({ team, name }) => [team, name] as const),
              ])
            }
            lines={plans.items
              .filter(({ period }) => period.startsWith(`${year}`))
              .flatMap(linesOf)}
          />
        </>
      )}
    </Loaded>
  );
}

interface PlansProps {
  year: number;
  names: ReadonlyMap<string, string>;
  lines: readonly Line[];
  onChange: ((plan: Plan) => void) | undefined;
}

function Plans({ year, names, lines, onChange }: PlansProps) {
  const [most, setMost] = useState(AT_FIRST);
  return (
    <div class="stack">
      <Table
        caption={t("plans", { year })}
        columns={PLANS(names, onChange)}
        rows={lines.slice(0, most)}
        rowKey={(one) => one.key}
        empty={<p>{t("noPlans")}</p>}
      />
      <More of={most < lines.length ? () => setMost(most + 5 * AT_FIRST) : null} />
    </div>
  );
}

function Months({ items }: { items: readonly MonthHeld[] }) {
  const [planned, held] = [t("planned"), t("held")];
  const series = useMemo(
    () => [
      {
        name: planned,
        values: items.map((one) => one.planned),
        look: "line" as const,
        colour: 2 as const,
      },
      { name: held, values: items.map(heldIn), look: "bar" as const, colour: 1 as const },
    ],
    [items, planned, held],
  );
  const labels = useMemo(() => items.map(({ month }) => month.slice(2)), [items]);
  const columns: Column<MonthHeld>[] = [
    { id: "month", title: t("month"), cell: ({ month }) => month },
    { id: "planned", title: planned, number: true, cell: (one) => count(one.planned) },
    { id: "held", title: held, number: true, cell: (one) => count(heldIn(one)) },
    ...CATEGORIES.map((one) => ({
      id: one,
      title: t(one),
      number: true,
      cell: (month: MonthHeld) => count(month.held[one] ?? 0),
    })),
  ];
  return (
    <>
      <Chart title={t("planHeld")} labels={labels} series={series} />
      <Table caption={t("planHeld")} columns={columns} rows={items} rowKey={({ month }) => month} />
    </>
  );
}

function heldIn({ held }: MonthHeld): number {
  return Object.values(held).reduce((sum, many) => sum + many, 0);
}

type Line = Plan["items"][number] &
  Pick<Plan, "whose" | "of" | "period"> & { key: string; plan: Plan };

function linesOf(plan: Plan): Line[] {
  const { whose, of, period, items } = plan;
  return items.map((one) => ({
    ...one,
    key: `${whose} ${period} ${one.number}`,
    whose,
    of,
    period,
    plan,
  }));
}

function PLANS(
  names: ReadonlyMap<string, string>,
  onChange: ((plan: Plan) => void) | undefined,
): Column<Line>[] {
  const found: Column<Line>[] = [
    {
      id: "whose",
      title: t("place"),
      by: ({ whose }) => whose,
      cell: ({ whose, of }) => (
        <a href={to(of === "team" ? "teams" : "places", whose)}>{names.get(whose) || whose}</a>
      ),
    },
    { id: "title", title: t("plan"), by: ({ title }) => title, cell: ({ title }) => title },
    {
      id: "period",
      title: t("month"),
      line: true,
      by: ({ period }) => period,
      cell: ({ period }) => (period.includes("-") ? period : t("wholeYear")),
    },
    { id: "fixed", title: t("fixed"), cell: fixedDay },
    {
      id: "held",
      title: t("held"),
      number: true,
      by: ({ held }) => held.length,
      cell: ({ held, times }) => (
        <Badge tone={held.length >= times ? "good" : "wait"}>
          {held.length}/{times}
        </Badge>
      ),
    },
    {
      id: "missed",
      title: t("missed", { count: "" }),
      by: ({ missed }) => missed.length,
      cell: ({ missed }) =>
        missed.length > 0 && (
          <details>
            <summary>{t("missed", { count: missed.length })}</summary>
            <p class="small soft">{missed.join("、")}</p>
          </details>
        ),
    },
  ];
  if (onChange)
    found.push({
      id: "change",
      title: t("changePlan"),
      cell: ({ number, plan, whose, period }) =>
        number === 1 && (
          <Button
            label={`${t("changePlan")} ${names.get(whose) || whose} ${period}`}
            onPress={() => onChange(plan)}
          >
            {t("changePlan")}
          </Button>
        ),
    });
  return found;
}

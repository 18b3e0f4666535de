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
import { to, useFilter } from "../route";
import { Within } from "../Within";
import { Activity } from "./Activity";
import "./centre.css";
import { dayOf, midnight } from "./days";
import { Planning } from "./Planning";
import { Registering } from "./Registering";
import { CATEGORIES, categoryName, fixedDay, t } from "./words";

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
  const [place] = useFilter("in");
  const [month, setMonth] = useFilter("month", dayOf(new Date()).slice(0, 7));
  const [asked, setCategory] = useFilter("category");
  const category = CATEGORIES.find((known) => known === asked);
  const [registering, setRegistering] = useState(false);
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
        <Within label={t("place")} home={home} />
        <TextField
          label={t("month")}
          type="month"
          value={month}
          onText={(text) => /^\d{4}-\d\d$/.test(text) && setMonth(text)}
        />
        <Select
          label={t("category")}
          value={category ?? ""}
          options={[
            { value: "", text: t("all") },
            ...CATEGORIES.map((one) => ({ value: one, text: t(one) })),
          ]}
          onText={setCategory}
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
              part={found.more !== null}
              empty={<p>{t("noActivities")}</p>}
            />
            <More of={found.more} />
            <PlanAndHeld home={home} area={area} year={year} mayMake={mayRegister} />
          </div>
        )}
      </Loaded>
      {registering && (
        <Registering
          home={home}
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
  home: string;
  area: string;
  year: number;
  mayMake: boolean;
}

function PlanAndHeld({ home, area, year, mayMake }: PlanProps) {
  /** null: a new one is made. */
  const [making, setMaking] = useState<{ was: Plan | null } | null>(null);
  const query = { ...(area && { area }), year };
  const months = useAsked(
    () => told(api.GET("/v1/held/months", { params: { query } })),
    [area, year],
  );
  const plans = useParts(
    (after) =>
      told(
        api.GET("/v1/plans", {
          params: { query: { ...query, limit: AT_FIRST, ...(after && { after }) } },
        }),
      ),
    [area, year],
  );
  return (
    <>
      <Loaded of={months}>
        {({ items }) => (
          <Card title={`${t("planHeld")} · ${year}`}>
            <p class="soft small">{t("planHeldHint")}</p>
            <Months items={items} />
          </Card>
        )}
      </Loaded>
      {mayMake && (
        <div class="row">
          <Button icon="plus" onPress={() => setMaking({ was: null })}>
            {t("makePlan")}
          </Button>
        </div>
      )}
      {making && (
        <Planning
          home={home}
          was={making.was}
          at={area}
          year={year}
          onClose={(done) => {
            setMaking(null);
            if (!done) return;
            months.reload();
            plans.reload();
          }}
        />
      )}
      <Loaded of={plans}>
        {(items) => (
          <div class="stack">
            <Table
              caption={t("plans", { year })}
              columns={PLANS(mayMake ? (was) => setMaking({ was }) : undefined)}
              rows={items.flatMap(linesOf)}
              rowKey={(one) => one.key}
              part={plans.more !== null}
              empty={<p>{t("noPlans")}</p>}
            />
            <More of={plans.more} />
          </div>
        )}
      </Loaded>
    </>
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
      <details>
        <summary>{t("asTable")}</summary>
        <Table
          caption={t("planHeld")}
          untitled
          columns={columns}
          rows={items}
          rowKey={({ month }) => month}
        />
      </details>
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

function PLANS(onChange: ((plan: Plan) => void) | undefined): Column<Line>[] {
  const nameOf = ({ whose, plan }: Line) => plan.whose_name || whose;
  const found: Column<Line>[] = [
    {
      id: "whose",
      title: t("planOf"),
      by: nameOf,
      cell: (one) => (
        <a href={to(one.of === "team" ? "teams" : "places", one.whose)}>{nameOf(one)}</a>
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
      cell: (one) =>
        one.number === 1 && (
          <Button
            label={`${t("changePlan")} ${nameOf(one)} ${one.period}`}
            onPress={() => onChange(one.plan)}
          >
            {t("changePlan")}
          </Button>
        ),
    });
  return found;
}

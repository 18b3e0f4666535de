// What would the draft do on the real history, beside today's policy?
import { useMemo } from "preact/hooks";
import { api, told, why } from "../api";
import { count, exact } from "../i18n/format";
import { Button, Notice, Stat, Stats, Table, toast } from "../ui";
import { Chart } from "./Chart";
import { level } from "./Overview";
import { t } from "./words";

interface Group {
  volunteers: number;
  gain_points: number;
  lose_points: number;
}

/** As `vledger policy simulate --json` prints it. */
export interface Result {
  volunteers: number;
  visits: number;
  levels: readonly { level: string; today: number; draft: number }[];
  moves: readonly { from: string; to: string; volunteers: number }[];
  months: readonly { month: string; issued_today: string; issued_draft: string; spent: string }[];
  groups: { place: readonly (Group & { place: string })[] };
  fairness: Record<"today" | "draft", { gini: number; top_1_percent_share: number }>;
  unjudged: { draft: readonly { why: string; facts: number; volunteers: number }[] };
}

export function Simulation({
  text,
  result,
  mayTry,
  onResult,
}: {
  text: string;
  /** What the last run said, if there was one. */
  result: Result | null;
  mayTry: boolean;
  onResult: (result: Result) => void;
}) {
  const run = async () => {
    try {
      onResult(
        (await told(api.POST("/v1/policies/simulate", { body: { text } }))) as unknown as Result,
      );
    } catch (error) {
      toast(why(error), "bad");
    }
  };
  return (
    <div class="stack">
      {mayTry && (
        <>
          <p class="soft">{t("simulateText")}</p>
          <div class="row">
            <Button onPress={run}>{t(result === null ? "run" : "runAgain")}</Button>
          </div>
        </>
      )}
      {result !== null && <Shown result={result} />}
    </div>
  );
}

function Shown({ result }: { result: Result }) {
  const today = t("today");
  const draft = t("draft");
  const levels = useMemo(() => result.levels.map((one) => name(one.level)), [result]);
  const months = useMemo(() => result.months.map(({ month }) => month.slice(2)), [result]);
  const people = useMemo(
    () => [
      {
        name: today,
        values: result.levels.map((one) => one.today),
        look: "bar" as const,
        colour: 4 as const,
      },
      {
        name: draft,
        values: result.levels.map((one) => one.draft),
        look: "bar" as const,
        colour: 2 as const,
      },
    ],
    [result, today, draft],
  );
  const issued = useMemo(
    () => [
      {
        name: today,
        values: result.months.map((one) => Number(one.issued_today)),
        look: "bar" as const,
        colour: 4 as const,
      },
      {
        name: draft,
        values: result.months.map((one) => Number(one.issued_draft)),
        look: "bar" as const,
        colour: 2 as const,
      },
    ],
    [result, today, draft],
  );
  const gain = result.groups.place.reduce((sum, one) => sum + one.gain_points, 0);
  const lose = result.groups.place.reduce((sum, one) => sum + one.lose_points, 0);
  return (
    <div class="stack gap-l" role="status">
      <Stats>
        <Stat
          name={t("volunteers")}
          value={count(result.volunteers)}
          note={t("gains", { gain: count(gain), lose: count(lose) })}
        />
        <Stat
          name={t("fairness")}
          value={result.fairness.draft.gini.toFixed(3)}
          note={`${today} ${result.fairness.today.gini.toFixed(3)}`}
        />
      </Stats>
      <div class="charts">
        <Chart title={t("levels")} labels={levels} series={people} />
        <Chart title={t("monthsIssued")} labels={months} series={issued} />
      </div>
      <Table
        caption={t("levels")}
        columns={[
          { id: "level", title: t("starLevel"), cell: (one) => name(one.level) },
          { id: "today", title: today, number: true, cell: (one) => count(one.today) },
          { id: "draft", title: draft, number: true, cell: (one) => count(one.draft) },
        ]}
        rows={result.levels}
        rowKey={(one) => one.level}
      />
      {result.moves.length > 0 && (
        <Table
          caption={t("moves")}
          columns={[
            { id: "from", title: today, cell: (one) => name(one.from) },
            { id: "to", title: draft, cell: (one) => name(one.to) },
            {
              id: "people",
              title: t("volunteers"),
              number: true,
              cell: (one) => count(one.volunteers),
            },
          ]}
          rows={result.moves}
          rowKey={(one) => `${one.from}→${one.to}`}
        />
      )}
      <Table
        caption={t("monthsIssued")}
        columns={[
          { id: "month", title: t("month"), cell: (one) => one.month },
          { id: "today", title: today, number: true, cell: (one) => exact(one.issued_today) },
          { id: "draft", title: draft, number: true, cell: (one) => exact(one.issued_draft) },
          { id: "spent", title: t("spent"), number: true, cell: (one) => exact(one.spent) },
        ]}
        rows={result.months}
        rowKey={(one) => one.month}
      />
      {result.unjudged.draft.map((one) => (
        <Notice key={one.why} tone="wait">
          <b>{t("unjudged")}</b>
          <p>{one.why}</p>
          <p class="small">
            {t("facts", { facts: count(one.facts), volunteers: count(one.volunteers) })}
          </p>
        </Notice>
      ))}
    </div>
  );
}

function name(text: string): string {
  return level(text === "0" || text === "None" ? "" : text);
}

// How did a place stand over the years? What was filed, and what the ledger says of this year now.
import { useMemo, useState } from "preact/hooks";
import { api, Problem, told } from "../../api";
import type { components } from "../../api.types";
import { moment } from "../../i18n/format";
import { Badge, Button, type Column, Form, Loaded, Table, useAsked } from "../../ui";
import { Chart } from "../Chart";
import { type Assessed, type Edition, gradeName, scoreOf } from "./shown";
import { t } from "./words";

type Result = components["schemas"]["AssessmentResult"];

interface Row {
  year: number;
  score: number;
  grade: string;
  note: string;
  by: string;
  /** "": it is not filed. */
  at: string;
}

interface Props {
  assessed: Assessed;
  edition: Edition;
  mayFile: boolean;
}

export function Trend({ assessed, edition, mayFile }: Props) {
  const { place, year } = assessed;
  const [filing, setFiling] = useState(false);
  const results = useAsked(
    () =>
      Promise.all([
        told(api.GET("/v1/assessments/results", { params: { query: { place } } })),
        lastYear(place, year - 1),
      ]),
    [place, year],
  );
  return (
    <div class="stack">
      {mayFile && (
        <div class="row">
          <Button icon="check" onPress={() => setFiling(true)}>
            {t("conclude")}
          </Button>
        </div>
      )}
      <Loaded of={results}>
        {([{ items }, before]) => (
          <Years filed={items} before={before} now={assessed} edition={edition} />
        )}
      </Loaded>
      {filing && (
        <Form
          title={t("conclude")}
          yes={t("conclude")}
          note={t("concludeHint", { score: scoreOf(assessed.score) })}
          items={[
            {
              id: "grade",
              label: t("grade"),
              kind: "select",
              free: true,
              options: [
                { value: "", text: t("byScore", { grade: gradeName(edition, assessed.grade) }) },
                ...edition.grades.map(({ grade }) => ({
                  value: grade,
                  text: gradeName(edition, grade),
                })),
              ],
            },
            { id: "note", label: t("note"), free: true },
          ]}
          done={t("filed")}
          onClose={(done) => {
            setFiling(false);
            if (done) results.reload();
          }}
          onSend={({ grade = "", note = "" }, once) =>
            told(
              api.POST("/v1/assessments/results", {
                params: once,
                body: { place, year, edition: assessed.edition, grade, note },
              }),
            )
          }
        />
      )}
    </div>
  );
}

/** What comes out for the year before, if it can be assessed at all. */
function lastYear(place: string, year: number): Promise<Assessed | null> {
  return told(api.GET("/v1/assessments", { params: { query: { place, year } } })).catch(
    (error: unknown) => {
      if (error instanceof Problem && error.status === 422) return null; // no indicators, no place
      throw error;
    },
  );
}

/** By year: what was filed, else what comes out by now. */
function rowsOf(filed: readonly Result[], running: readonly Assessed[]): Row[] {
  const known = filed.map((one) => ({ ...one, at: one.concluded_at }));
  const years = known.map(({ year }) => year);
  const others = running
    .filter(({ year }) => !years.includes(year))
    .map(({ year, score, grade }) => ({ year, score, grade, note: "", by: "", at: "" }));
  return [...known, ...others].sort((a, b) => a.year - b.year);
}

interface YearsProps {
  filed: readonly Result[];
  before: Assessed | null;
  now: Assessed;
  edition: Edition;
}

function Years({ filed, before, now, edition }: YearsProps) {
  const rows = useMemo(
    () => rowsOf(filed, before === null ? [now] : [before, now]),
    [filed, before, now],
  );
  const labels = useMemo(() => rows.map(({ year }) => String(year)), [rows]);
  const name = t("score");
  const series = useMemo(
    () => [
      {
        name,
        values: rows.map(({ score }) => score / 100),
        look: "bar" as const,
        colour: 1 as const,
      },
    ],
    [rows, name],
  );
  const columns: Column<Row>[] = [
    { id: "year", title: t("year"), cell: ({ year }) => year },
    { id: "score", title: t("score"), number: true, cell: ({ score }) => scoreOf(score) },
    { id: "grade", title: t("grade"), cell: ({ grade }) => gradeName(edition, grade) },
    {
      id: "state",
      title: t("standing"),
      cell: ({ at }) =>
        at === "" ? (
          <Badge tone="wait">{t("running")}</Badge>
        ) : (
          <Badge tone="good">{t("result")}</Badge>
        ),
    },
    { id: "by", title: t("filedBy"), cell: ({ by }) => by.replace(/ <[^<>]*>$/, "") },
    { id: "at", title: t("when"), line: true, cell: ({ at }) => at && moment(at) },
    { id: "note", title: t("note"), cell: ({ note }) => note },
  ];
  return (
    <>
      <Chart title={t("trendChart")} labels={labels} series={series} />
      <Table caption={t("trend")} columns={columns} rows={rows} rowKey={({ year }) => year} />
    </>
  );
}

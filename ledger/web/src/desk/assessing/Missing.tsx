// What is missing to reach the goals, and where? Down to the very station or team.
import { api, told } from "../../api";
import { count } from "../../i18n/format";
import { type Column, Loaded, Select, Table } from "../../ui";
import { More } from "../More";
import { useParts } from "../pages";
import {
  type Assessed,
  actualText,
  dueText,
  type Edition,
  type Line,
  ofYear,
  titleOf,
} from "./shown";
import { levelName, t } from "./words";

interface Props {
  assessed: Assessed;
  edition: Edition;
  /** "": all of them. */
  indicator: string;
  onIndicator: (indicator: string) => void;
}

export function Missing({ assessed, edition, indicator, onIndicator }: Props) {
  const { place, year } = assessed;
  const lines = useParts(
    (after) =>
      told(
        api.GET("/v1/assessments/missing", {
          params: { query: { place, year, indicator, limit: 50, ...(after && { after }) } },
        }),
      ),
    [place, year, indicator],
  );
  const known = new Map(edition.indicators.map((one) => [one.indicator, one]));
  const columns: Column<Line>[] = [
    {
      id: "whose",
      title: t("whose"),
      by: (one) => one.name || one.whose,
      cell: (one) => {
        const name = one.name || one.whose;
        return one.level === "team" ? name : <a href={ofYear(one.whose, year)}>{name}</a>;
      },
    },
    { id: "level", title: t("level"), line: true, cell: ({ level }) => levelName(level) },
    {
      id: "indicator",
      title: t("indicator"),
      by: (one) => one.indicator,
      cell: (one) => {
        const about = known.get(one.indicator);
        return about ? titleOf(about) : one.indicator;
      },
    },
    {
      id: "due",
      title: t("due"),
      number: true,
      cell: (one) => dueText(one.due, known.get(one.indicator)?.reach ?? ""),
    },
    { id: "actual", title: t("actual"), number: true, cell: actualText },
    {
      id: "lacking",
      title: t("lacking"),
      number: true,
      by: (one) => one.lacking ?? -1,
      cell: (one) => (one.lacking === null ? "—" : count(one.lacking)),
    },
    { id: "why", title: t("why"), cell: (one) => one.why },
  ];
  return (
    <div class="stack">
      <div class="short">
        <Select
          label={t("indicator")}
          value={indicator}
          options={[
            { value: "", text: t("allIndicators") },
            ...edition.indicators.map((one) => ({ value: one.indicator, text: titleOf(one) })),
          ]}
          onText={onIndicator}
        />
      </div>
      <Loaded of={lines}>
        {(items) => (
          <>
            <Table
              caption={t("missing")}
              columns={columns}
              rows={items}
              part={lines.more !== null}
              rowKey={(one) => `${one.indicator} ${one.level} ${one.whose}`}
              empty={<p>{t("nothingMissing")}</p>}
            />
            <More of={lines.more} />
          </>
        )}
      </Loaded>
    </div>
  );
}

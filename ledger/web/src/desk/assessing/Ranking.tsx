// Who stands where? The places within one, by rank, and those beside it.
import type { components } from "../../api.types";
import { type Column, Table } from "../../ui";
import { type Assessed, type Edition, gradeName, ofYear, scoreOf } from "./shown";
import { levelName, t } from "./words";

type Mark = components["schemas"]["AssessedMark"];

interface Props {
  assessed: Assessed;
  edition: Edition;
  /** What it lies in, if whoever looks may read that. */
  beside: Assessed | null;
}

export function Ranking({ assessed, edition, beside }: Props) {
  const alike = beside?.places.filter(({ level }) => level === assessed.level) ?? [];
  return (
    <div class="stack gap-l">
      <Table
        caption={t("within")}
        columns={columns(edition, assessed.year, "")}
        rows={assessed.places}
        rowKey={({ place }) => place}
        empty={<p>{t("nothingWithin")}</p>}
      />
      {beside && alike.length > 0 && (
        <Table
          caption={t("siblings", { name: beside.name || beside.place })}
          columns={columns(edition, assessed.year, assessed.place)}
          rows={alike}
          rowKey={({ place }) => place}
        />
      )}
    </div>
  );
}

function columns(edition: Edition, year: number, own: string): Column<Mark>[] {
  return [
    {
      id: "place",
      title: t("place"),
      by: (one) => one.name || one.place,
      cell: (one) => {
        const name = one.name || one.place;
        return one.place === own ? <b>{name}</b> : <a href={ofYear(one.place, year)}>{name}</a>;
      },
    },
    { id: "level", title: t("level"), line: true, cell: ({ level }) => levelName(level) },
    {
      id: "score",
      title: t("score"),
      number: true,
      by: (one) => one.score,
      cell: (one) => scoreOf(one.score),
    },
    { id: "grade", title: t("grade"), cell: (one) => gradeName(edition, one.grade) },
    {
      id: "rank",
      title: t("rank"),
      number: true,
      by: (one) => one.rank,
      cell: ({ rank, of }) => t("rankOf", { rank, of }),
    },
  ];
}

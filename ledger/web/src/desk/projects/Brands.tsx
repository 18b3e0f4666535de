// How many brand projects are there, against the number due? By the indicator of this year.
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { count, exact } from "../../i18n/format";
import { Badge, Card, type Column, Table, useAsked } from "../../ui";
import { to } from "../route";
import { levelName, t } from "./words";

type Part = components["schemas"]["AssessedPart"];

/** Nothing is shown where nothing can be assessed: no centre is registered there. */
export function Brands({ area }: { area: string }) {
  const found = useAsked(
    () =>
      Promise.all([
        told(api.GET("/v1/assessments", { params: { query: area === "" ? {} : { place: area } } })),
        told(api.GET("/v1/assessments/editions")),
      ]),
    [area],
  );
  if (found.value === undefined) return found.error === undefined ? <div class="skeleton" /> : null;
  const [assessed, { items }] = found.value;
  const edition = items.find((one) => one.edition === assessed.edition);
  const indicator = edition?.indicators.find(({ measure }) => measure === "brand_projects");
  if (edition === undefined || indicator === undefined) return null;
  const parts = assessed.indicators.filter((one) => one.indicator === indicator.indicator);
  const title = t("brandsHint", { year: assessed.year, title: indicator.title });
  return (
    <Card
      title={t("brands")}
      more={<a href={to("assessment", assessed.place)}>{t("seeMissing")}</a>}
    >
      <p class="soft small">
        {title}：{indicator.clause}
      </p>
      <Table caption={t("brands")} columns={COLUMNS()} rows={parts} rowKey={({ level }) => level} />
    </Card>
  );
}

function COLUMNS(): Column<Part>[] {
  return [
    { id: "level", title: t("level"), cell: (one) => levelName(one.level) },
    {
      id: "have",
      title: t("have"),
      number: true,
      cell: ({ line }) => line && (line.actual === null ? "—" : count(line.actual)),
    },
    {
      id: "due",
      title: t("due"),
      number: true,
      cell: ({ line }) => line && (line.due === null ? "—" : exact(line.due)),
    },
    {
      id: "reach",
      title: t("reach"),
      line: true,
      cell: ({ met, asked }) => (
        <Badge tone={met === asked ? "good" : "wait"}>
          {count(met)}/{count(asked)}
        </Badge>
      ),
    },
  ];
}

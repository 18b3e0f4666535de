// How does an area stand, and how do its parts?
import { useMemo } from "preact/hooks";
import { api, told } from "../api";
import type { components } from "../api.types";
import { count, exact, hours } from "../i18n/format";
import { ButtonLink, Card, type Column, Loaded, Stat, Stats, Table, useAsked } from "../ui";
import { Chart } from "./Chart";
import { Downloads } from "./Downloads";
import { to } from "./route";
import { share, type Tile, Treemap } from "./Treemap";
import { t } from "./words";

type Area = components["schemas"]["AreaShown"];
type Place = components["schemas"]["AreaPart"];
type Month = Area["months"][number];

export function Overview({ place }: { place: string }) {
  const area = useAsked(
    () => told(api.GET("/v1/overview", { params: { query: place === "" ? {} : { place } } })),
    [place],
  );
  return <Loaded of={area}>{(found) => <Shown area={found} />}</Loaded>;
}

function Shown({ area }: { area: Area }) {
  const { total } = area;
  const months = useMemo(() => area.months.filter(({ month }) => month <= thisMonth()), [area]);
  const query = `?place=${encodeURIComponent(area.area)}`;
  const first = area.levels[1];
  const parts = area.places.filter(({ place }) => place !== area.area);
  const tiles = useMemo(
    () => area.places.filter(({ volunteers }) => volunteers > 0).map((one) => tile(one, area.area)),
    [area],
  );
  return (
    <div class="stack gap-l">
      <div class="row ends">
        <h1>{area.name || area.area || t("everywhere")}</h1>
        <Downloads of="overview" query={query} />
      </div>
      <Path above={area.above} />
      <Stats>
        <Stat name={t("volunteers")} value={count(total.volunteers)} />
        <Stat name={t("starred")} value={count(total.starred)} note={share(total)} />
        <Stat
          name={t("hours")}
          value={hours(total.seconds - (total.seconds % 3600))}
          note={t("thirteenMonths")}
        />
        <Stat name={t("issued")} value={exact(total.issued)} note={t("thirteenMonths")} />
        <Stat name={t("redeemed")} value={exact(total.redeemed)} note={t("thirteenMonths")} />
        <Stat name={t("expiring")} value={exact(total.expiring)} note={t("threeMonths")} />
        <Stat name={t("owed")} value={exact(total.owed)} note={t("now")} />
      </Stats>
      <Card
        title={t("byStar")}
        more={
          first !== undefined && (
            <ButtonLink
              icon="download"
              href={`/v1/exports/stars.xlsx${query}&from=${encodeURIComponent(first)}`}
              download=""
            >
              {t("starList", { form: "XLSX" })}
            </ButtonLink>
          )
        }
      >
        <Levels area={area} />
      </Card>
      {parts.length > 0 && (
        <Card title={t("parts")}>
          {tiles.length > 0 && (
            <>
              <p class="soft small">{t("partsHint")}</p>
              <ul class="legend">
                <li>
                  <i class="with" aria-hidden="true" />
                  {t("starred")}
                </li>
                <li>
                  <i class="without" aria-hidden="true" />
                  {t("noStar")}
                </li>
              </ul>
              <Treemap tiles={tiles} label={t("parts")} />
            </>
          )}
          <Places area={area} />
        </Card>
      )}
      <Card
        title={t("hoursByMonth")}
        more={
          <ButtonLink icon="download" href={`/v1/exports/months.xlsx${query}`} download="">
            {t("monthsFile", { form: "XLSX" })}
          </ButtonLink>
        }
      >
        <MonthCharts months={months} />
        <details>
          <summary>{t("asTable")}</summary>
          <Table
            caption={t("hoursByMonth")}
            columns={MONTHS()}
            rows={area.months}
            rowKey={({ month }) => month}
          />
        </details>
      </Card>
    </div>
  );
}

function MonthCharts({ months }: { months: readonly Month[] }) {
  const labels = useMemo(() => months.map(({ month }) => month.slice(2)), [months]);
  const hoursName = t("hours");
  const names = [t("issued"), t("redeemed"), t("lapsed")] as const;
  const time = useMemo(
    () => [
      {
        name: hoursName,
        values: months.map(({ seconds }) => seconds / 3600),
        look: "bar" as const,
        colour: 1 as const,
      },
    ],
    [months, hoursName],
  );
  const [issued, redeemed, lapsed] = names;
  const points = useMemo(
    () => [
      {
        name: issued,
        values: months.map((one) => Number(one.issued)),
        look: "line" as const,
        colour: 1 as const,
      },
      {
        name: redeemed,
        values: months.map((one) => Number(one.redeemed)),
        look: "line" as const,
        colour: 2 as const,
      },
      {
        name: lapsed,
        values: months.map((one) => Number(one.lapsed)),
        look: "line" as const,
        colour: 3 as const,
      },
    ],
    [months, issued, redeemed, lapsed],
  );
  return (
    <div class="charts">
      <Chart title={t("hoursByMonth")} labels={labels} series={time} />
      <Chart title={t("pointsByMonth")} labels={labels} series={points} />
    </div>
  );
}

function Path({ above }: { above: Area["above"] }) {
  if (above.length === 0) return null;
  return (
    <nav class="path" aria-label={t("path")}>
      <ol>
        {above.map(({ place, name }) => (
          <li key={place}>
            <a href={to("overview", place)}>{name || place}</a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

export function level(name: string): string {
  if (name === "" || name === "0") return t("noStar");
  return /^\d+$/.test(name) ? t("star", { level: name }) : name;
}

function Levels({ area }: { area: Area }) {
  const most = Math.max(1, ...area.levels.map((one) => area.total.stars[one] ?? 0));
  return (
    <dl class="levels">
      {area.levels.map((one) => {
        const here = area.total.stars[one] ?? 0;
        return (
          <div key={one}>
            <dt>{level(one)}</dt>
            <dd>
              <span class="bar" aria-hidden="true" style={{ width: `${(70 * here) / most}%` }} />
              {count(here)}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function nameOf(one: Place, area: string): string {
  if (one.place !== "" && one.place === area) return t("itself");
  return one.name || one.place || t("nowhere");
}

function tile(one: Place, area: string): Tile {
  const deeper = one.place !== "" && one.place !== area;
  return {
    id: one.place,
    name: nameOf(one, area),
    volunteers: one.volunteers,
    starred: one.starred,
    href: deeper ? to("overview", one.place) : null,
  };
}

function Places({ area }: { area: Area }) {
  const columns: Column<Place>[] = [
    {
      id: "place",
      title: t("place"),
      by: (one) => nameOf(one, area.area),
      cell: (one) => {
        const { href, name } = tile(one, area.area);
        return href === null ? name : <a href={href}>{name}</a>;
      },
    },
    number("volunteers", (one) => one.volunteers),
    {
      ...number("starred", (one) => one.starred),
      cell: (one) => `${count(one.starred)} (${share(one)})`,
    },
    {
      id: "hours",
      title: t("hours"),
      number: true,
      by: (one) => one.seconds,
      cell: (one) => hours(one.seconds),
    },
    points("issued"),
    points("redeemed"),
    points("expiring"),
    points("owed"),
  ];
  return (
    <Table
      caption={t("parts")}
      columns={columns}
      rows={area.places}
      rowKey={({ place }) => place}
    />
  );
}

function number(id: "volunteers" | "starred", of: (one: Place) => number): Column<Place> {
  return { id, title: t(id), number: true, by: of, cell: (one) => count(of(one)) };
}

function points(id: "issued" | "redeemed" | "expiring" | "owed"): Column<Place> {
  return {
    id,
    title: t(id),
    number: true,
    by: (one) => Number(one[id]),
    cell: (one) => exact(one[id]),
  };
}

function MONTHS(): Column<Month>[] {
  const point = (id: "issued" | "redeemed" | "lapsed" | "expiring"): Column<Month> => ({
    id,
    title: t(id),
    number: true,
    cell: (one) => exact(one[id]),
  });
  return [
    { id: "month", title: t("month"), cell: ({ month }) => month },
    { id: "visits", title: t("visits"), number: true, cell: (one) => count(one.visits) },
    { id: "hours", title: t("hours"), number: true, cell: (one) => hours(one.seconds) },
    point("issued"),
    point("redeemed"),
    point("lapsed"),
    point("expiring"),
  ];
}

function thisMonth(): string {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}`;
}

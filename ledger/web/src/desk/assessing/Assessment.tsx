// How does a place stand in a year: what is due, what is there, what is missing, who was looked at?
import { api, told } from "../../api";
import { count } from "../../i18n/format";
import {
  ButtonLink,
  type Column,
  Finder,
  Loaded,
  Notice,
  Select,
  Stat,
  Stats,
  Table,
  Tabs,
  useAsked,
} from "../../ui";
import { findPlaces } from "../finding";
import { choose, useFilter } from "../route";
import { Checks } from "./Checks";
import { Missing } from "./Missing";
import { Ranking } from "./Ranking";
import {
  type Assessed,
  actualText,
  dueText,
  type Edition,
  gradeName,
  Met,
  ofYear,
  scoreOf,
  shareText,
  titleOf,
} from "./shown";
import { Trend } from "./Trend";
import { levelName, t } from "./words";

const FIRST = 2022; // of the plan that the published indicators are of

interface Props {
  place: string;
  home: string;
  mayReview: boolean;
}

export default function Assessment({ place, home, mayReview }: Props) {
  const now = new Date().getFullYear();
  const [chosen, setYear] = useFilter("year", String(now));
  const year = Number(chosen);
  const area = place || home;
  const query = { year, ...(area && { place: area }) };
  const found = useAsked(
    () =>
      Promise.all([
        told(api.GET("/v1/assessments", { params: { query } })),
        told(api.GET("/v1/assessments/editions", { params: { query: { year } } })),
      ]),
    [area, year],
  );
  const years = Array.from({ length: now - FIRST + 1 }, (_, back) => String(now - back));
  const of = found.value?.[0];
  return (
    <div class="stack gap-l">
      <h1>{of ? t("titleOf", { name: of.name || of.place, year: of.year }) : t("assessment")}</h1>
      <div class="row find">
        <Finder
          label={t("place")}
          find={findPlaces(home)}
          value={place || (of?.place ?? home)}
          onText={(one) => {
            location.hash = ofYear(one, year);
          }}
        />
        <Select
          label={t("year")}
          value={chosen}
          options={years.map((value) => ({ value, text: value }))}
          onText={setYear}
        />
      </div>
      <Loaded of={found}>
        {([assessed, { items }]) => {
          const edition = items.find((one) => one.edition === assessed.edition);
          return edition === undefined ? (
            <Notice tone="bad">{assessed.edition}</Notice>
          ) : (
            <Whole
              key={`${assessed.place} ${assessed.year}`}
              assessed={assessed}
              edition={edition}
              mayReview={mayReview}
            />
          );
        }}
      </Loaded>
    </div>
  );
}

const TABS = ["indicators", "missing", "ranking", "trend", "checks"] as const;

function Whole({
  assessed,
  edition,
  mayReview,
}: {
  assessed: Assessed;
  edition: Edition;
  mayReview: boolean;
}) {
  const [asked, setTab] = useFilter("tab", TABS[0]);
  const tab = TABS.find((one) => one === asked) ?? TABS[0];
  const [indicator, setIndicator] = useFilter("indicator");
  const { place, year } = assessed;
  // What it lies in, and those beside it, as far as whoever looks may read them.
  const above = useAsked(async () => {
    const { above } = await told(api.GET("/v1/overview", { params: { query: { place } } }));
    const nearest = above.at(-1);
    if (nearest === undefined) return { above, beside: null };
    const beside = await told(
      api.GET("/v1/assessments", { params: { query: { place: nearest.place, year } } }),
    );
    return { above, beside };
  }, [place, year]);
  const beside = above.value?.beside ?? null;
  const own = beside?.places.find((one) => one.place === place) ?? assessed;
  const query = `?place=${encodeURIComponent(place)}&year=${year}`;
  const met = assessed.indicators.filter(({ asked, met }) => asked === met).length;
  return (
    <>
      <Stats>
        <Stat
          name={t("score")}
          value={scoreOf(assessed.score)}
          note={t("asOf", { day: assessed.day })}
        />
        <Stat name={t("grade")} value={gradeName(edition, assessed.grade)} />
        <Stat name={t("rank")} value={t("rankOf", { rank: own.rank, of: own.of })} />
        <Stat name={t("met")} value={`${met}/${assessed.indicators.length}`} />
      </Stats>
      <div class="row ends">
        <div class="row gap-s">
          {(["xlsx", "pdf"] as const).map((form) => (
            <ButtonLink
              key={form}
              icon="download"
              href={`/v1/assessments/report.${form}${query}`}
              download=""
            >
              {t("download", { form: form.toUpperCase() })}
            </ButtonLink>
          ))}
        </div>
        <Path above={above.value?.above ?? []} year={year} />
      </div>
      <Tabs
        label={t("sections")}
        tabs={TABS.map((id) => ({ id, title: t(id) }))}
        now={tab}
        onTab={setTab}
      >
        <div class="panel">
          {tab === "indicators" && (
            <Indicators
              assessed={assessed}
              edition={edition}
              onWhere={(one) => choose({ tab: "missing", indicator: one })}
            />
          )}
          {tab === "missing" && (
            <Missing
              assessed={assessed}
              edition={edition}
              indicator={indicator}
              onIndicator={setIndicator}
            />
          )}
          {tab === "ranking" && <Ranking assessed={assessed} edition={edition} beside={beside} />}
          {tab === "trend" && <Trend assessed={assessed} edition={edition} mayFile={mayReview} />}
          {tab === "checks" && (
            <Checks assessed={assessed} edition={edition} mayReview={mayReview} />
          )}
        </div>
      </Tabs>
    </>
  );
}

function Path({
  above,
  year,
}: {
  above: readonly { place: string; name: string }[];
  year: number;
}) {
  return (
    <nav class="path" aria-label={t("above")}>
      <ol>
        {above.map(({ place, name }) => (
          <li key={place}>
            <a href={ofYear(place, year)}>{name || place}</a>
          </li>
        ))}
      </ol>
    </nav>
  );
}

type Part = Assessed["indicators"][number];

function Indicators({
  assessed,
  edition,
  onWhere,
}: {
  assessed: Assessed;
  edition: Edition;
  onWhere: (indicator: string) => void;
}) {
  const known = new Map(edition.indicators.map((one) => [one.indicator, one]));
  const columns: Column<Part>[] = [
    {
      id: "indicator",
      title: t("indicator"),
      cell: ({ indicator, level }) => {
        const one = known.get(indicator);
        return (
          <span class="wrap">
            {one ? titleOf(one) : indicator} <span class="level">{levelName(level)}</span>
          </span>
        );
      },
    },
    {
      id: "state",
      title: t("state"),
      line: true,
      cell: ({ line, met, asked }) =>
        line ? <Met line={line} /> : `${count(met)}/${count(asked)}`,
    },
    {
      id: "due",
      title: t("due"),
      number: true,
      cell: ({ indicator, line }) => line && dueText(line.due, known.get(indicator)?.reach ?? ""),
    },
    {
      id: "actual",
      title: t("actual"),
      number: true,
      cell: ({ line }) => line && actualText(line),
    },
    { id: "share", title: t("share"), number: true, cell: ({ line }) => line && shareText(line) },
    {
      id: "where",
      title: t("missing"),
      line: true,
      cell: ({ indicator, level, met, asked }) => {
        const one = known.get(indicator);
        return (
          met < asked && (
            <button
              type="button"
              class="link"
              aria-label={`${t("where")} ${one ? titleOf(one) : indicator} ${levelName(level)}`}
              onClick={() => onWhere(indicator)}
            >
              {t("where")}
            </button>
          )
        );
      },
    },
    {
      id: "weight",
      title: t("weight"),
      number: true,
      cell: ({ indicator }) => known.get(indicator)?.weight,
    },
    {
      id: "clause",
      title: t("clause"),
      cell: ({ indicator }) => <span class="clause small">{known.get(indicator)?.clause}</span>,
    },
  ];
  return (
    <div class="stack">
      <p class="soft small">
        {edition.title} · {edition.source}
      </p>
      <Table
        caption={t("indicators")}
        columns={columns}
        rows={assessed.indicators}
        rowKey={({ indicator, level }) => `${indicator} ${level}`}
      />
    </div>
  );
}

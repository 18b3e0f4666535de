// Who is looked at, who looks at whom, and what was found? Draws that anybody can draw again.
import { useState } from "preact/hooks";
import { api, told, why } from "../../api";
import type { components } from "../../api.types";
import { moment } from "../../i18n/format";
import {
  Badge,
  Button,
  Card,
  type Column,
  Empty,
  Form,
  type Item,
  Loaded,
  Notice,
  Table,
  type Tone,
  toast,
  useAsked,
} from "../../ui";
import { findPlaces } from "../finding";
import { type Assessed, type Edition, titleOf } from "./shown";
import { levelName, stageName, t } from "./words";

type Schemas = components["schemas"];
type Draw = Schemas["AssessmentDrawShown"];
type Finding = Schemas["AssessmentFinding"];
type Verdict = Schemas["AssessmentFindingAsked"]["verdict"];
type Stage = Schemas["AssessmentFindingAsked"]["stage"];

/** Where something was found, of which draw; `reviewer`: who looks, in a cross-review. */
interface Spot {
  place: string;
  name: string;
  stage: Stage;
  draw: string | null;
  reviewer: string | null;
}

interface Props {
  assessed: Assessed;
  edition: Edition;
  mayReview: boolean;
}

export function Checks({ assessed, edition, mayReview }: Props) {
  const { place, year } = assessed;
  const [drawing, setDrawing] = useState<Draw["stage"] | null>(null);
  const [spot, setSpot] = useState<Spot | null>(null);
  const params = { params: { query: { place, year } } };
  const found = useAsked(
    () =>
      Promise.all([
        told(api.GET("/v1/assessments/draws", params)),
        told(api.GET("/v1/assessments/findings", params)),
      ]),
    [place, year],
  );
  const self = () =>
    setSpot({ place, name: assessed.name, stage: "self-check", draw: null, reviewer: null });
  return (
    <div class="stack gap-l">
      {mayReview && (
        <div class="row gap-s">
          <Button onPress={() => setDrawing("spot-check")}>{t("drawSample")}</Button>
          <Button onPress={() => setDrawing("cross-review")}>{t("drawReview")}</Button>
          <Button onPress={self}>{t("selfCheck")}</Button>
        </div>
      )}
      <Loaded of={found}>
        {([draws, findings]) => (
          <>
            {draws.items.length === 0 && (
              <Empty>
                <p>{t("noDraws")}</p>
              </Empty>
            )}
            {draws.items.map((one) => (
              <Drawn
                key={one.draw}
                draw={one}
                findings={findings.items}
                onFind={mayReview ? setSpot : undefined}
              />
            ))}
            <Table
              caption={t("found")}
              columns={FINDINGS(edition)}
              rows={findings.items}
              rowKey={(one) => `${one.place} ${one.stage} ${one.indicator}`}
              empty={<p>{t("noFindings")}</p>}
            />
          </>
        )}
      </Loaded>
      {drawing && (
        <Drawing
          key={drawing}
          stage={drawing}
          assessed={assessed}
          onClose={(done) => {
            setDrawing(null);
            if (done) found.reload();
          }}
        />
      )}
      {spot && (
        <Find
          key={`${spot.place} ${spot.draw}`}
          spot={spot}
          year={year}
          edition={edition}
          onClose={(done) => {
            setSpot(null);
            if (done) found.reload();
          }}
        />
      )}
    </div>
  );
}

function Drawn({
  draw,
  findings,
  onFind,
}: {
  draw: Draw;
  findings: readonly Finding[];
  onFind: ((spot: Spot) => void) | undefined;
}) {
  const [again, setAgain] = useState<Schemas["AssessmentDrawnAgain"] | null>(null);
  const name = (place: string) => draw.names[place] || place;
  const reviewers = new Map(draw.pairs.map(({ reviewer, reviewed }) => [reviewed, reviewer]));
  const columns: Column<string>[] = [
    { id: "place", title: t("drawn"), cell: (place) => name(place) },
    {
      id: "reviewer",
      title: t("reviewer"),
      cell: (place) => {
        const reviewer = reviewers.get(place);
        return reviewer === undefined ? "" : name(reviewer);
      },
    },
    {
      id: "found",
      title: t("found"),
      line: true,
      cell: (place) =>
        findings
          .filter((one) => one.place === place && one.draw === draw.draw)
          .map((one) => <VerdictBadge key={one.indicator} verdict={one.verdict} />),
    },
  ];
  if (onFind)
    columns.push({
      id: "find",
      title: t("toFind"),
      line: true,
      cell: (place) => (
        <Button
          label={t("findAt", { name: name(place) })}
          onPress={() =>
            onFind({
              place,
              name: name(place),
              stage: draw.stage as Stage,
              draw: draw.draw,
              reviewer: reviewers.get(place) ?? null,
            })
          }
        >
          {t("toFind")}
        </Button>
      ),
    });
  const compare = async () => {
    try {
      setAgain(
        await told(
          api.GET("/v1/assessments/draws/{draw}", { params: { path: { draw: draw.draw } } }),
        ),
      );
    } catch (error) {
      toast(why(error), "bad");
    }
  };
  const title = `${stageName(draw.stage)} · ${levelName(draw.of)} · ${t("drawnOf", { listed: draw.listed, size: draw.size })}`;
  return (
    <Card title={title} more={<Button onPress={compare}>{t("again")}</Button>}>
      {again &&
        (again.same_list && again.same_outcome ? (
          <Notice tone="good" alert>
            {t("same")}
          </Notice>
        ) : (
          <Notice tone="bad" alert>
            {t("other", { listed: again.listed })}
          </Notice>
        ))}
      <dl class="facts small">
        <dt>{t("drawnAt")}</dt>
        <dd>{moment(draw.drawn_at)}</dd>
        <dt>{t("asOfDay")}</dt>
        <dd>{draw.as_of}</dd>
        <dt>{t("seed")}</dt>
        <dd>
          <code>{draw.seed}</code>
        </dd>
        <dt>{t("digest")}</dt>
        <dd>
          <code>{draw.digest}</code>
        </dd>
        <dt>{t("by")}</dt>
        <dd>{draw.by.replace(/ <[^<>]*>$/, "")}</dd>
      </dl>
      <Table
        caption={`${t("drawn")} · ${draw.draw}`}
        columns={reviewers.size > 0 ? columns : columns.filter(({ id }) => id !== "reviewer")}
        rows={draw.drawn}
        rowKey={(place) => place}
      />
    </Card>
  );
}

const TONES: Record<string, Tone> = { met: "good", unmet: "bad", doubtful: "wait" };
const VERDICTS = ["met", "unmet", "doubtful"] as const satisfies readonly Verdict[];

function VerdictBadge({ verdict }: { verdict: string }) {
  const known = VERDICTS.find((one) => one === verdict);
  const tone = TONES[verdict];
  return <Badge {...(tone && { tone })}>{known ? t(`verdict_${known}`) : verdict}</Badge>;
}

function FINDINGS(edition: Edition): Column<Finding>[] {
  const known = new Map(edition.indicators.map((one) => [one.indicator, one]));
  return [
    {
      id: "place",
      title: t("place"),
      by: (one) => one.name || one.place,
      cell: (one) => one.name || one.place,
    },
    { id: "stage", title: t("stage"), line: true, cell: (one) => stageName(one.stage) },
    {
      id: "indicator",
      title: t("indicator"),
      cell: (one) => {
        const about = known.get(one.indicator);
        return about ? titleOf(about) : one.indicator;
      },
    },
    { id: "verdict", title: t("verdict"), cell: (one) => <VerdictBadge verdict={one.verdict} /> },
    { id: "seen", title: t("seenShort"), number: true, cell: (one) => one.seen },
    { id: "note", title: t("note"), cell: (one) => one.note },
    { id: "by", title: t("by"), cell: (one) => one.by.replace(/ <[^<>]*>$/, "") },
    { id: "at", title: t("when"), line: true, cell: (one) => moment(one.found_at) },
  ];
}

interface DrawingProps {
  stage: Draw["stage"];
  assessed: Assessed;
  onClose: (done: boolean) => void;
}

const KINDS = ["station", "sub-centre", "centre"] as const;

function Drawing({ stage, assessed, onClose }: DrawingProps) {
  const sample = stage === "spot-check";
  const items: Item[] = [
    {
      id: "of",
      label: t("kind"),
      kind: "select",
      options: KINDS.map((value) => ({ value, text: levelName(value) })),
    },
    { id: "size", label: t("size"), kind: "whole", free: !sample },
    { id: "seed", label: t("seed"), free: true, max: 200 },
    { id: "as_of", label: t("asOfDay"), kind: "date", free: true },
  ];
  return (
    <Form
      title={t(sample ? "drawSample" : "drawReview")}
      yes={t("toDraw")}
      note={t("drawHint")}
      items={items}
      onClose={onClose}
      done={t("drawnNow")}
      onSend={({ of, size, seed, as_of }, once) =>
        told(
          api.POST("/v1/assessments/draws", {
            params: once,
            body: {
              stage: sample ? "spot-check" : "cross-review",
              year: assessed.year,
              place: assessed.place,
              of: of as (typeof KINDS)[number],
              seed: seed ?? "",
              ...(size && { size: Number(size) }),
              ...(as_of && { as_of }),
            },
          }),
        )
      }
    />
  );
}

interface FindProps {
  spot: Spot;
  year: number;
  edition: Edition;
  onClose: (done: boolean) => void;
}

function Find({ spot, year, edition, onClose }: FindProps) {
  return (
    <Form
      title={t("findAt", { name: spot.name || spot.place })}
      yes={t("toFind")}
      items={[
        ...(spot.draw === null
          ? [
              {
                id: "place",
                label: t("place"),
                kind: "find" as const,
                find: findPlaces(spot.place),
                value: spot.place,
              },
            ]
          : []),
        {
          id: "indicator",
          label: t("indicator"),
          kind: "select",
          options: edition.indicators.map((one) => ({ value: one.indicator, text: titleOf(one) })),
        },
        {
          id: "verdict",
          label: t("verdict"),
          kind: "select",
          options: VERDICTS.map((value) => ({ value, text: t(`verdict_${value}`) })),
        },
        { id: "seen", label: t("seen"), kind: "number", free: true },
        { id: "note", label: t("note"), free: true },
      ]}
      onClose={onClose}
      done={t("recorded")}
      onSend={({ place, indicator = "", verdict, seen = "", note = "" }, once) =>
        told(
          api.POST("/v1/assessments/findings", {
            params: once,
            body: {
              place: place ?? spot.place,
              stage: spot.stage,
              year,
              indicator,
              verdict: verdict as Verdict,
              seen,
              note,
              reviewer: spot.reviewer,
              draw: spot.draw,
            },
          }),
        )
      }
    />
  );
}

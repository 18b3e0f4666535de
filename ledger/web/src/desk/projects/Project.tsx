// Where does one project stand, what happened to it, and what is its next step?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { exact, hours, moment, yuan } from "../../i18n/format";
import {
  Badge,
  Button,
  Card,
  type Column,
  Form,
  Loaded,
  Stat,
  Stats,
  Table,
  useAsked,
} from "../../ui";
import { list } from "../route";
import { StateBadge } from "./Projects";
import { dataOf, itemsOf, type StepName } from "./steps";
import { levelName, stateName, t } from "./words";

type Whole = components["schemas"]["ProjectWhole"];
type Step = components["schemas"]["ProjectStepShown"];
type Brand = components["schemas"]["ProjectBrandShown"];

interface Props {
  id: string;
  home: string;
  mayRecord: boolean;
  mayScore: boolean;
}

export default function Project({ id, home, mayRecord, mayScore }: Props) {
  const found = useAsked(
    () => told(api.GET("/v1/projects/{project}", { params: { path: { project: id } } })),
    [id],
  );
  const [step, setStep] = useState<StepName | null>(null);
  return (
    <Loaded of={found}>
      {(one) => {
        const may = one.next.filter((name) => mayRecord || (mayScore && name === "scored"));
        return (
          <div class="stack gap-l">
            <a href={list("projects")}>{t("back")}</a>
            <div class="row">
              <h1>{one.name}</h1>
              <StateBadge state={one.state} />
              {one.brands.map((level) => (
                <Badge key={level}>
                  {t("brands")} · {levelName(level)}
                </Badge>
              ))}
            </div>
            <Figures one={one} />
            {may.length > 0 && (
              <Card title={t("next")}>
                <div class="row gap-s">
                  {may.map((name, at) => (
                    <Button
                      key={name}
                      {...(at === 0 ? { look: "primary" as const } : {})}
                      onPress={() => setStep(name as StepName)}
                    >
                      {t(`step_${name as StepName}`)}
                    </Button>
                  ))}
                </div>
              </Card>
            )}
            <Facts one={one} />
            <Scores steps={one.steps} />
            <Timeline steps={one.steps} />
            {one.named.length > 0 && (
              <Table
                caption={t("brands")}
                columns={BRANDS()}
                rows={one.named}
                rowKey={({ level, since }) => `${level} ${since}`}
              />
            )}
            {step && (
              <Form
                key={step}
                title={`${t(`step_${step}`)} · ${one.name}`}
                yes={t(`step_${step}`)}
                danger={step === "refused" || step === "ended"}
                items={itemsOf(step, one.library || home, home)}
                done={t("done")}
                onClose={(done) => {
                  setStep(null);
                  if (done) found.reload();
                }}
                onSend={(filled, once) =>
                  told(
                    api.POST("/v1/projects/{project}/steps", {
                      params: { path: { project: id }, ...once },
                      body: { step, data: dataOf(filled) },
                    }),
                  )
                }
              />
            )}
          </div>
        );
      }}
    </Loaded>
  );
}

function Figures({ one }: { one: Whole }) {
  const scored = t("averageNote", { scores: one.scores, experts: one.experts });
  const mark = one.pass_mark && t("passMark", { mark: exact(one.pass_mark) });
  return (
    <Stats>
      <Stat
        name={t("average")}
        value={one.average === null ? "—" : exact(one.average)}
        note={[scored, mark].filter(Boolean).join(" · ")}
      />
      <Stat name={t("money")} value={yuan(one.money)} />
      <Stat name={t("things")} value={yuan(one.things)} />
      <Stat
        name={t("served")}
        value={hours(one.served.seconds)}
        note={t("servedNote", { ...one.served })}
      />
    </Stats>
  );
}

function Facts({ one }: { one: Whole }) {
  const rows: (readonly [string, string])[] = [
    [t("projectId"), one.project],
    [t("state"), `${stateName(one.state)} · ${moment(one.since)}`],
    [t("place"), one.place_name || one.place],
    [t("call"), one.call],
    [t("team"), one.team_name || one.team],
    [t("category"), one.category],
    [t("summary"), one.summary],
    [t("library"), one.library_name || one.library],
    [t("dueAt"), one.due_at ? moment(one.due_at) : ""],
    [t("evaluated"), one.evaluated ? `${one.evaluated} · ${one.grade}` : ""],
  ];
  return (
    <Card title={t("project")}>
      <dl class="facts">
        {rows
          .filter(([, said]) => said !== "")
          .map(([name, said]) => [
            <dt key={name}>{name}</dt>,
            <dd key={`${name} said`}>{said}</dd>,
          ])}
      </dl>
    </Card>
  );
}

/** The last score of each expert since the project was last submitted. */
function Scores({ steps }: { steps: readonly Step[] }) {
  const since = steps.findLastIndex(({ kind, effect }) => kind === "submitted" && effect);
  const last = new Map<string, Step>();
  for (const one of steps.slice(since + 1))
    if (one.kind === "scored" && one.effect) last.set(String(one.data.expert), one);
  if (last.size === 0) return null;
  const columns: Column<Step>[] = [
    { id: "expert", title: t("expert"), cell: (one) => String(one.data.expert) },
    { id: "score", title: t("score"), number: true, cell: (one) => String(one.data.score) },
    { id: "comment", title: t("comment"), cell: (one) => String(one.data.comment ?? "") },
    { id: "when", title: t("when"), line: true, cell: (one) => moment(one.at) },
  ];
  return (
    <Table
      caption={t("scores")}
      columns={columns}
      rows={[...last.values()]}
      rowKey={({ number }) => number}
    />
  );
}

function Timeline({ steps }: { steps: readonly Step[] }) {
  return (
    <Card title={t("steps")}>
      <ol class="timeline">
        {steps.map((one) => (
          <li key={one.number} class={one.effect ? "" : "idle"}>
            <div class="row ends">
              <b>{t(`step_${one.kind as StepName}`)}</b>
              <span class="soft small">
                {[moment(one.at), one.by.replace(/ <[^<>]*>$/, "")].filter(Boolean).join(" · ")}
              </span>
            </div>
            <p class="small">{toldOf(one)}</p>
            {!one.effect && (
              <p class="small">
                <Badge tone="bad">{t("withoutEffect")}</Badge> {one.reason}
              </p>
            )}
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** What was said of a step, on one line. */
function toldOf({ kind, data }: Step): string {
  const said = (name: string) => (data[name] === undefined ? "" : String(data[name]));
  const parts: Record<string, (string | false)[]> = {
    submitted: [said("category")],
    screened: [t(said("outcome") === "refuse" ? "refuse" : "pass"), said("reason")],
    scored: [said("score"), said("comment")],
    "improvement-asked": [said("what"), said("until") && moment(said("until"))],
    improved: [said("what")],
    announced: [said("until") && moment(said("until")), said("where")],
    released: [said("where")],
    tracked: [said("note")],
    evaluated: [said("year"), said("grade"), said("score"), said("note")],
    supported: [said("yuan") && yuan(said("yuan")), said("of"), said("what")],
    "brand-named": [levelName(said("level"))],
    "brand-withdrawn": [levelName(said("level")), said("reason")],
  };
  return (parts[kind] ?? [said("reason")]).filter(Boolean).join(" · ");
}

function BRANDS(): Column<Brand>[] {
  return [
    { id: "level", title: t("level"), cell: (one) => levelName(one.level) },
    { id: "of", title: t("of"), cell: (one) => one.of_name || one.of },
    { id: "since", title: t("since"), line: true, cell: (one) => moment(one.since) },
    {
      id: "until",
      title: t("until"),
      line: true,
      cell: (one) => (one.until === null ? t("still") : moment(one.until)),
    },
  ];
}

// Which projects are there, how far has each come, and how many brands are due? The project library.
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { count, exact, hours, moment, yuan } from "../../i18n/format";
import {
  Badge,
  Button,
  Card,
  Choice,
  type Column,
  Form,
  Loaded,
  Stat,
  Stats,
  Table,
  useAsked,
} from "../../ui";
import { findPlaces } from "../finding";
import { More } from "../More";
import { useParts } from "../pages";
import { to, useFilter } from "../route";
import { Search } from "../Search";
import { Within } from "../Within";
import { Brands } from "./Brands";
import Project from "./Project";
import { dataOf, itemsOf, thisYear } from "./steps";
import { levelName, stateName, t } from "./words";

type Schemas = components["schemas"];
type Shown = Schemas["ProjectShown"];
type Call = Schemas["ProjectCallShown"];
type Stage = Schemas["ProjectStage"];

const IN_LIBRARY = ["admitted", "announced", "released"];

interface Props {
  project: string;
  /** The area of whoever looks; "": all there is. */
  home: string;
  mayRecord: boolean;
  mayScore: boolean;
}

export default function Projects({ project, ...rest }: Props) {
  if (project === "") return <Library {...rest} />;
  return <Project key={project} id={project} {...rest} />;
}

function Library({ home, mayRecord }: Omit<Props, "project">) {
  const [place] = useFilter("in");
  const [state, setState] = useFilter("state");
  const [due, setDue] = useFilter("due");
  const [text] = useFilter("text");
  const [asking, setAsking] = useState<"call" | "project" | null>(null);
  const area = place || home;
  const query = area === "" ? {} : { place: area };
  const around = useAsked(
    () =>
      Promise.all([
        told(api.GET("/v1/project-stages", { params: { query } })),
        // a county's call is for its townships, too
        told(
          api.GET("/v1/project-calls", { params: { query: home === "" ? {} : { place: home } } }),
        ),
      ]),
    [area, home],
  );
  const projects = useParts(
    (after) =>
      told(
        api.GET("/v1/projects", {
          params: {
            query: { ...query, state, due: due !== "", text, limit: 100, ...(after && { after }) },
          },
        }),
      ),
    [area, state, due, text],
  );
  const close = (done: boolean) => {
    setAsking(null);
    if (!done) return;
    around.reload();
    projects.reload();
  };
  return (
    <div class="stack gap-l">
      <div class="row ends">
        <h1>{t("projects")}</h1>
        {mayRecord && (
          <div class="row gap-s">
            <Button onPress={() => setAsking("call")}>{t("callNow")}</Button>
            <Button look="primary" icon="plus" onPress={() => setAsking("project")}>
              {t("toSubmit")}
            </Button>
          </div>
        )}
      </div>
      <div class="row find">
        <Within label={t("place")} home={home} />
        <Search label={t("search")} />
      </div>
      <Loaded of={around}>
        {([stages, calls]) => (
          <Loaded of={projects}>
            {(items) => (
              <>
                <Pipeline stages={stages.items} chosen={state} onChoose={setState} />
                <div class="stack">
                  <Choice
                    label={t("onlyDue")}
                    checked={due !== ""}
                    onCheck={(yes) => setDue(yes ? "yes" : "")}
                  />
                  <Table
                    caption={
                      state === "" ? t("projects") : `${t("projects")} · ${stateName(state)}`
                    }
                    columns={COLUMNS()}
                    rows={items}
                    rowKey={(one) => one.project}
                    part={projects.more !== null}
                    empty={<p>{t("noProjects")}</p>}
                  />
                  <More of={projects.more} />
                </div>
                <Table
                  caption={t("calls")}
                  columns={CALLS()}
                  rows={calls.items}
                  rowKey={({ call }) => call}
                  empty={<p>{t("noCalls")}</p>}
                />
                <Brands area={area} />
              </>
            )}
          </Loaded>
        )}
      </Loaded>
      {asking === "call" && <Calling home={home} onClose={close} />}
      {asking === "project" && <Submitting home={home} onClose={close} />}
    </div>
  );
}

function Pipeline({
  stages,
  chosen,
  onChoose,
}: {
  stages: readonly Stage[];
  chosen: string;
  onChoose: (state: string) => void;
}) {
  const sum = (of: (one: Stage) => number) => stages.reduce((so_far, one) => so_far + of(one), 0);
  const library = stages.filter(({ state }) => IN_LIBRARY.includes(state));
  return (
    <Card title={t("pipeline")}>
      <Stats>
        <Stat
          name={t("inLibrary")}
          value={count(library.reduce((so_far, one) => so_far + one.projects, 0))}
        />
        <Stat name={t("money")} value={yuan(added(stages.map(({ money }) => money)))} />
        <Stat name={t("things")} value={yuan(added(stages.map(({ things }) => things)))} />
      </Stats>
      <p class="soft small">{t("pipelineHint")}</p>
      <ol class="pipeline">
        {[{ state: "", projects: sum((one) => one.projects) }, ...stages].map((one) => (
          <li key={one.state}>
            <Button
              pressed={one.state === chosen}
              onPress={() => onChoose(one.state === chosen ? "" : one.state)}
            >
              <span>{one.state === "" ? t("all") : stateName(one.state)}</span>
              <b>{count(one.projects)}</b>
            </Button>
          </li>
        ))}
      </ol>
    </Card>
  );
}

/** Decimal texts of yuan with two digits behind the point, added up exactly. */
function added(texts: readonly string[]): string {
  const fen = texts.reduce((so_far, text) => so_far + BigInt(text.replace(".", "")), 0n);
  const digits = String(fen).padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

export function StateBadge({ state }: { state: string }) {
  const tone = IN_LIBRARY.includes(state) ? "good" : state === "refused" ? "bad" : "wait";
  return <Badge {...(state === "ended" ? {} : { tone: tone as "good" })}>{stateName(state)}</Badge>;
}

function COLUMNS(): Column<Shown>[] {
  return [
    {
      id: "name",
      title: t("project"),
      by: (one) => one.name,
      cell: (one) => <a href={to("projects", one.project)}>{one.name}</a>,
    },
    { id: "state", title: t("state"), line: true, cell: (one) => <StateBadge state={one.state} /> },
    {
      id: "place",
      title: t("place"),
      by: (one) => one.place_name || one.place,
      cell: (one) => one.place_name || one.place,
    },
    { id: "category", title: t("category"), cell: (one) => one.category },
    {
      id: "average",
      title: t("average"),
      number: true,
      by: (one) => Number(one.average ?? -1),
      cell: (one) => one.average && exact(one.average),
    },
    {
      id: "money",
      title: t("money"),
      number: true,
      by: (one) => Number(one.money),
      cell: (one) => yuan(one.money),
    },
    {
      id: "served",
      title: t("served"),
      number: true,
      by: (one) => one.served.seconds,
      cell: (one) => hours(one.served.seconds),
    },
    {
      id: "brands",
      title: t("brands"),
      cell: (one) => one.brands.map((level) => <Badge key={level}>{levelName(level)}</Badge>),
    },
  ];
}

function CALLS(): Column<Call>[] {
  return [
    { id: "title", title: t("callTitle"), cell: (one) => one.title },
    { id: "id", title: t("callId"), cell: (one) => one.call },
    { id: "year", title: t("year"), number: true, cell: (one) => one.year },
    { id: "until", title: t("until"), line: true, cell: (one) => moment(one.due_at) },
    {
      id: "state",
      title: t("state"),
      cell: (one) =>
        Date.parse(one.due_at) > Date.now() ? (
          <Badge tone="good">{t("open")}</Badge>
        ) : (
          <Badge>{t("over")}</Badge>
        ),
    },
  ];
}

interface Asking {
  home: string;
  onClose: (done: boolean) => void;
}

function Calling({ home, onClose }: Asking) {
  return (
    <Form
      title={t("callNow")}
      yes={t("callNow")}
      items={[
        { id: "call", label: t("callId") },
        { id: "title", label: t("callTitle") },
        { id: "place", label: t("place"), kind: "find", find: findPlaces(home), value: home },
        { id: "year", label: t("year"), kind: "whole", value: thisYear() },
        { id: "until", label: t("until"), kind: "moment" },
        { id: "text", label: t("callText"), kind: "area", max: 8000, free: true },
      ]}
      onClose={onClose}
      done={t("done")}
      onSend={({ call = "", title = "", place = "", year, until = "", text = "" }, once) =>
        told(
          api.POST("/v1/project-calls/{call}", {
            params: { path: { call }, ...once },
            body: { title, place, year: Number(year), until, text },
          }),
        )
      }
    />
  );
}

function Submitting({ home, onClose }: Asking) {
  return (
    <Form
      title={t("toSubmit")}
      yes={t("step_submitted")}
      items={[{ id: "project", label: t("projectId") }, ...itemsOf("submitted", home, home)]}
      onClose={onClose}
      done={t("done")}
      onSend={async ({ project = "", ...said }, once) => {
        await told(
          api.POST("/v1/projects/{project}/steps", {
            params: { path: { project }, ...once },
            body: { step: "submitted", data: dataOf(said) },
          }),
        );
        location.hash = to("projects", project);
      }}
    />
  );
}

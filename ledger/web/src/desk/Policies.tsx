// Which policies are in force, what would another do, and is it written right?
import { lazy, Suspense } from "preact/compat";
import { useEffect, useState } from "preact/hooks";
import { api, told } from "../api";
import type { components } from "../api.types";
import { Badge, Button, type Column, Loaded, Notice, Select, Table, Tabs, useAsked } from "../ui";
import type { Finding } from "./Editor";
import { Simulation } from "./Simulation";
import { t } from "./words";

const Editor = lazy(() => import("./Editor"));

type Listed = components["schemas"]["PolicyListed"];

const CHECK_AFTER = 500; // milliseconds of not typing

export default function Policies({ mayTry }: { mayTry: boolean }) {
  const policies = useAsked(() => told(api.GET("/v1/policies")), []);
  const [chosen, setChosen] = useState("");
  return (
    <div class="stack gap-l">
      <h1>{t("policies")}</h1>
      <Loaded of={policies}>
        {({ items }) => {
          const now = items.find(({ state }) => state === "in-force") ?? items[0];
          const version = chosen || (now?.version ?? "");
          return (
            <>
              <Table
                caption={t("versions")}
                columns={columns(setChosen)}
                rows={items}
                rowKey={(one) => `${one.effective_from}${one.version}`}
              />
              {version !== "" && (
                <Begun key={version} version={version} all={items} mayTry={mayTry} />
              )}
            </>
          );
        }}
      </Loaded>
    </div>
  );
}

function columns(choose: (version: string) => void): Column<Listed>[] {
  return [
    { id: "title", title: t("title"), cell: (one) => one.title },
    { id: "from", title: t("from"), cell: (one) => one.effective_from },
    { id: "until", title: t("until"), cell: (one) => one.until ?? "" },
    {
      id: "state",
      title: t("state"),
      cell: (one) => (
        <Badge
          {...(one.state === "in-force"
            ? { tone: "good" as const }
            : one.state === "to-come"
              ? { tone: "wait" as const }
              : {})}
        >
          {t(one.state)}
        </Badge>
      ),
    },
    { id: "version", title: t("version"), cell: (one) => <code>{one.version}</code> },
    {
      id: "start",
      title: t("draft"),
      cell: (one) => (
        <Button onPress={() => choose(one.version)} label={`${t("startFrom")} ${one.version}`}>
          {t("startFrom")}
        </Button>
      ),
    },
  ];
}

function Begun({
  version,
  all,
  mayTry,
}: {
  version: string;
  all: readonly Listed[];
  mayTry: boolean;
}) {
  const policy = useAsked(
    () => told(api.GET("/v1/policies/{version}", { params: { path: { version } } })),
    [version],
  );
  return (
    <Loaded of={policy}>
      {({ text }) => <Drafting start={text} version={version} all={all} mayTry={mayTry} />}
    </Loaded>
  );
}

function Drafting({
  start,
  version,
  all,
  mayTry,
}: {
  start: string;
  version: string;
  all: readonly Listed[];
  mayTry: boolean;
}) {
  const [text, setText] = useState(start);
  const [part, setPart] = useState("draft");
  const [at, setAt] = useState({ line: 1, turn: 0 });
  const checked = useChecked(text);
  const tabs = [
    { id: "draft", title: t("draft") },
    { id: "compare", title: t("compare") },
    ...(mayTry ? [{ id: "simulate", title: t("simulate") }] : []),
  ];
  return (
    <Tabs label={t("draft")} tabs={tabs} now={part} onTab={setPart}>
      <div class="stack panel" hidden={part !== "draft"}>
        <Suspense fallback={<div class="skeleton editor" />}>
          <Editor
            text={start}
            label={t("draftLabel")}
            findings={checked?.findings ?? []}
            at={at}
            onText={setText}
          />
        </Suspense>
        <Problems
          checked={checked}
          onLine={(line) => setAt((last) => ({ line, turn: last.turn + 1 }))}
        />
      </div>
      {part === "compare" && <Compare text={text} start={version} all={all} />}
      {part === "simulate" && <Simulation text={text} />}
    </Tabs>
  );
}

type Checked = { ok: boolean; findings: readonly Finding[] };

/** What is wrong with the text; null while that is not known yet. */
function useChecked(text: string): Checked | null {
  const [checked, setChecked] = useState<Checked | null>(null);
  useEffect(() => {
    let left = false;
    setChecked(null);
    const wait = setTimeout(
      () =>
        told(api.POST("/v1/policies/check", { body: { text } })).then(
          (found) => left || setChecked(found),
          () => {}, // the next change asks again
        ),
      CHECK_AFTER,
    );
    return () => {
      left = true;
      clearTimeout(wait);
    };
  }, [text]);
  return checked;
}

function Problems({
  checked,
  onLine,
}: {
  checked: Checked | null;
  onLine: (line: number) => void;
}) {
  if (checked === null) return <p class="soft problems">{t("checking")}</p>;
  const { findings } = checked;
  const errors = findings.filter(({ severity }) => severity === "error").length;
  return (
    <div class="stack gap-s problems" role="status">
      <Notice tone={errors > 0 ? "bad" : "good"}>
        {findings.length === 0
          ? t("noProblem")
          : t("problems", { errors, remarks: findings.length - errors })}
      </Notice>
      <ul class="stack gap-s">
        {findings.map((one) => (
          <li key={`${one.line}:${one.column}:${one.message}`} class="row gap-s problem">
            <Button onPress={() => onLine(one.line)}>{t("line", { line: one.line })}</Button>
            <span>
              <Badge tone={one.severity === "error" ? "bad" : "wait"}>{one.severity}</Badge>{" "}
              {one.message} <span class="soft">{one.advice}</span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Compare({ text, start, all }: { text: string; start: string; all: readonly Listed[] }) {
  const [other, setOther] = useState(start);
  const difference = useAsked(
    () => told(api.POST("/v1/policies/diff", { body: { old: other, new: text } })),
    [other, text],
  );
  return (
    <div class="stack panel">
      <Select
        label={t("compareWith")}
        value={other}
        options={all.map((one) => ({
          value: one.version,
          text: `${one.effective_from} ${one.title}`,
        }))}
        onText={setOther}
      />
      <Loaded of={difference}>
        {({ lines }) =>
          lines.length === 0 ? (
            <Notice tone="good">{t("same")}</Notice>
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
            <section class="diff" aria-label={t("compare")} tabIndex={0}>
              <ol>
                {lines.map(({ kind, old, new: fresh, text: line }) => (
                  <li key={`${kind}${old}-${fresh}`} class={kind}>
                    <span class="mark">{{ same: " ", in: "+", out: "−", gap: "⋯" }[kind]}</span>
                    {(kind === "in" || kind === "out") && (
                      <span class="sr-only">{t(kind === "in" ? "added" : "removed")}</span>
                    )}
                    <code>{line}</code>
                  </li>
                ))}
              </ol>
            </section>
          )
        }
      </Loaded>
    </div>
  );
}

// Is a draft written right, what would it change, and shall it be proposed?
import { lazy, Suspense } from "preact/compat";
import { useEffect, useState } from "preact/hooks";
import { api, told } from "../api";
import type { components } from "../api.types";
import { Badge, Button, Form, Notice, Select, Tabs } from "../ui";
import { Difference } from "./Difference";
import type { Finding } from "./Editor";
import { to } from "./route";
import { type Result, Simulation } from "./Simulation";
import { t } from "./words";

const Editor = lazy(() => import("./Editor"));

type Listed = components["schemas"]["PolicyListed"];

const CHECK_AFTER = 500; // milliseconds of not typing

export function Drafting({
  start,
  version,
  all,
  mayTry,
  mayAdopt,
}: {
  start: string;
  version: string;
  all: readonly Listed[];
  mayTry: boolean;
  mayAdopt: boolean;
}) {
  const [text, setText] = useState(start);
  const [part, setPart] = useState("draft");
  const [at, setAt] = useState({ line: 1, turn: 0 });
  const [tried, setTried] = useState<{ text: string; result: Result } | null>(null);
  const [proposing, setProposing] = useState(false);
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
        {mayAdopt && (
          <div class="row">
            <Button
              look="primary"
              disabled={!checked?.ok || text === start}
              onPress={() => setProposing(true)}
            >
              {t("propose")}
            </Button>
            <span class="soft small">{t("proposeHint")}</span>
          </div>
        )}
      </div>
      {part === "compare" && <Compare text={text} start={version} all={all} />}
      {part === "simulate" && (
        <div class="stack panel">
          {tried !== null && tried.text !== text && <Notice tone="wait">{t("olderDraft")}</Notice>}
          <Simulation
            text={text}
            result={tried?.result ?? null}
            mayTry
            onResult={(result) => setTried({ text, result })}
          />
        </div>
      )}
      {proposing && <Propose text={text} onClose={() => setProposing(false)} />}
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
              <Badge tone={one.severity === "error" ? "bad" : "wait"}>
                {t(one.severity === "error" ? "error" : "remark")}
              </Badge>{" "}
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
  return (
    <div class="stack panel">
      <div class="short">
        <Select
          label={t("compareWith")}
          value={other}
          options={all.map((one) => ({
            value: one.version,
            text: `${one.effective_from} ${one.title}`,
          }))}
          onText={setOther}
        />
      </div>
      <Difference old={other} text={text} />
    </div>
  );
}

function Propose({ text, onClose }: { text: string; onClose: () => void }) {
  return (
    <Form
      title={t("propose")}
      yes={t("propose")}
      done={t("proposed")}
      note={t("proposeText")}
      items={[
        { id: "effective_from", label: t("from"), hint: t("dayHint"), kind: "date" },
        { id: "note", label: t("ground"), kind: "area", max: 500, free: true },
      ]}
      onSend={async ({ effective_from = "", note = "" }) => {
        const body = { text, effective_from, note };
        const made = await told(api.POST("/v1/policies/proposals", { body }));
        location.hash = to("policies", made.id);
      }}
      onClose={onClose}
    />
  );
}

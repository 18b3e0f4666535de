// What would a file change, row by row? Then it is brought in.
import { useState } from "preact/hooks";
import type { components } from "../../api.types";
import { count } from "../../i18n/format";
import {
  Badge,
  Button,
  Card,
  Choice,
  type Column,
  Notice,
  Select,
  Stat,
  Stats,
  Table,
  type Tone,
  toast,
} from "../../ui";
import { save } from "../saving";
import { isMeant, type Meaning } from "./Meaning";
import { FORMS, type Form, send, tell, useReport } from "./sending";
import { SaveAs, TheirFile } from "./Theirs";
import { t } from "./words";

type Report = components["schemas"]["ImportShown"];
type Row = Report["rows"][number];
type Outcome = Row["outcome"];

const OUTCOMES = ["wrong", "new", "changed", "unchanged"] as const satisfies readonly Outcome[];
const TONES: Partial<Record<Outcome, Tone>> = { wrong: "bad", new: "good", changed: "wait" };

export function Importing({ meaning }: { meaning: Meaning }) {
  const [file, setFile] = useState<File | null>(null);
  const [identity, setIdentity] = useState(true);
  const [report, setReport] = useReport<Report>(file, meaning, identity);
  const more = { identity: String(identity) };
  const run = (to: "check" | "import") => async () => {
    if (file === null) return;
    try {
      const answer = await send(to, file, meaning, more);
      setReport((await answer.json()) as Report);
      if (to === "import") toast(t("imported"), "good");
    } catch (error) {
      tell(error);
    }
  };
  const fresh = sum(report, "new") + sum(report, "changed");
  return (
    <>
      <Card>
        <div class="stack">
          <TheirFile onFile={setFile} />
          {(meaning.kind === "volunteers" || meaning.kind === "") && (
            <Choice label={t("identity")} checked={identity} onCheck={setIdentity} />
          )}
          <div class="row">
            <Button
              look={report === null ? "primary" : undefined}
              icon="search"
              disabled={file === null || !isMeant(meaning)}
              onPress={run("check")}
            >
              {t("check")}
            </Button>
            {report?.dry_run && fresh > 0 && (
              <Button look="primary" icon="in" onPress={run("import")}>
                {t("doImport", { rows: count(fresh) })}
              </Button>
            )}
            <span class="soft small">{t("checking")}</span>
          </div>
        </div>
      </Card>
      {report !== null && (
        <Reported
          report={report}
          onSave={(form) =>
            file === null ? undefined : save(send("check", file, meaning, more, FORMS[form]), tell)
          }
        />
      )}
    </>
  );
}

function sum(report: Report | null, name: Outcome): number {
  return (report?.results ?? []).reduce((all, one) => all + one[name], 0);
}

function Reported({ report, onSave }: { report: Report; onSave: (form: Form) => unknown }) {
  const wrong = sum(report, "wrong");
  return (
    <Card
      title={t(report.dry_run ? "wouldBe" : "became")}
      more={wrong > 0 && <SaveAs word="toMend" onSave={onSave} />}
    >
      <div class="stack" role="status">
        {report.results.map((one) => (
          <div key={one.kind} class="stack gap-s">
            <Stats>
              <Stat name={t(one.kind)} value={count(one.read)} note={t("read")} />
              {OUTCOMES.map((name) => (
                <Stat key={name} name={t(name)} value={count(one[name])} />
              ))}
              {one.stored + one.known > 0 && (
                <Stat
                  name={t("inVault")}
                  value={count(one.stored + one.known)}
                  note={t("vault", { stored: count(one.stored), known: count(one.known) })}
                />
              )}
            </Stats>
            <Unread names={one.left_out} word="leftOut" />
            <Unread names={one.unknown_columns} word="unknownColumns" />
            <Unread names={one.missing_columns} word="missingColumns" />
          </div>
        ))}
        {report.dry_run && sum(report, "new") + sum(report, "changed") === 0 && (
          <Notice tone="wait">{t("nothingToDo")}</Notice>
        )}
      </div>
      <Rows report={report} />
    </Card>
  );
}

function Unread({
  names,
  word,
}: {
  names: readonly string[];
  word: "leftOut" | "unknownColumns" | "missingColumns";
}) {
  if (names.length === 0) return null;
  return <p class="soft small">{t(word, { names: names.join("、") })}</p>;
}

type Told = Row & Row["mistakes"][number] & { key: string };

/** A line for each mistake of a row, and one for a row that has none. */
function lines(rows: readonly Row[]): Told[] {
  return rows.flatMap((row) => {
    const key = `${row.sheet}/${row.row}`;
    if (row.mistakes.length === 0) return [{ ...row, column: "", what: "", advice: "", key }];
    return row.mistakes.map((one, index) => ({ ...row, ...one, key: `${key}/${index}` }));
  });
}

function Rows({ report }: { report: Report }) {
  const [shown, setShown] = useState<Outcome | "">("");
  const rows = report.rows.filter(({ outcome }) => shown === "" || outcome === shown);
  const all = report.results.reduce((sum, one) => sum + one.read, 0);
  const sheets = report.rows.some(({ sheet }) => sheet !== "");
  const columns: Column<Told>[] = [
    { id: "row", title: t("row"), number: true, by: (one) => one.row, cell: (one) => one.row },
    ...(sheets
      ? [{ id: "sheet", title: t("sheet"), cell: (one: Told) => one.sheet || t(one.kind) }]
      : []),
    { id: "about", title: t("about"), by: (one) => one.about, cell: (one) => one.about },
    {
      id: "outcome",
      title: t("outcome"),
      cell: ({ outcome }) => {
        const tone = TONES[outcome];
        return <Badge {...(tone && { tone })}>{t(outcome)}</Badge>;
      },
    },
    { id: "column", title: t("column"), by: (one) => one.column, cell: (one) => one.column },
    { id: "what", title: t("what"), by: (one) => one.what, cell: (one) => one.what },
    { id: "advice", title: t("advice"), cell: (one) => one.advice },
  ];
  return (
    <div class="stack">
      <div class="short">
        <Select
          label={t("show")}
          value={shown}
          options={[
            { value: "", text: t("all") },
            ...OUTCOMES.map((value) => ({ value, text: t(value) })),
          ]}
          onText={(next) => setShown(next as Outcome | "")}
        />
      </div>
      <Table caption={t("rows")} columns={columns} rows={lines(rows)} rowKey={({ key }) => key} />
      {all > report.rows.length && <p class="soft small">{t("onlyFirst")}</p>}
    </div>
  );
}

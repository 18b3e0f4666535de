// Do they have what the ledger has? Only here, only there, different; and both sums.
import { useState } from "preact/hooks";
import type { components } from "../../api.types";
import { count, hours } from "../../i18n/format";
import { Badge, Button, Card, type Column, Notice, Stat, Stats, Table } from "../../ui";
import { save } from "../saving";
import { type Days, DaysFields } from "./Days";
import { isMeant, type Meaning } from "./Meaning";
import { FORMS, type Form, send, tell, useReport } from "./sending";
import { SaveAs, TheirFile } from "./Theirs";
import { t } from "./words";

type Report = components["schemas"]["ReconciledShown"];
type Finding = Report["findings"][number];

export function Reconciling({ meaning }: { meaning: Meaning }) {
  const [file, setFile] = useState<File | null>(null);
  const [days, setDays] = useState<Days>({ since: "", until: "" });
  const [report, setReport] = useReport<Report>(file, meaning, days);
  const more = meaning.kind === "hours" ? { ...days } : {};
  const compare = async () => {
    if (file === null) return;
    try {
      setReport((await (await send("reconcile", file, meaning, more)).json()) as Report);
    } catch (error) {
      tell(error);
    }
  };
  return (
    <>
      <Card>
        <div class="stack">
          <TheirFile onFile={setFile} />
          {meaning.kind === "hours" && <DaysFields of={days} onChange={setDays} />}
          <div class="row">
            <Button
              look="primary"
              icon="search"
              disabled={file === null || !isMeant(meaning)}
              onPress={compare}
            >
              {t("compare")}
            </Button>
          </div>
        </div>
      </Card>
      {report !== null && (
        <Reported
          report={report}
          onSave={(form) =>
            file === null
              ? undefined
              : save(send("reconcile", file, meaning, more, FORMS[form]), tell)
          }
        />
      )}
    </>
  );
}

function Reported({ report, onSave }: { report: Report; onSave: (form: Form) => unknown }) {
  const { kind, ours, theirs, same, differences, unread, findings } = report;
  const figure = (side: Report["ours"]) =>
    kind === "hours" ? hours(side.seconds) : count(side.keys);
  const columns: Column<Finding>[] = [
    { id: "key", title: t("about"), by: (one) => one.key, cell: (one) => one.key },
    {
      id: "where",
      title: t("where"),
      by: (one) => one.where,
      cell: ({ where }) => <Badge tone={where === "different" ? "bad" : "wait"}>{t(where)}</Badge>,
    },
    { id: "field", title: t("field"), by: (one) => one.field, cell: (one) => one.field },
    { id: "ours", title: t("ours"), cell: (one) => one.ours },
    { id: "theirs", title: t("theirs"), cell: (one) => one.theirs },
  ];
  return (
    <Card title={t("reconcile")} more={differences > 0 && <SaveAs word="report" onSave={onSave} />}>
      <div class="stack" role="status">
        <Stats>
          <Stat name={t("ours")} value={figure(ours)} note={t("sideRows", ours)} />
          <Stat name={t("theirs")} value={figure(theirs)} note={t("sideRows", theirs)} />
          <Stat name={t("same")} value={count(same)} />
          <Stat name={t("differences")} value={count(differences)} />
        </Stats>
        {unread > 0 && <Notice tone="bad">{t("unread", { count: count(unread) })}</Notice>}
        {differences === 0 && unread === 0 && <Notice tone="good">{t("allSame")}</Notice>}
      </div>
      {differences > 0 && (
        <Table
          caption={t("differences")}
          columns={columns}
          rows={findings}
          rowKey={(one) => `${one.key}/${one.where}/${one.field}`}
        />
      )}
      {differences > findings.length && <p class="soft small">{t("firstFindings")}</p>}
    </Card>
  );
}

// Who looked at what, who may do what, and what has the ledger signed?
import { api, Problem, told } from "../api";
import type { components } from "../api.types";
import { count, moment } from "../i18n/format";
import { Badge, type Column, Loaded, Notice, Table, Tabs, useAsked } from "../ui";
import { More } from "./More";
import { useParts } from "./pages";
import { useFilter } from "./route";
import { t } from "./words";

type Schemas = components["schemas"];
const PARTS = {
  reads: ["trail"],
  grants: ["trail", "verify", "grant"],
  checkpoints: ["read", "verify"],
};
type Part = keyof typeof PARTS;

export default function Audit({ held }: { held: readonly string[] }) {
  const parts = (Object.keys(PARTS) as Part[]).filter((one) =>
    PARTS[one].some((permission) => held.includes(permission)),
  );
  const [asked, setNow] = useFilter("tab", parts[0] ?? "grants");
  const now = parts.find((one) => one === asked) ?? parts[0];
  return (
    <div class="stack gap-l">
      <h1>{t("audit")}</h1>
      <Tabs
        label={t("audit")}
        tabs={parts.map((id) => ({ id, title: t(id) }))}
        now={now ?? ""}
        onTab={setNow}
      >
        {now === "reads" ? <Reads /> : now === "grants" ? <Grants /> : <Checkpoints />}
      </Tabs>
    </div>
  );
}

function Reads() {
  const reads = useParts(
    (after) =>
      told(
        api.GET("/v1/audit/reads", { params: { query: { limit: 100, ...(after && { after }) } } }),
      ),
    [],
  );
  if (reads.error instanceof Problem && reads.error.status === 404)
    return <Notice>{reads.error.message}</Notice>;
  const columns: Column<Schemas["LookShown"]>[] = [
    { id: "at", title: t("when"), cell: (one) => moment(one.at) },
    { id: "by", title: t("who"), cell: (one) => one.by },
    { id: "whose", title: t("whose"), cell: (one) => one.volunteer },
    { id: "fields", title: t("fields"), cell: (one) => one.fields.map(field).join("、") },
    {
      id: "purpose",
      title: t("purpose"),
      cell: (one) => (
        <>
          {one.purpose} {one.refused && <Badge tone="bad">{t("refused")}</Badge>}
        </>
      ),
    },
  ];
  return (
    <Loaded of={reads}>
      {(items) => (
        <div class="stack">
          <Table
            caption={t("reads")}
            columns={columns}
            rows={items}
            rowKey={(one) => `${one.at}${one.by}${one.volunteer}`}
          />
          <More of={reads.more} />
        </div>
      )}
    </Loaded>
  );
}

const FIELDS = ["document_type", "document_number", "birth_date"] as const;

function field(name: string): string {
  const known = FIELDS.find((one) => one === name);
  return name === "name" ? t("personName") : known === undefined ? name : t(known);
}

function Grants() {
  const grants = useAsked(() => told(api.GET("/v1/audit/grants")), []);
  const columns: Column<Schemas["GrantShown"]>[] = [
    {
      id: "name",
      title: t("who"),
      by: (one) => one.name,
      cell: (one) => <span title={one.who}>{one.name || one.who}</span>,
    },
    { id: "role", title: t("role"), by: (one) => one.role, cell: (one) => one.title },
    { id: "scope", title: t("scope"), by: (one) => one.scope, cell: (one) => one.scope },
    {
      id: "since",
      title: t("when"),
      line: true,
      by: (one) => one.since,
      cell: (one) => moment(one.since),
    },
    {
      id: "until",
      title: t("until"),
      line: true,
      cell: (one) => (one.until === null ? "" : moment(one.until)),
    },
    { id: "by", title: t("grantedBy"), cell: (one) => one.by },
    {
      id: "state",
      title: t("state"),
      cell: (one) => (
        <Badge {...(one.stands ? { tone: "good" as const } : {})}>
          {t(one.stands ? "stands" : "ended")}
        </Badge>
      ),
    },
  ];
  return (
    <Loaded of={grants}>
      {({ items }) => (
        <Table caption={t("grants")} columns={columns} rows={items} rowKey={(one) => one.grant} />
      )}
    </Loaded>
  );
}

function Checkpoints() {
  const checkpoints = useParts(
    (after) =>
      told(api.GET("/v1/audit/checkpoints", { params: { query: { ...(after && { after }) } } })),
    [],
  );
  const columns: Column<Schemas["CheckpointShown"]>[] = [
    { id: "at", title: t("when"), cell: (one) => moment(one.made_at) },
    { id: "size", title: t("size"), number: true, cell: (one) => count(one.size) },
    { id: "root", title: t("root"), cell: (one) => <code class="small">{one.root}</code> },
    {
      id: "note",
      title: t("note"),
      cell: (one) => (
        <details>
          <summary>{one.name.slice(0, 12)}</summary>
          <code class="small">{one.note}</code>
        </details>
      ),
    },
  ];
  return (
    <Loaded of={checkpoints}>
      {(items) => (
        <div class="stack">
          <Table
            caption={t("checkpoints")}
            columns={columns}
            rows={items}
            rowKey={(one) => one.number}
          />
          <More of={checkpoints.more} />
        </div>
      )}
    </Loaded>
  );
}

// Who is nominated for which honour, how far is it, and which benefits were used without cover?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { moment } from "../../i18n/format";
import {
  Badge,
  Button,
  type Column,
  Form,
  type Item,
  Loaded,
  Select,
  Table,
  useAsked,
} from "../../ui";
import { findPlaces, findProjects, findTeams } from "../finding";
import { More } from "../More";
import { useParts } from "../pages";
import { to, useFilter } from "../route";
import { Search } from "../Search";
import { Within } from "../Within";
import { Nomination } from "./Nomination";
import { t } from "./words";

type Schemas = components["schemas"];
export type Honour = Schemas["HonourShown"];
type State = Honour["state"];

const STATES = [
  "nominated",
  "approved",
  "published",
  "conferred",
  "refused",
  "revoked",
] as const satisfies readonly State[];
const TONES: Record<State, "good" | "wait" | "bad"> = {
  unknown: "bad",
  nominated: "wait",
  approved: "wait",
  refused: "bad",
  published: "wait",
  conferred: "good",
  revoked: "bad",
};

interface Props {
  nomination: string;
  home: string;
  mayNominate: boolean;
  mayDecide: boolean;
}

export default function Honours({ nomination, home, mayNominate, mayDecide }: Props) {
  if (nomination !== "")
    return <Nomination key={nomination} id={nomination} mayDecide={mayDecide} />;
  return <All home={home} mayNominate={mayNominate} />;
}

function All({ home, mayNominate }: { home: string; mayNominate: boolean }) {
  const [place] = useFilter("in");
  const [shown, setShown] = useFilter("show");
  const [text] = useFilter("text");
  const [asking, setAsking] = useState(false);
  const which = shown === "due" ? { due: true } : shown === "" ? {} : { state: shown as State };
  const honours = useParts(
    (after) =>
      told(
        api.GET("/v1/honours", {
          params: {
            query: { ...which, place: place || home, text, limit: 100, ...(after && { after }) },
          },
        }),
      ),
    [home, place, shown, text],
  );
  return (
    <div class="stack gap-l">
      <div class="row ends">
        <h1>{t("honours")}</h1>
        {mayNominate && (
          <Button look="primary" icon="plus" onPress={() => setAsking(true)}>
            {t("nominate")}
          </Button>
        )}
      </div>
      <div class="row find">
        <Within label={t("place")} home={home} />
        <Search label={t("search")} />
        <Select
          label={t("show")}
          value={shown}
          options={[
            { value: "", text: t("all") },
            ...STATES.map((value) => ({ value, text: t(value) })),
            { value: "due", text: t("due") },
          ]}
          onText={setShown}
        />
      </div>
      <Loaded of={honours}>
        {(items) => (
          <div class="stack gap-l">
            <Table
              caption={t("nominations")}
              columns={COLUMNS()}
              rows={items}
              rowKey={(one) => one.nomination}
              part={honours.more !== null}
              empty={<p>{t("none")}</p>}
            />
            <More of={honours.more} />
            <Uncovered />
          </div>
        )}
      </Loaded>
      {asking && (
        <Nominating
          home={home}
          onClose={(done) => {
            setAsking(false);
            if (done) honours.reload();
          }}
        />
      )}
    </div>
  );
}

export function StateBadge({ state }: { state: State }) {
  return <Badge tone={TONES[state]}>{t(state)}</Badge>;
}

export function Nominee({ of }: { of: Honour }) {
  const name = of.nominee_name ? `${of.nominee_name} ${of.nominee}` : of.nominee;
  if (of.nominee_kind === "volunteer") return <a href={to("volunteer", of.nominee)}>{name}</a>;
  if (of.nominee_kind === "project") return <a href={to("projects", of.nominee)}>{name}</a>;
  return <>{name}</>;
}

function COLUMNS(): Column<Honour>[] {
  return [
    {
      id: "honour",
      title: t("honour"),
      by: (one) => one.honour,
      cell: (one) => <a href={to("honours", one.nomination)}>{one.honour || one.nomination}</a>,
    },
    { id: "nominee", title: t("nominee"), cell: (one) => <Nominee of={one} /> },
    { id: "period", title: t("period"), by: (one) => one.period, cell: (one) => one.period },
    { id: "place", title: t("place"), cell: (one) => one.place_name || one.place },
    {
      id: "state",
      title: t("state"),
      cell: (one) => (
        <>
          <StateBadge state={one.state} />
          {one.state === "published" && (
            <p class="small soft">{t("publishedUntil", { day: one.published_until })}</p>
          )}
        </>
      ),
    },
  ];
}

const KINDS = [
  ["volunteer", "volunteer"],
  ["team", "team"],
  ["place", "kind_place"],
  ["project", "project"],
  ["activity", "activity"],
] as const;

const FINDS = new Map([
  ["team", findTeams],
  ["place", findPlaces],
  ["project", findProjects],
]);

/** Whom it is for, looked for where there are thousands; volunteers and activities by their ids. */
function nominee(kind: string | undefined, home: string): Item {
  const find = FINDS.get(kind ?? "")?.(home);
  const item = { id: "nominee", slot: `nominee ${kind}` };
  return find
    ? { ...item, label: t("nominee"), kind: "find", find }
    : { ...item, label: t("nomineeId"), max: 128 };
}

function Nominating({ home, onClose }: { home: string; onClose: (done: boolean) => void }) {
  return (
    <Form
      title={t("nominate")}
      yes={t("nominate")}
      items={({ nominee_kind }) => [
        { id: "nomination", label: t("id"), max: 100 },
        { id: "honour", label: t("honour") },
        {
          id: "nominee_kind",
          label: t("kind"),
          kind: "select",
          options: KINDS.map(([value, name]) => ({ value, text: t(name) })),
        },
        nominee(nominee_kind, home),
        { id: "period", label: t("period"), free: true },
        { id: "rests_on", label: t("restsOn"), hint: t("restsOnHint"), free: true, max: 128 },
        {
          id: "place",
          label: t("place"),
          kind: "find",
          find: findPlaces(home),
          none: t("nobody"),
          value: home,
          free: true,
        },
        { id: "reason", label: t("reason"), free: true },
      ]}
      onClose={onClose}
      done={t("done")}
      onSend={(said, once) => {
        const { nomination = "", honour = "", nominee = "", period = "", reason = "" } = said;
        return told(
          api.POST("/v1/honours", {
            params: once,
            body: {
              nomination,
              honour,
              nominee,
              nominee_kind: said.nominee_kind as (typeof KINDS)[number][0],
              period,
              rests_on: said.rests_on ?? null,
              place: said.place ?? null,
              reason,
            },
          }),
        );
      }}
    />
  );
}

type Use = Schemas["UseShown"] & { volunteer: string };

/** Those of the whole ledger; not shown to those who may not read it. */
function Uncovered() {
  const found = useAsked(
    () => told(api.GET("/v1/benefits/uncovered", { params: { query: { limit: 200 } } })),
    [],
  );
  if (found.error !== undefined) return null;
  const columns: Column<Use>[] = [
    {
      id: "volunteer",
      title: t("volunteer"),
      cell: (one) => <a href={to("volunteer", one.volunteer)}>{one.volunteer}</a>,
    },
    { id: "benefit", title: t("benefit"), cell: (one) => one.benefit },
    { id: "provider", title: t("provider"), cell: (one) => one.provider_name || one.provider },
    { id: "when", title: t("when"), line: true, cell: (one) => moment(one.at) },
    {
      id: "why",
      title: t("cover"),
      cell: (one) => (
        <>
          <Badge tone="bad">{t("uncovered", { count: one.without_cover })}</Badge>
          <p class="small soft">{one.why}</p>
        </>
      ),
    },
  ];
  return (
    <Loaded of={found}>
      {({ items }) => (
        <Table
          caption={t("uncoveredUses")}
          columns={columns}
          rows={items.flatMap(({ volunteer, uses }) => uses.map((one) => ({ ...one, volunteer })))}
          rowKey={(one) => one.use}
          empty={<p>{t("uncoveredNone")}</p>}
        />
      )}
    </Loaded>
  );
}

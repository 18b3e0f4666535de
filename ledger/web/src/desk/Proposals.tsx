// Which policies wait for a second person, and does that person agree?
import { useState } from "preact/hooks";
import { api, told, why } from "../api";
import type { components } from "../api.types";
import { moment } from "../i18n/format";
import {
  ask,
  Badge,
  Button,
  Card,
  type Column,
  Loaded,
  Notice,
  Table,
  toast,
  useAsked,
} from "../ui";
import { Difference } from "./Difference";
import { to } from "./route";
import { type Result, Simulation } from "./Simulation";
import { t } from "./words";

type Schemas = components["schemas"];
type Shown = Schemas["ProposalShown"];
type Whole = Schemas["ProposalWhole"];
type Listed = Schemas["PolicyListed"];

const TONES = { open: "wait", approved: "good", withdrawn: "bad" } as const;

export function Proposals({ all, now }: { all: readonly Shown[]; now: string }) {
  const columns: Column<Shown>[] = [
    {
      id: "id",
      title: t("proposal"),
      cell: (one) => (
        <a href={to("policies", one.id)} aria-current={one.id === now ? "true" : undefined}>
          {one.policy} · {one.id}
        </a>
      ),
    },
    { id: "from", title: t("from"), line: true, cell: (one) => one.effective_from },
    { id: "by", title: t("proposedBy"), cell: (one) => <Somebody of={one.proposed_by} /> },
    { id: "at", title: t("when"), line: true, cell: (one) => moment(one.proposed_at) },
    { id: "state", title: t("state"), cell: (one) => <State of={one} /> },
    { id: "decided", title: t("decidedBy"), cell: (one) => <Somebody of={one.decided_by} /> },
  ];
  return (
    <Table
      caption={t("proposals")}
      columns={columns}
      rows={[...all].reverse()}
      rowKey={({ id }) => id}
      empty={<p>{t("noProposals")}</p>}
    />
  );
}

/** The name; whom exactly the provider meant is in the title. */
function Somebody({ of }: { of: string }) {
  return <span title={of}>{of.replace(/ <[^<>]*>$/, "")}</span>;
}

function State({ of }: { of: Shown }) {
  return <Badge tone={TONES[of.state]}>{t(`${of.state}_proposal`)}</Badge>;
}

interface Props {
  id: string;
  all: readonly Listed[];
  mayTry: boolean;
  mayAdopt: boolean;
  onDone: () => void;
}

export function Proposal({ id, onDone, ...rest }: Props) {
  const found = useAsked(
    () =>
      told(api.GET("/v1/policies/proposals/{proposal}", { params: { path: { proposal: id } } })),
    [id],
  );
  return (
    <Loaded of={found}>
      {(one) => (
        <Told
          one={one}
          {...rest}
          onDone={() => {
            found.reload();
            onDone();
          }}
        />
      )}
    </Loaded>
  );
}

function Told({ one, all, mayTry, mayAdopt, onDone }: Omit<Props, "id"> & { one: Whole }) {
  const [result, setResult] = useState(one.simulation as Result | null);
  const before = replaced(one, all);
  return (
    <Card
      title={t("proposalOf", { policy: one.policy, from: one.effective_from })}
      more={<a href={to("policies")}>{t("toDraft")}</a>}
    >
      <dl class="facts">
        <dt>{t("state")}</dt>
        <dd>
          <State of={one} />
        </dd>
        <dt>{t("from")}</dt>
        <dd>{one.effective_from}</dd>
        <dt>{t("proposedBy")}</dt>
        <dd>
          <Somebody of={one.proposed_by} /> · {moment(one.proposed_at)}
        </dd>
        {one.note !== "" && (
          <>
            <dt>{t("ground")}</dt>
            <dd>{one.note}</dd>
          </>
        )}
        {one.decided_at !== null && (
          <>
            <dt>{t("decidedBy")}</dt>
            <dd>
              <Somebody of={one.decided_by} /> · {moment(one.decided_at)}
            </dd>
          </>
        )}
        <dt>{t("version")}</dt>
        <dd>
          <code>{one.digest}</code>
        </dd>
      </dl>
      {one.state === "open" && mayAdopt && <Decision one={one} onDone={onDone} />}
      {before !== undefined && (
        <>
          <h3>{t("comparedWith", { title: before.title, from: before.effective_from })}</h3>
          <Difference old={before.version} text={one.text} />
        </>
      )}
      {(mayTry || result !== null) && (
        <>
          <h3>{t("simulate")}</h3>
          <Simulation text={one.text} result={result} mayTry={mayTry} onResult={setResult} />
        </>
      )}
    </Card>
  );
}

/** What is in force on the day from which it is to be, without it. */
function replaced(one: Whole, all: readonly Listed[]): Listed | undefined {
  const others = all.filter(({ version }) => version !== one.digest);
  const before = others.filter(({ effective_from }) => effective_from <= one.effective_from);
  return before.at(-1) ?? others[0];
}

function Decision({ one, onDone }: { one: Whole; onDone: () => void }) {
  const decide = async (way: "approve" | "withdraw") => {
    const sure = await ask({
      title: t(way),
      text: t(`${way}Text`, { from: one.effective_from }),
      yes: t(way),
      danger: way === "withdraw",
    });
    if (!sure) return;
    const asked = { params: { path: { proposal: one.id } } };
    try {
      if (way === "approve")
        await told(api.POST("/v1/policies/proposals/{proposal}/approve", asked));
      else await told(api.POST("/v1/policies/proposals/{proposal}/withdraw", asked));
      toast(t(way === "approve" ? "approved" : "withdrawn"), "good");
    } catch (error) {
      toast(why(error), "bad");
    }
    onDone();
  };
  return (
    <>
      {one.own && <Notice tone="wait">{t("ownProposal")}</Notice>}
      <div class="row">
        {!one.own && (
          <Button look="primary" icon="check" onPress={() => decide("approve")}>
            {t("approve")}
          </Button>
        )}
        <Button look="danger" onPress={() => decide("withdraw")}>
          {t("withdraw")}
        </Button>
      </div>
    </>
  );
}

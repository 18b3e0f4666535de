// What may this volunteer claim, what was used, and what are they honoured with?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { day, moment } from "../../i18n/format";
import { Badge, Button, type Column, Form, Loaded, Table, useAsked } from "../../ui";
import { to } from "../route";
import { StateBadge } from "./Honours";
import { fieldName, t } from "./words";

type Schemas = components["schemas"];
type Claim = Schemas["ClaimShown"];
type Use = Schemas["UseShown"];
type Honour = Schemas["HonourShown"];

const TONES = { open: "good", used: "wait", expired: "bad", withdrawn: "bad" } as const;

export default function OfVolunteer({ id, mayWithdraw }: { id: string; mayWithdraw: boolean }) {
  const path = { params: { path: { volunteer: id } } };
  const found = useAsked(
    () =>
      Promise.all([
        told(api.GET("/v1/volunteers/{volunteer}/benefits", path)),
        told(api.GET("/v1/volunteers/{volunteer}/honours", path)),
      ]),
    [id],
  );
  const [changing, setChanging] = useState<Claim | null>(null);
  const back = changing?.state === "withdrawn";
  return (
    <>
      <Loaded of={found}>
        {([{ claims, uses }, honours]) => (
          <>
            <Table
              caption={t("benefits")}
              columns={CLAIMS(mayWithdraw ? setChanging : undefined)}
              rows={claims}
              rowKey={(one) => `${one.benefit} ${one.granted_at} ${one.until}`}
              empty={<p>{t("noBenefits")}</p>}
            />
            {claims.length + uses.length > 0 && (
              <Table
                caption={t("uses")}
                columns={USES(claims)}
                rows={[...uses].reverse()}
                rowKey={(one) => one.use}
                empty={<p>{t("noUses")}</p>}
              />
            )}
            <Table
              caption={t("nominations")}
              columns={HONOURS()}
              rows={honours.items}
              rowKey={(one) => one.nomination}
              empty={<p>{t("none")}</p>}
            />
          </>
        )}
      </Loaded>
      {changing && (
        <Form
          key={changing.benefit}
          title={`${t(back ? "giveBack" : "withdraw")} · ${changing.name}`}
          yes={t(back ? "giveBack" : "withdraw")}
          note={t(back ? "giveBackHint" : "withdrawHint")}
          danger={!back}
          items={[{ id: "reason", label: t("reason") }]}
          done={t("done")}
          onClose={(done) => {
            setChanging(null);
            if (done) found.reload();
          }}
          onSend={({ reason = "" }, once) =>
            told(
              api.POST("/v1/volunteers/{volunteer}/benefits/{benefit}", {
                params: {
                  path: { volunteer: id, benefit: changing.benefit },
                  ...once,
                },
                body: { withdrawn: !back, reason },
              }),
            )
          }
        />
      )}
    </>
  );
}

function CLAIMS(change: ((one: Claim) => void) | undefined): Column<Claim>[] {
  const found: Column<Claim>[] = [
    { id: "benefit", title: t("benefit"), cell: (one) => one.name },
    { id: "field", title: t("field"), cell: (one) => fieldName(one.field) },
    {
      id: "left",
      title: t("left"),
      number: true,
      cell: ({ left, amount }) => t("leftOf", { left, amount }),
    },
    {
      id: "state",
      title: t("state"),
      cell: (one) => (
        <>
          <Badge tone={TONES[one.state]}>{t(one.state)}</Badge>
          {one.why && <p class="small soft">{one.why}</p>}
        </>
      ),
    },
    {
      id: "where",
      title: t("where"),
      cell: ({ where, choices }) => (
        <>
          {where}
          {choices.length > 0 && (
            <p class="small soft">{t("choices", { choices: choices.join("、") })}</p>
          )}
        </>
      ),
    },
    {
      id: "until",
      title: t("lastDay"),
      line: true,
      by: (one) => one.until,
      cell: ({ until }) => until && day(until),
    },
    {
      id: "clause",
      title: t("clause"),
      cell: ({ clauses }) => <span class="clause small">{clauses.join("；")}</span>,
    },
  ];
  if (change)
    found.push({
      id: "change",
      title: t("next"),
      line: true,
      cell: (one) =>
        (one.state === "open" || one.state === "withdrawn") && (
          <Button
            label={`${t(one.state === "open" ? "withdraw" : "giveBack")} ${one.name}`}
            onPress={() => change(one)}
          >
            {t(one.state === "open" ? "withdraw" : "giveBack")}
          </Button>
        ),
    });
  return found;
}

function USES(claims: readonly Claim[]): Column<Use>[] {
  return [
    {
      id: "benefit",
      title: t("benefit"),
      cell: ({ benefit }) => claims.find((one) => one.benefit === benefit)?.name ?? benefit,
    },
    { id: "when", title: t("when"), line: true, cell: (one) => moment(one.at) },
    {
      id: "provider",
      title: t("provider"),
      cell: (one) => (
        <>
          {one.provider_name || one.provider}
          {one.choice && <p class="small soft">{one.choice}</p>}
        </>
      ),
    },
    { id: "count", title: t("count"), number: true, cell: (one) => one.count },
    { id: "reference", title: t("reference"), cell: (one) => one.reference },
    {
      id: "cover",
      title: t("cover"),
      cell: ({ without_cover, why }) =>
        without_cover === 0 ? (
          <Badge tone="good">{t("covered")}</Badge>
        ) : (
          <>
            <Badge tone="bad">{t("uncovered", { count: without_cover })}</Badge>
            <p class="small soft">{why}</p>
          </>
        ),
    },
  ];
}

function HONOURS(): Column<Honour>[] {
  return [
    {
      id: "honour",
      title: t("honour"),
      cell: (one) => <a href={to("honours", one.nomination)}>{one.honour}</a>,
    },
    { id: "period", title: t("period"), cell: (one) => one.period },
    { id: "state", title: t("state"), cell: (one) => <StateBadge state={one.state} /> },
  ];
}

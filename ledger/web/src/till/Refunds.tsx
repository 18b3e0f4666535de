// What was redeemed today, and what comes back? By the receipt's code, or from the list.
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { api, told } from "../api";
import { clock } from "../i18n/format";
import { Badge, Button, Card, Choice, Loaded, Notice, Table, useAsked } from "../ui";
import { amount } from "./amount";
import { Lines, SHORT } from "./Lines";
import { now, refund } from "./serving";
import type { Basket } from "./store";
import { minus, total } from "./sums";
import { t } from "./words";

/** The number of the receipt that is looked at; "": the list. */
export const receipt = signal("");

export function Refunds({ shop }: { shop: string }) {
  return receipt.value ? <One key={receipt.value} id={receipt.value} /> : <Today shop={shop} />;
}

function Today({ shop }: { shop: string }) {
  const list = useAsked(
    () =>
      told(api.GET("/v1/till/{merchant}/redemptions", { params: { path: { merchant: shop } } })),
    [shop],
  );
  const columns = [
    {
      id: "at",
      title: t("time"),
      cell: (one: Basket) => (
        <Button
          class="till-open"
          label={`${clock(one.at)} ${t("open")} ${one.redemption}`}
          onPress={() => {
            receipt.value = one.redemption;
          }}
        >
          {clock(one.at)}
        </Button>
      ),
    },
    { id: "who", title: t("who"), cell: (one: Basket) => one.name || t("unnamed") },
    {
      id: "what",
      title: t("item"),
      cell: (one: Basket) => one.lines.map((line) => `${line.name} × ${line.count}`).join("，"),
    },
    {
      id: "points",
      title: t("points"),
      number: true,
      cell: (one: Basket) => (
        <span class="till-price">
          {Object.entries(one.points)
            .map(([currency, sum]) => amount(sum, currency))
            .join(" + ")}
        </span>
      ),
    },
    {
      id: "state",
      title: t("state"),
      cell: (one: Basket) => <Badge>{t(SHORT[one.state])}</Badge>,
    },
  ];
  return (
    <div class="stack">
      <h1>{t("refunds")}</h1>
      <p class="soft">{t("listHint")}</p>
      <Loaded of={list}>
        {({ items }) => (
          <Table
            caption={t("listTitle")}
            columns={columns}
            rows={items}
            rowKey={({ redemption }) => redemption}
            empty={<p>{t("listEmpty")}</p>}
          />
        )}
      </Loaded>
    </div>
  );
}

function One({ id }: { id: string }) {
  const found = useAsked(
    () => told(api.GET("/v1/redemptions/{redemption}", { params: { path: { redemption: id } } })),
    [id],
  );
  return (
    <div class="stack">
      <div class="row">
        <Button
          icon="back"
          onPress={() => {
            receipt.value = "";
          }}
        >
          {t("back")}
        </Button>
        <h1>{t("refund")}</h1>
      </div>
      <Loaded of={found}>{(basket) => <Choosing basket={basket} />}</Loaded>
    </div>
  );
}

function Choosing({ basket }: { basket: Basket }) {
  const paid = basket.lines.filter(({ state }) => state === "paid");
  const [chosen, setChosen] = useState<readonly number[]>(paid.map(({ line }) => line));
  const [restock, setRestock] = useState(true);
  const lines = paid.filter(({ line }) => chosen.includes(line));
  const points = total(lines.map((one) => ({ amount: minus(one.points, one.returned), times: 1 })));
  const busy = now.value !== null && now.value !== undefined;
  const go = async () => {
    const wanted = lines.map((one) => ({
      line: one.line,
      points: null,
      restock: restock ? one.count : 0,
    }));
    receipt.value = "";
    location.hash = "sell";
    await refund(basket, wanted);
  };
  return (
    <Card title={`${basket.name || t("unnamed")} · ${basket.redemption}`}>
      <Lines basket={basket} />
      {busy && <Notice tone="wait">{t("busyFirst")}</Notice>}
      {paid.length > 0 && !busy && (
        <fieldset class="till-choose stack">
          <legend>{t("refundTitle")}</legend>
          {paid.map((one) => (
            <Choice
              key={one.line}
              label={`${one.name} × ${one.count}，${amount(minus(one.points, one.returned), one.currency)}`}
              checked={chosen.includes(one.line)}
              onCheck={(on) =>
                setChosen(on ? [...chosen, one.line] : chosen.filter((had) => had !== one.line))
              }
            />
          ))}
          <Choice label={t("restock")} checked={restock} onCheck={setRestock} />
          <p class="soft">{t("refundText")}</p>
          <div class="row">
            <Button look="danger" disabled={lines.length === 0} onPress={go}>
              {t("refundGo", { points })}
            </Button>
          </div>
        </fieldset>
      )}
    </Card>
  );
}

// What did the shop take in on a day? To print, and to compare with what another computer says.
import { useState } from "preact/hooks";
import { api, told } from "../api";
import type { components } from "../api.types";
import { count, exact, yuan } from "../i18n/format";
import { Button, Empty, Loaded, Notice, Stat, Stats, Table, TextField, useAsked } from "../ui";
import { amount } from "./amount";
import { t } from "./words";

type Close = components["schemas"]["DayShown"];
type Sold = components["schemas"]["ItemSoldShown"];

/** Today by this device's calendar. */
function today(): string {
  const now = new Date();
  const two = (number: number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

export function DayClose({ shop }: { shop: string }) {
  const [day, setDay] = useState(today);
  const found = useAsked(
    () =>
      told(api.GET("/v1/till/{merchant}/day/{day}", { params: { path: { merchant: shop, day } } })),
    [shop, day],
  );
  return (
    <div class="stack">
      <h1>{t("close")}</h1>
      <div class="till-day no-print">
        <TextField
          label={t("day")}
          type="date"
          value={day}
          onText={(text) => text && setDay(text)}
        />
        <Button icon="print" onPress={() => print()}>
          {t("printClose")}
        </Button>
      </div>
      <Loaded of={found}>{(close) => <Shown close={close} />}</Loaded>
    </div>
  );
}

function Shown({ close }: { close: Close }) {
  const columns = [
    { id: "item", title: t("item"), cell: (one: Sold) => one.name },
    {
      id: "redemptions",
      title: t("redemptions"),
      number: true,
      cell: (one: Sold) => count(one.redemptions),
    },
    { id: "pieces", title: t("pieces"), number: true, cell: (one: Sold) => count(one.pieces) },
    {
      id: "refunds",
      title: t("refundCount"),
      number: true,
      cell: (one: Sold) => count(one.refunds),
    },
    {
      id: "points",
      title: t("net"),
      number: true,
      cell: (one: Sold) => amount(one.points, one.currency),
    },
  ];
  const points = close.sums.filter(({ currency }) => currency !== "CNY");
  const money = close.sums.find(({ currency }) => currency === "CNY");
  return (
    <div class="stack">
      <p>
        <b>{close.name || close.merchant}</b> · {close.day}
      </p>
      <Notice tone={close.over ? "good" : "wait"}>
        {t(close.over ? "closeOver" : "closeSoFar")}
      </Notice>
      {close.sums.length === 0 && <Empty>{t("closeEmpty")}</Empty>}
      {points.map((one) => (
        <Stats key={one.currency}>
          <Stat name={t("redemptions")} value={count(one.redemptions)} />
          <Stat name={t("refundCount")} value={count(one.refunds)} />
          <Stat name={t("takenIn")} value={exact(one.redeemed)} />
          <Stat name={t("givenBack")} value={exact(one.refunded)} />
          <Stat name={t("net")} value={exact(one.net)} />
          {money && one === points[0] && <Stat name={t("netYuan")} value={yuan(money.net)} />}
        </Stats>
      ))}
      {close.items.length > 0 && (
        <Table
          caption={t("byItem")}
          columns={columns}
          rows={close.items}
          rowKey={({ item, currency }) => `${item} ${currency}`}
        />
      )}
      <p class="soft">
        {t("check")} <b>{close.check}</b>
      </p>
    </div>
  );
}

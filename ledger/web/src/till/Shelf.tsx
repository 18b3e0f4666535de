// What may this volunteer have today, and what do they want?
import { useState } from "preact/hooks";
import { count, exact } from "../i18n/format";
import { ask, Badge, Button, Card, Notice, Stat, Stats } from "../ui";
import { amount } from "./amount";
import { reasons } from "./reasons";
import { finish, open } from "./serving";
import type { Customer, Offered } from "./store";
import { isBelowZero, minus, total } from "./sums";
import { t } from "./words";

type Wanted = Readonly<Record<string, number>>;

export function Shelf({ customer }: { customer: Customer }) {
  const [wanted, setWanted] = useState<Wanted>({});
  const change = (item: string, by: number) =>
    setWanted((before) => ({ ...before, [item]: Math.max(0, (before[item] ?? 0) + by) }));
  const allowed = customer.items.filter((one) => one.allowed);
  const others = customer.items.filter((one) => !one.allowed);
  return (
    <div class="till-sell">
      <div class="stack till-shelf">
        <Who customer={customer} />
        <Card title={t("onShelf")}>
          {allowed.length === 0 && <p>{t("nothingAllowed")}</p>}
          <ul class="till-items">
            {allowed.map((one) => (
              <Item key={one.item} one={one} had={wanted[one.item] ?? 0} onChange={change} />
            ))}
          </ul>
        </Card>
      </div>
      <Chosen customer={customer} wanted={wanted} onChange={change} />
      {others.length > 0 && (
        <Card title={t("notToday")}>
          <ul class="till-items">
            {others.map((one) => (
              <li key={one.item} class="till-item off">
                <span>
                  <b>{one.name}</b> <Price one={one} />
                </span>
                <span class="till-why">{one.why_not.map(reasons).join("；")}</span>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </div>
  );
}

function Who({ customer }: { customer: Customer }) {
  const { name, star, available, held, discounts, volunteer } = customer;
  return (
    <Card>
      <div class="row ends">
        <h1 class="till-name">{name || t("unnamed")}</h1>
        <Badge tone="good">{star ? t("star", { level: star }) : t("noStar")}</Badge>
      </div>
      <p class="soft small">{volunteer}</p>
      <Stats>
        <Stat
          name={t("available")}
          value={exact(available)}
          note={/[1-9]/.test(held) ? t("heldNow", { points: exact(held) }) : undefined}
        />
      </Stats>
      {discounts.length > 0 && (
        <p>
          <b>{t("discounts")}</b>{" "}
          {discounts
            .map((one) =>
              t("discountOf", {
                name: one.name,
                price: one.price,
                own: one.price_after_discount,
              }),
            )
            .join("；")}
        </p>
      )}
    </Card>
  );
}

function Price({ one }: { one: Offered }) {
  const own = amount(one.price_after_discount, one.currency);
  return (
    <span class="till-price">
      {one.price !== one.price_after_discount && <s>{exact(one.price)}</s>} {own}
    </span>
  );
}

function Item({
  one,
  had,
  onChange,
}: {
  one: Offered;
  had: number;
  onChange: (item: string, by: number) => void;
}) {
  const most = one.stock ?? Number.POSITIVE_INFINITY;
  return (
    <li class="till-item">
      <span>
        <b>{one.name}</b> <Price one={one} />
        <span class="row gap-s">
          {one.kind === "voucher" && <Badge>{t("voucher")}</Badge>}
          {one.kind === "service" && <Badge>{t("service")}</Badge>}
          {one.stock !== null && <Badge>{t("stock", { count: count(one.stock) })}</Badge>}
          {one.limit && <Badge>{limited(one.limit)}</Badge>}
        </span>
      </span>
      <Button
        icon="plus"
        label={t("add", { name: one.name })}
        disabled={had >= most}
        onPress={() => onChange(one.item, 1)}
      />
    </li>
  );
}

const limited = (limit: string): string => {
  const [many, per] = limit.split("/");
  return reasons(`limit-of-${many}-per-${per}`);
};

function Chosen({
  customer,
  wanted,
  onChange,
}: {
  customer: Customer;
  wanted: Wanted;
  onChange: (item: string, by: number) => void;
}) {
  const lines = customer.items.flatMap((one) => {
    const times = wanted[one.item] ?? 0;
    return times > 0 ? [{ one, times }] : [];
  });
  const currencies = [...new Set(lines.map(({ one }) => one.currency))];
  const sums = currencies.map((currency) => ({
    currency,
    sum: total(
      lines
        .filter(({ one }) => one.currency === currency)
        .map(({ one, times }) => ({ amount: one.price_after_discount, times })),
    ),
  }));
  const missing = sums.flatMap(({ currency, sum }) => {
    const rest = minus(customer.currencies[currency] ?? "0", sum);
    return isBelowZero(rest) ? [{ currency, rest: rest.slice(1) }] : [];
  });
  const atOnce = lines.some(({ one }) => one.kind === "voucher");
  const go = async () => {
    const title = t("atOnceTitle");
    const sure = !atOnce || (await ask({ title, text: t("atOnceText"), yes: t("atOnce") }));
    if (!sure) return;
    await open(
      lines.map(({ one, times }) => ({ item: one.item, count: times })),
      atOnce,
    );
  };
  return (
    <section class="card till-basket" aria-label={t("basket")}>
      <h2>{t("basket")}</h2>
      {lines.length === 0 && <p class="soft">{t("basketEmpty")}</p>}
      <ul class="till-items">
        {lines.map(({ one, times }) => (
          <li key={one.item} class="till-item">
            <span>
              <b>{one.name}</b> × {times}
              <span class="till-price">
                {amount(total([{ amount: one.price_after_discount, times }]), one.currency)}
              </span>
            </span>
            <Button
              icon="minus"
              label={t("less", { name: one.name })}
              onPress={() => onChange(one.item, -1)}
            />
          </li>
        ))}
      </ul>
      <p class="row ends till-total" role="status">
        <span>{t("total")}</span>
        <b>{sums.map(({ sum, currency }) => amount(sum, currency)).join(" + ") || "0"}</b>
      </p>
      {missing.map(({ currency, rest }) => (
        <Notice key={currency} tone="bad">
          {t("short", { points: exact(rest) })}
        </Notice>
      ))}
      <Button
        look="primary"
        wide
        icon="basket"
        disabled={lines.length === 0 || missing.length > 0}
        onPress={go}
      >
        {t(atOnce ? "atOnce" : "hold")}
      </Button>
      <Button wide look="plain" onPress={finish}>
        {t("giveUp")}
      </Button>
    </section>
  );
}

// Why was something refused? The ledger's codes in words; a policy's own words stay as they are.
import { words } from "../i18n";

const t = words({
  "insufficient-points": { zh: "积分不足", en: "Not enough points" },
  "out-of-stock": { zh: "库存不足", en: "Out of stock" },
  "fund-exhausted": { zh: "基金余额不足", en: "The fund is used up" },
  "budget-exhausted": { zh: "本期预算已用完", en: "The budget is used up" },
  "the-fund-of-this-shop-is-not-registered": {
    zh: "兑换点的基金没有登记",
    en: "The shop's fund is not registered",
  },
  "not-in-the-catalogue": { zh: "不在兑换目录里", en: "Not in the catalogue" },
  "not-sold-here": { zh: "本店不兑换这一项", en: "Not sold here" },
  "not-on-sale-on-this-day": { zh: "今天不在兑换期内", en: "Not on sale today" },
  "no-price-applies": { zh: "今天没有适用的价格", en: "No price applies today" },
  "a-voucher-is-bought-at-once": { zh: "券不能冻结", en: "A voucher can't be held" },
  "hold-expired": { zh: "冻结已过期", en: "The hold has lapsed" },
  "nothing-was-paid": { zh: "没有可退的积分", en: "Nothing to give back" },
  "more-than-was-paid": { zh: "超过了已付的积分", en: "More than was paid" },
  "voucher-used": { zh: "券已经用掉", en: "The voucher was used" },
  "voucher-lapsed": { zh: "券已经过期", en: "The voucher has lapsed" },
  "voucher-refunded": { zh: "券已经退掉", en: "The voucher was refunded" },
  "already-confirmed": { zh: "已经确认过", en: "Confirmed already" },
  "already-cancelled": { zh: "已经取消", en: "Cancelled already" },
  day: { zh: "每天限 {count} 件", en: "At most {count} a day" },
  month: { zh: "每月限 {count} 件", en: "At most {count} a month" },
  year: { zh: "每年限 {count} 件", en: "At most {count} a year" },
  total: { zh: "每人限 {count} 件", en: "At most {count} a person" },
  needs: { zh: "要 {level} 星级以上", en: "Needs star {level}" },
  needsOther: { zh: "要达到 {ladder} {level}", en: "Needs {ladder} {level}" },
});

type Known = Parameters<typeof t>[0];

const KNOWN = new Set<string>([
  "insufficient-points",
  "out-of-stock",
  "fund-exhausted",
  "budget-exhausted",
  "the-fund-of-this-shop-is-not-registered",
  "not-in-the-catalogue",
  "not-sold-here",
  "not-on-sale-on-this-day",
  "no-price-applies",
  "a-voucher-is-bought-at-once",
  "hold-expired",
  "nothing-was-paid",
  "more-than-was-paid",
  "voucher-used",
  "voucher-lapsed",
  "voucher-refunded",
  "already-confirmed",
  "already-cancelled",
]);

export function reasons(text: string): string {
  return text.split("; ").map(reason).join("；");
}

function reason(code: string): string {
  if (KNOWN.has(code)) return t(code as Known);
  const [, count = "", per = ""] = /^limit-of-(\d+)-per-(day|month|year|total)$/.exec(code) ?? [];
  if (per) return t(per as Known, { count });
  const [, ladder = "", level = ""] = /^needs-(.+)-([^-]+)$/.exec(code) ?? [];
  if (ladder === "star") return t("needs", { level });
  if (ladder) return t("needsOther", { ladder, level });
  return code;
}

// What is in a basket, and what became of each line?
import { count } from "../i18n/format";
import { Badge, type Tone } from "../ui";
import { amount } from "./amount";
import { reasons } from "./reasons";
import type { Basket, Line } from "./store";
import { t } from "./words";

const TONES: Record<Line["state"], Tone> = {
  held: "wait",
  paid: "good",
  refused: "bad",
  cancelled: "wait",
  lapsed: "wait",
  refunded: "wait",
};

/** What a line or a basket is called in its state. */
export const SHORT: Record<Line["state"], Parameters<typeof t>[0]> = {
  held: "held",
  paid: "paid",
  refused: "lineRefused",
  cancelled: "lineCancelled",
  lapsed: "lineLapsed",
  refunded: "refunded",
};

export function Lines({ basket }: { basket: Basket }) {
  const sums = Object.entries(basket.points);
  return (
    <div>
      <ul class="till-lines">
        {basket.lines.map((line) => (
          <li key={line.line}>
            <span>
              <b>{line.name}</b> × {count(line.count)}
            </span>
            <span class="till-price">
              {line.state !== "refused" && amount(line.points, line.currency)}
            </span>
            <span class="till-note row gap-s">
              {line.state !== basket.state && (
                <Badge tone={TONES[line.state]}>{t(SHORT[line.state])}</Badge>
              )}
              {line.voucher && <b>{t("voucherCode", { code: line.voucher })}</b>}
              {/[1-9]/.test(line.returned) && (
                <span>{t("returned", { points: amount(line.returned, line.currency) })}</span>
              )}
              {line.reason && <span class="till-why">{reasons(line.reason)}</span>}
            </span>
          </li>
        ))}
      </ul>
      <p class="row ends till-total">
        <span>{t("total")}</span>
        <b>{sums.map(([currency, sum]) => amount(sum, currency)).join(" + ") || "0"}</b>
      </p>
    </div>
  );
}

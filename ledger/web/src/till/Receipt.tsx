// What does the volunteer take home? A receipt, to print or to show, by which goods can be returned.
import { moment } from "../i18n/format";
import { Button, Notice } from "../ui";
import { Qr } from "../ui/Qr";
import { amount } from "./amount";
import { Lines } from "./Lines";
import type { Basket } from "./store";
import { t } from "./words";

export function Receipt({ basket, onNext }: { basket: Basket; onNext: () => unknown }) {
  const sold = basket.state === "paid" || basket.state === "refunded";
  const [currency = "points"] = Object.keys(basket.points);
  return (
    <div class="till-done">
      <div class="stack no-print">
        <Notice tone={basket.state === "paid" ? "good" : "wait"} alert>
          <p>{t(basket.state)}</p>
          {(basket.state === "refused" || basket.state === "cancelled") && <p>{t("newCode")}</p>}
        </Notice>
        <div class="row">
          {sold && (
            <Button icon="print" onPress={() => print()}>
              {t("print")}
            </Button>
          )}
          <Button look="primary" icon="next" onPress={onNext}>
            {t("next")}
          </Button>
        </div>
      </div>
      <article class="till-receipt" aria-label={t("receipt")}>
        <header>
          <h1>{basket.merchant_name || basket.merchant}</h1>
          <p>{t("receipt")}</p>
        </header>
        <dl>
          <dt>{t("time")}</dt>
          <dd>{moment(basket.changed_at)}</dd>
          <dt>{t("who")}</dt>
          <dd>{basket.name || t("unnamed")}</dd>
          <dt>{t("receiptNumber")}</dt>
          <dd>{basket.redemption}</dd>
        </dl>
        <Lines basket={basket} />
        {sold && (
          <>
            <p class="row ends">
              <span>{t("leftOver")}</span>
              <span>{amount(basket.available, currency)}</span>
            </p>
            <Qr text={basket.redemption} label={t("receiptCode", { key: basket.redemption })} />
            <p class="small soft">{t("receiptKeep")}</p>
          </>
        )}
      </article>
    </div>
  );
}

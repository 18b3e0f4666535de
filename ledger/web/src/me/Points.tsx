// What points have I, until when, and where do they come from?
import { api, told } from "../api";
import { day, exact, moment } from "../i18n/format";
import { Badge, Card, Loaded, Notice, Stat, Stats, useAsked } from "../ui";
import { Listed } from "./Listed";
import { of, type Posting } from "./mine";
import { Part } from "./Part";
import { useParts } from "./useParts";
import { Clauses } from "./Why";
import { t } from "./words";

export function Points({ volunteer }: { volunteer: string }) {
  const standing = useAsked(
    () => told(api.GET("/v1/volunteers/{volunteer}", of(volunteer))),
    [volunteer],
  );
  const listed = useParts((after) =>
    told(
      api.GET("/v1/volunteers/{volunteer}/points", {
        params: { path: { volunteer }, query: { limit: 20, after } },
      }),
    ),
  );
  return (
    <Part title={t("points")}>
      <Loaded of={standing}>
        {({ points, currency, currencies, currency_names }) => (
          <Loaded of={listed.first}>
            {() => (
              <div class="stack">
                <Card>
                  <Stats>
                    <Stat
                      name={t("available")}
                      value={exact(points.available)}
                      note={
                        Number(points.held) > 0 && t("heldPoints", { points: exact(points.held) })
                      }
                    />
                    {Object.entries(currencies)
                      .filter(([name]) => name !== currency)
                      .map(([name, { available }]) => (
                        <Stat
                          key={name}
                          name={currency_names[name] ?? name}
                          value={exact(available)}
                        />
                      ))}
                  </Stats>
                  {points.debt && (
                    <Notice tone="wait">
                      <p>{t("debt", { points: exact(points.debt) })}</p>
                    </Notice>
                  )}
                </Card>
                <Card title={t("expiringTitle")}>
                  {(points.expiring ?? []).length === 0 ? (
                    <p class="soft">{t("neverExpire")}</p>
                  ) : (
                    <ol class="me-lines">
                      {(points.expiring ?? []).map(({ on, amount }) => (
                        <li key={on} class="row ends">
                          <span>{t("lastDay", { day: day(on) })}</span>
                          <span class="me-amount">{exact(amount)}</span>
                        </li>
                      ))}
                    </ol>
                  )}
                </Card>
                <Listed title={t("postings")} of={listed} none={t("noPoints")}>
                  {(one) => (
                    <Line
                      key={one.entry}
                      posting={one}
                      unit={
                        Object.keys(currencies).length > 1
                          ? currency_names[one.currency]
                          : undefined
                      }
                    />
                  )}
                </Listed>
              </div>
            )}
          </Loaded>
        )}
      </Loaded>
    </Part>
  );
}

type Kind = "earned" | "bought" | "refunded" | "corrected" | "expired" | "other";

function kindOf(posting: Posting): Kind {
  if (posting.reverses !== null) return "corrected";
  if (posting.redemption !== null) return posting.amount.startsWith("-") ? "bought" : "refunded";
  if (posting.counter === "expiry") return "expired";
  return posting.rule.startsWith("points.") ? "earned" : "other";
}

/** `unit`: what the currency is called, where there are several. */
function Line({ posting, unit }: { posting: Posting; unit: string | undefined }) {
  const kind = kindOf(posting);
  const out = posting.amount.startsWith("-");
  const item = posting.item_name || posting.item || "";
  const shop = posting.merchant_name || posting.merchant;
  return (
    <li>
      <div class="row ends">
        <b>{t(kind, { item, id: posting.reverses ?? "", rule: posting.rule })}</b>
        <span class={`me-amount ${out ? "out" : "in"}`}>
          {out ? exact(posting.amount).replace("-", "−") : `+${exact(posting.amount)}`}
          {unit && <span class="soft small"> {unit}</span>}
        </span>
      </div>
      <div class="row ends">
        <span class="soft small">
          {moment(posting.at)} {shop && kind !== "earned" && t("atShop", { merchant: shop })}
        </span>
        {posting.reversed_by !== null && <Badge tone="wait">{t("undone")}</Badge>}
      </div>
      <details class="why">
        <summary>{t("whyHours")}</summary>
        <div class="stack gap-s">
          {kind === "earned" && <p>{t("whyEarned", { at: moment(posting.at) })}</p>}
          {kind === "bought" && <p>{t("whySpent", { at: moment(posting.at) })}</p>}
          {kind === "corrected" && <p>{t("whyCorrected")}</p>}
          <Clauses texts={posting.clauses} />
          <p class="soft small">
            {t("recorded", { at: moment(posting.recorded_at), record: posting.entry })}
          </p>
        </div>
      </details>
    </li>
  );
}

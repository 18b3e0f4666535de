// What may I claim today, where, until when and why; what did I use, and what am I honoured with?
import { day, exact, moment } from "../i18n/format";
import { Badge, Card } from "../ui";
import type { Benefits, Honour } from "./mine";
import { Clauses } from "./Why";
import { levelName, t } from "./words";

type Claim = Benefits["claims"][number];
type Use = Benefits["uses"][number];

/** Of what is cheaper for a star, so many at once. */
const SHOWN = 5;

export function Entitled({
  benefits,
  honours,
}: {
  benefits: Benefits;
  honours: readonly Honour[];
}) {
  const { claims, uses, sold } = benefits;
  const open = claims.filter(({ state }) => state === "open");
  const past = claims.filter(({ state }) => state !== "open");
  const conferred = honours.filter(({ state }) => state === "conferred");
  return (
    <>
      <Card title={t("benefits")}>
        {claims.length + sold.length === 0 && <p class="soft">{t("noBenefits")}</p>}
        {open.length > 0 && (
          <p class="soft small">
            {t("claimToday")} <a href="#code">{t("showCode")}</a>
          </p>
        )}
        <ul class="me-lines">
          {open.map((one) => (
            <Open key={`${one.benefit} ${one.granted_at}`} one={one} />
          ))}
          {sold.slice(0, SHOWN).map((one) => (
            <Sold key={one.item} one={one} />
          ))}
        </ul>
        {sold.length > SHOWN && (
          <details class="why">
            <summary>{t("allBenefits", { count: sold.length - SHOWN })}</summary>
            <ul class="me-lines">
              {sold.slice(SHOWN).map((one) => (
                <Sold key={one.item} one={one} />
              ))}
            </ul>
          </details>
        )}
      </Card>
      {past.length + uses.length > 0 && (
        <Card title={t("usedTitle")}>
          <ul class="me-lines">
            {[...uses].reverse().map((one) => (
              <Used key={one.use} one={one} claims={claims} />
            ))}
            {past.map((one) => (
              <Past key={`${one.benefit} ${one.granted_at}`} one={one} />
            ))}
          </ul>
        </Card>
      )}
      {conferred.length > 0 && (
        <Card title={t("honours")}>
          <ul class="me-lines">
            {conferred.map((one) => (
              <li key={one.nomination} class="row ends">
                <b>{[one.period, one.honour].filter(Boolean).join(" ")}</b>
                <span class="soft small">{one.conferred_at && day(one.conferred_at)}</span>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}

function Open({ one }: { one: Claim }) {
  return (
    <li>
      <div class="row ends">
        <b>{one.name}</b>
        <Badge tone="good">{t("left", { left: one.left, amount: one.amount })}</Badge>
      </div>
      {one.where && <p>{t("where", { where: one.where })}</p>}
      {one.choices.length > 0 && <p>{t("choose", { choices: one.choices.join("、") })}</p>}
      <p class="soft small">
        {one.until ? t("until", { day: day(one.until) }) : t("noEnd")} ·{" "}
        {t("granted", { day: day(one.granted_at) })}
      </p>
      <Clauses texts={one.clauses} />
    </li>
  );
}

const PAST = {
  open: "yours",
  used: "usedUp",
  expired: "expiredBenefit",
  withdrawn: "withdrawn",
} as const;

function Past({ one }: { one: Claim }) {
  return (
    <li>
      <div class="row ends">
        <b>{one.name}</b>
        <Badge tone={one.state === "withdrawn" ? "bad" : "wait"}>{t(PAST[one.state])}</Badge>
      </div>
      {one.why && <p>{one.why}</p>}
      {one.until && <p class="soft small">{t("until", { day: day(one.until) })}</p>}
    </li>
  );
}

function Used({ one, claims }: { one: Use; claims: readonly Claim[] }) {
  const name = claims.find(({ benefit }) => benefit === one.benefit)?.name ?? one.benefit;
  return (
    <li>
      <div class="row ends">
        <b>{t("givenAmount", { name, amount: one.count })}</b>
        <span class="soft small">{moment(one.at)}</span>
      </div>
      <p class="soft small">
        {[one.provider_name || one.provider, one.choice].filter(Boolean).join(" · ")}
      </p>
      {one.without_cover > 0 && <p class="small">{one.why}</p>}
    </li>
  );
}

function Sold({ one }: { one: Benefits["sold"][number] }) {
  return (
    <li>
      <div class="row ends">
        <b>{one.name}</b>
        {one.yours === "" ? (
          <Badge tone="wait">{t("locked")}</Badge>
        ) : (
          <Badge tone={one.yours === one.usual ? undefined : "good"}>
            {t("costs", { points: exact(one.yours) })}
          </Badge>
        )}
      </div>
      <p class="soft small">
        {[
          one.usual && one.usual !== one.yours ? t("usually", { points: exact(one.usual) }) : "",
          ...one.better.map(({ level, points }) =>
            t("from", { level: levelName(level), points: exact(points) }),
          ),
          one.merchants.join("、"),
        ]
          .filter(Boolean)
          .join(" · ")}
      </p>
    </li>
  );
}

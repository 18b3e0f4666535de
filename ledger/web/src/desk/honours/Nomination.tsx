// How far is one nomination, who decided what, and whose turn is it?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import { moment } from "../../i18n/format";
import { Badge, Button, Card, type Filled, Form, type Item, Loaded, useAsked } from "../../ui";
import { list } from "../route";
import { type Honour, Nominee, StateBadge } from "./Honours";
import { t } from "./words";

type Step = Honour["next"][number];

export function Nomination({ id, mayDecide }: { id: string; mayDecide: boolean }) {
  const found = useAsked(
    () => told(api.GET("/v1/honours/{nomination}", { params: { path: { nomination: id } } })),
    [id],
  );
  const [step, setStep] = useState<Step | null>(null);
  return (
    <Loaded of={found}>
      {(one) => (
        <div class="stack gap-l">
          <a href={list("honours")}>{t("back")}</a>
          <div class="row">
            <h1>{one.honour || one.nomination}</h1>
            <StateBadge state={one.state} />
          </div>
          <Card>
            <Facts one={one} />
            {mayDecide && one.next.length > 0 && (
              <div class="row gap-s">
                {one.next.map((name, at) => (
                  <Button
                    key={name}
                    {...(name === "revoked"
                      ? { look: "danger" as const }
                      : at === 0
                        ? { look: "primary" as const }
                        : {})}
                    onPress={() => setStep(name)}
                  >
                    {t(`step_${name}`)}
                  </Button>
                ))}
              </div>
            )}
          </Card>
          <Card title={t("steps")}>
            <ol class="timeline">
              {one.steps.map((taken) => (
                <li key={`${taken.at} ${taken.step}`} class={taken.without_effect ? "idle" : ""}>
                  <div class="row ends">
                    <b>{t(`step_${taken.step as Step | "nominated"}`)}</b>
                    <span class="soft small">
                      {[moment(taken.at), taken.by.replace(/ <[^<>]*>$/, "")]
                        .filter(Boolean)
                        .join(" · ")}
                    </span>
                  </div>
                  <p class="small">{toldOf(taken.said)}</p>
                  {taken.without_effect && (
                    <p class="small">
                      <Badge tone="bad">{t("withoutEffect")}</Badge> {taken.without_effect}
                    </p>
                  )}
                </li>
              ))}
            </ol>
          </Card>
          {step && (
            <Form
              key={step}
              title={`${t(`step_${step}`)} · ${one.honour}`}
              yes={t(`step_${step}`)}
              danger={step === "revoked"}
              items={itemsOf(step)}
              done={t("done")}
              onClose={(done) => {
                setStep(null);
                if (done) found.reload();
              }}
              onSend={(filled, once) =>
                told(
                  api.POST("/v1/honours/{nomination}", {
                    params: { path: { nomination: id }, ...once },
                    body: bodyOf(step, filled),
                  }),
                )
              }
            />
          )}
        </div>
      )}
    </Loaded>
  );
}

function Facts({ one }: { one: Honour }) {
  const until = one.state === "published" ? one.published_until : "";
  const rows: (readonly [string, string])[] = [
    [t("id"), one.nomination],
    [t("period"), one.period],
    [t("place"), one.place_name || one.place],
    [t("restsOn"), one.rests_on],
    [t("published"), until && t("publishedUntil", { day: until })],
  ];
  return (
    <dl class="facts">
      <dt>{t("nominee")}</dt>
      <dd>
        <Nominee of={one} />
      </dd>
      {rows
        .filter(([, said]) => said !== "")
        .map(([name, said]) => [<dt key={name}>{name}</dt>, <dd key={`${name} said`}>{said}</dd>])}
    </dl>
  );
}

/** What was said of a step, on one line. */
function toldOf(said: Readonly<Record<string, unknown>>): string {
  const { decision, since, until, where, document, reason } = said;
  const decided = decision === "approved" || decision === "refused" ? t(decision) : "";
  const days = since && until ? `${since} – ${until}` : "";
  return [decided, days, where, document, reason].filter(Boolean).join(" · ");
}

function itemsOf(step: Step): Item[] {
  const reason = { id: "reason", label: t("reason") };
  const document = { id: "document", label: t("document"), free: true };
  switch (step) {
    case "decided":
      return [
        {
          id: "decision",
          label: t("decision"),
          kind: "select",
          options: [
            { value: "approved", text: t("approved") },
            { value: "refused", text: t("refused") },
          ],
        },
        { ...reason, free: true },
        document,
      ];
    case "published":
      return [
        { id: "since", label: t("since"), kind: "date" },
        { id: "until", label: t("until"), kind: "date" },
        { id: "where", label: t("where"), free: true },
      ];
    case "conferred":
      return [document];
    case "revoked":
      return [reason];
  }
}

function bodyOf(step: Step, filled: Filled) {
  const { reason = "", document = "", since = "", until = "", where = "" } = filled;
  switch (step) {
    case "decided":
      return { step, decision: filled.decision as "approved" | "refused", reason, document };
    case "published":
      return { step, since, until, where };
    case "conferred":
      return { step, document };
    case "revoked":
      return { step, reason };
  }
}

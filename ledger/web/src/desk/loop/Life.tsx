// What happened to an order, step by step? What had no effect is shown with its reason.
import type { components } from "../../api.types";
import { exact, moment } from "../../i18n/format";
import { Badge } from "../../ui";
import type { Whole } from "./Order";
import { t } from "./words";

type Step = components["schemas"]["OrderStep"];

const STEPS = [
  "placed",
  "dispatched",
  "accepted",
  "declined",
  "reassigned",
  "cancelled",
  "done",
  "rated",
  "called-back",
  "rewarded",
  "escalated",
] as const;

export function Life({ of }: { of: Whole }) {
  return (
    <ol class="life">
      {of.steps.map((one) => (
        <li key={one.id} class={one.without_effect ? "idle" : ""}>
          <div class="row gap-s">
            <b>{stepName(one.step)}</b>
            <span class="soft small">{moment(one.at)}</span>
            {one.without_effect && <Badge tone="wait">{t("noEffect")}</Badge>}
          </div>
          {one.without_effect && <p>{one.without_effect}</p>}
          <Said step={one} names={of.names} />
        </li>
      ))}
    </ol>
  );
}

function stepName(name: string): string {
  const known = STEPS.find((one) => one === name);
  return known === undefined ? name : t(`step_${known}`);
}

interface Reward {
  volunteer: string;
  points?: string;
  honour?: string;
}

const TEXTS = ["note", "reason", "comment", "basis", "attended", "by"] as const;

function Said({ step: { said }, names }: { step: Step; names: Readonly<Record<string, string>> }) {
  const named = (id: unknown) => names[String(id)] || String(id);
  const lines: string[] = [];
  const party = [said.team, said.volunteer].filter(Boolean).map(named).join("、");
  if (party) lines.push(`${t("with")}：${party}`);
  if (Array.isArray(said.volunteers) && said.volunteers.length > 0)
    lines.push(`${t("volunteers")}：${said.volunteers.map(named).join("、")}`);
  if (typeof said.starts_at === "string") lines.push(`${t("planned")}：${moment(said.starts_at)}`);
  if (typeof said.stars === "number") lines.push(t("stars", { stars: said.stars }));
  if (said.complaint === true) lines.push(t("complaint"));
  if (said.told_by === "call-back") lines.push(t("byCallBack"));
  if (typeof said.reached === "boolean") lines.push(t(said.reached ? "reached" : "notReached"));
  if (Array.isArray(said.rewards))
    for (const one of said.rewards as Reward[])
      lines.push(
        [
          `${named(one.volunteer)}：`,
          one.points && t("points_of", { points: exact(one.points) }),
          one.honour,
        ]
          .filter(Boolean)
          .join(" "),
      );
  if (typeof said.to === "string") lines.push(`${t("said_to")}：${named(said.to)}`);
  if (typeof said.missed === "string") lines.push(`${t("said_missed")}：${moment(said.missed)}`);
  for (const name of TEXTS)
    if (said[name]) {
      const text = String(said[name]).replace(/ <[^<>]*>$/, "");
      lines.push(`${t(`said_${name}`)}：${text}`);
    }
  if (typeof said.due === "string") lines.push(t("due", { at: moment(said.due) }));
  return (
    <ul class="small soft">
      {lines.map((one) => (
        <li key={one}>{one}</li>
      ))}
    </ul>
  );
}

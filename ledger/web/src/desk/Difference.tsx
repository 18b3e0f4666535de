// What does a text change: which parameters and rules, and which lines?
import { api, told } from "../api";
import type { components } from "../api.types";
import { Badge, Loaded, Notice, useAsked } from "../ui";
import { t } from "./words";

type Schemas = components["schemas"];
type Change = Schemas["Changed"];

const TONES = { added: "good", removed: "bad", changed: "wait" } as const;

/** `old`: a version; `text`: the whole text that is compared with it. */
export function Difference({ old, text }: { old: string; text: string }) {
  const difference = useAsked(
    () => told(api.POST("/v1/policies/diff", { body: { old, new: text } })),
    [old, text],
  );
  return (
    <Loaded of={difference}>
      {({ lines, changes }) =>
        lines.length === 0 ? (
          <Notice tone="good">{t("same")}</Notice>
        ) : (
          <div class="beside">
            <Changes of={changes} />
            <Lines of={lines} />
          </div>
        )
      }
    </Loaded>
  );
}

function Changes({ of }: { of: readonly Change[] | null }) {
  return (
    <section aria-label={t("byRule")}>
      <h3>{t("byRule")}</h3>
      {of === null ? (
        <Notice tone="wait">{t("noPolicyYet")}</Notice>
      ) : of.length === 0 ? (
        <Notice>{t("onlyWords")}</Notice>
      ) : (
        <ul>
          {of.map((one) => (
            <li key={`${one.kind}${one.path}`} class="change">
              <Badge tone={TONES[one.kind]}>{t(one.kind)}</Badge> <code>{one.path}</code>
              <div>
                {one.kind !== "added" && <code class="was">{written(one.old)}</code>}
                {one.kind === "changed" && " → "}
                {one.kind !== "removed" && <code class="is">{written(one.new)}</code>}
              </div>
              {one.clauses.length > 0 && (
                <div class="soft small">{t("byClauses", { clauses: one.clauses.join(", ") })}</div>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 1).replace(/\s+/g, " ");
}

function Lines({ of }: { of: readonly Schemas["Line"][] }) {
  return (
    <div>
      <h3>{t("byLine")}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <section class="diff" aria-label={t("byLine")} tabIndex={0}>
        <ol>
          {of.map(({ kind, old, new: fresh, text: line }) => (
            <li key={`${kind}${old}-${fresh}`} class={kind}>
              <span class="mark">{{ same: " ", in: "+", out: "−", gap: "⋯" }[kind]}</span>
              {(kind === "in" || kind === "out") && (
                <span class="sr-only">{t(kind === "in" ? "added" : "removed")}</span>
              )}
              <code>{line}</code>
            </li>
          ))}
        </ol>
      </section>
    </div>
  );
}

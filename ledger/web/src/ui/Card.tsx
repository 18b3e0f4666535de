// What belongs together? Cards, figures with their names, badges, notices.
import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon";

export function Card({
  title,
  more,
  children,
}: {
  title?: ComponentChildren;
  more?: ComponentChildren;
  children?: ComponentChildren;
}) {
  return (
    <section class="card">
      {(title || more) && (
        <header>
          {title && <h2>{title}</h2>}
          {more}
        </header>
      )}
      {children}
    </section>
  );
}

export function Stats({ children }: { children: ComponentChildren }) {
  return <dl class="stats">{children}</dl>;
}

/** A figure with its name, within Stats. */
export function Stat({
  name,
  value,
  note,
}: {
  name: ComponentChildren;
  value: ComponentChildren;
  note?: ComponentChildren;
}) {
  return (
    <div class="stat">
      <dt>{name}</dt>
      <dd>
        {value}
        {note && <div class="note">{note}</div>}
      </dd>
    </div>
  );
}

export type Tone = "good" | "wait" | "bad";

const ICONS: Record<Tone | "info", IconName> = {
  good: "check",
  wait: "clock",
  bad: "warn",
  info: "info",
};

export function Badge({ tone, children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone ?? ""}`}>{children}</span>;
}

/** `alert`: screen readers say it at once. */
export function Notice({
  tone,
  alert,
  icon,
  children,
}: {
  tone?: Tone;
  alert?: boolean;
  icon?: IconName;
  children: ComponentChildren;
}) {
  return (
    <div class={`notice ${tone ?? ""}`} role={alert ? "alert" : undefined}>
      <Icon name={icon ?? ICONS[tone ?? "info"]} />
      <div>{children}</div>
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <div class="empty">{children}</div>;
}

/** How much of something is reached: `value` of `max`, both whole numbers. */
export function Meter({ value, max, label }: { value: number; max: number; label: string }) {
  const share = max > 0 ? Math.min(100, (100 * value) / max) : 0;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a <meter> can't be styled in every browser
    <div
      class="meter"
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={Math.min(value, max)}
    >
      <div style={{ width: `${share}%` }} />
    </div>
  );
}

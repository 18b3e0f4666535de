// What has just happened? Short messages at the bottom, which screen readers say and which go by themselves.
import { signal } from "@preact/signals";
import { words } from "../i18n";
import { Icon, type IconName } from "./Icon";

type Kind = "good" | "info" | "bad";

interface Message {
  id: number;
  text: string;
  kind: Kind;
}

const ICONS: Record<Kind, IconName> = { good: "check", info: "info", bad: "warn" };
const SECONDS: Record<Kind, number> = { good: 5, info: 6, bad: 12 };

const messages = signal<readonly Message[]>([]);
let last = 0;

export function toast(text: string, kind: Kind = "info"): void {
  const id = ++last;
  messages.value = [...messages.value.slice(-2), { id, text, kind }];
  setTimeout(() => drop(id), SECONDS[kind] * 1000);
}

function drop(id: number): void {
  messages.value = messages.value.filter((one) => one.id !== id);
}

const t = words({ close: { zh: "关闭", en: "Close" } });

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {messages.value.map(({ id, text, kind }) => (
        <div class="toast" key={id}>
          <Icon name={ICONS[kind]} />
          <span>{text}</span>
          <button type="button" aria-label={t("close")} onClick={() => drop(id)}>
            <Icon name="cross" />
          </button>
        </div>
      ))}
    </div>
  );
}

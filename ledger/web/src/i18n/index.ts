// In which language is it said? Chinese first; each part keeps its own words, both languages side by side.
import { effect, signal } from "@preact/signals";
import { kept } from "../ui/kept";

export type Lang = "zh" | "en";

type Values = Readonly<Record<string, string | number>>;

/** One message; `{name}` stands for a value, a function for what depends on one (as a plural). */
export interface Message {
  readonly zh: string | ((values: Values) => string);
  readonly en: string | ((values: Values) => string);
}

const [chosen, keep] = kept("lang");
const asked = new URLSearchParams(location.search).get("lang");

export const lang = signal<Lang>((asked ?? chosen) === "en" ? "en" : "zh");

/** As `Intl` and the `lang` attribute name it. */
export const locale = (): string => (lang.value === "zh" ? "zh-CN" : "en-GB");

effect(() => {
  document.documentElement.lang = locale();
});

export function changeLang(): void {
  lang.value = lang.value === "zh" ? "en" : "zh";
  keep(lang.value);
}

/** The words of one part: a function from a message's name, and its values, to the text. */
export function words<Name extends string>(table: Readonly<Record<Name, Message>>) {
  return (name: Name, values: Values = {}): string => {
    const message = table[name][lang.value];
    if (typeof message === "function") return message(values);
    return message.replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));
  };
}

/** English: `one` or `many`, for a count. */
export function plural(count: unknown, one: string, many: string): string {
  return Number(count) === 1 ? one : many;
}

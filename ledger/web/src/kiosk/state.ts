// Which screen is shown, and how is this kiosk set?
import { signal } from "@preact/signals";
import { kept } from "../ui";
import type { Forgotten } from "./forgotten";
import type { Mark } from "./store";

export type Method = "qr" | "number";

export type Screen =
  | { is: "start" }
  | { is: "choose"; volunteer: string; method: Method }
  | { is: "claim"; volunteer: string; visit: Forgotten }
  | { is: "done"; marks: readonly Mark[] }
  | { is: "group" }
  | { is: "unsent" }
  | { is: "settings" };

export const screen = signal<Screen>({ is: "start" });

export function show(next: Screen): void {
  screen.value = next;
  scrollTo({ top: 0 });
}

const [prefixKept, keepPrefix] = kept("kiosk.prefix");
const [returnKept, keepReturn] = kept("kiosk.return");

/** What all volunteers' numbers begin with here, so that digits are enough. */
export const prefix = signal(prefixKept ?? "V");

/** Whether the kiosk goes back to its first screen by itself. */
export const returns = signal(returnKept !== "off");

export function setPrefix(text: string): void {
  prefix.value = text;
  keepPrefix(text);
}

export function setReturns(on: boolean): void {
  returns.value = on;
  keepReturn(on ? "on" : "off");
}

/** A volunteer's number as a code or a finger gave it; null: it is none. */
export function volunteerOf(text: string): string | null {
  const ident = text.trim();
  return /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u.test(ident) ? ident : null;
}

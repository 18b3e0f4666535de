// How is a file sent? It stays in the browser, and goes again for a download.
import { asked, Problem, why } from "../../api";
import { toast } from "../../ui";
import type { Meaning } from "./Meaning";
import { t } from "./words";

export const FORMS = {
  csv: "text/csv",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
} as const;
export type Form = keyof typeof FORMS;

/** Say what went wrong; only one file is worked on at a time. */
export function tell(error: unknown): void {
  toast(error instanceof Problem && error.status === 429 ? t("busy") : why(error), "bad");
}

export function send(
  to: "check" | "import" | "reconcile",
  file: File,
  { mapping, own, kind, place }: Meaning,
  more: Readonly<Record<string, string>> = {},
  accept = "application/json",
): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries({ mapping, own, kind, place, ...more }))
    if (value !== "") body.set(name, value);
  body.set("file", file);
  return asked(`/v1/exchange/${to}`, { method: "POST", body, headers: { Accept: accept } });
}

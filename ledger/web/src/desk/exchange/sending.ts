// How is a file sent, and what came of it? It stays in the browser, and goes again for a download.
import { useState } from "preact/hooks";
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

/** What came of a file as it was meant when it was sent; none for any other file or meaning. */
export function useReport<Report>(
  file: File | null,
  ...meant: readonly unknown[]
): [Report | null, (report: Report) => void] {
  const as = JSON.stringify(meant);
  const [kept, keep] = useState<{ report: Report; file: File | null; as: string } | null>(null);
  const report = kept?.file === file && kept.as === as ? kept.report : null;
  return [report, (report) => keep({ report, file, as })];
}

// Which visits did nobody check out of? By this kiosk's own marks: of before this night, and of those who came again.
import { marksOf } from "./queue";
import type { Mark } from "./store";
import { goesOnFrom } from "./today";

const LOOKS_BACK = 14 * 86_400_000; // ms: later nobody remembers

export interface Forgotten {
  readonly activity: string;
  /** When the check-in was (ms). */
  readonly at: number;
  /** The next check-in there (ms): it was over by then. */
  readonly until: number | null;
}

/** Visits of `volunteer` that are open, but not one that may well go on. */
export async function forgottenHere(volunteer: string, now: number): Promise<Forgotten[]> {
  return forgotten(await marksOf(volunteer, now - LOOKS_BACK), goesOnFrom(now));
}

/**
 * A check-in without a check-out or a claim before the next one, as the ledger pairs them; the last
 * at an activity may go on if it was at `going` (ms) or later.
 */
export function forgotten(
  marks: readonly Pick<Mark, "at" | "activity" | "out" | "claim">[],
  going: number,
): Forgotten[] {
  const open = new Map<string, number>();
  const found: Forgotten[] = [];
  const order = marks.map((one) => ({ ...one, at: one.claim?.ended ?? one.at }));
  for (const { activity, at, out } of order.sort(
    (a, b) => a.at - b.at || Number(b.out) - Number(a.out),
  )) {
    const since = open.get(activity);
    if (out) open.delete(activity);
    else {
      if (since !== undefined) found.push({ activity, at: since, until: at });
      open.set(activity, at);
    }
  }
  for (const [activity, at] of open) if (at < going) found.push({ activity, at, until: null });
  return found.sort((a, b) => b.at - a.at);
}

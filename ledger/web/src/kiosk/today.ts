// How long did somebody serve today? As the ledger says; without it, as this kiosk's own marks say.
import { marksOf } from "./queue";
import type { Mark } from "./store";

export interface Today {
  /** Whole seconds of visits that have ended. */
  readonly seconds: number;
  /** Activities that somebody checked in to and not out of, with the time (ms). */
  readonly open: ReadonlyMap<string, number>;
  /** The ledger said so; else only this kiosk's marks are counted. */
  readonly told: boolean;
}

const NIGHT = 12 * 3_600_000; // ms: as the ledger's own answer has it

/** From when on an open visit may well go on (ms): from today, or from this night. */
export function goesOnFrom(now: number): number {
  return Math.min(midnight(now), now - NIGHT);
}

export async function todayHere(volunteer: string, now: number): Promise<Today> {
  return { ...count(await marksOf(volunteer, goesOnFrom(now)), midnight(now)), told: false };
}

function midnight(now: number): number {
  return new Date(now).setHours(0, 0, 0, 0);
}

/** The ledger's answer; null if it can't be asked, or has not got all marks yet. */
export async function todayTold(volunteer: string): Promise<number | null> {
  try {
    const response = await fetch(`/v1/volunteers/${encodeURIComponent(volunteer)}/today`, {
      cache: "no-store",
      signal: AbortSignal.timeout(4000),
    });
    if (!response.ok) return null;
    const { seconds } = (await response.json()) as { seconds: number };
    return seconds;
  } catch {
    return null;
  }
}

/**
 * A visit is a check-in whose next mark at its activity is a check-out; shared time counts once.
 * It belongs to the day that it began on: those before `today` (ms) are of another.
 */
export function count(
  marks: readonly Pick<Mark, "at" | "activity" | "out" | "claim">[],
  today: number,
): Omit<Today, "told"> {
  const open = new Map<string, number>();
  const visits: [number, number][] = [];
  for (const { at, activity, out } of marks
    .filter(({ claim }) => claim === undefined) // it counts once a person says so
    .sort((a, b) => a.at - b.at || Number(b.out) - Number(a.out))) {
    if (!out) {
      open.set(activity, at);
      continue;
    }
    const since = open.get(activity);
    if (since !== undefined && since >= today)
      visits.push([Math.floor(since / 1000), Math.floor(at / 1000)]);
    open.delete(activity);
  }
  let seconds = 0;
  let until = 0;
  for (const [from, to] of visits.sort(([a], [b]) => a - b)) {
    seconds += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return { seconds, open };
}

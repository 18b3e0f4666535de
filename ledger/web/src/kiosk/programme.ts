// What is on here? The last programme that the ledger told, kept for when it can't be reached.
import { signal } from "@preact/signals";
import { type Activity, type Device, keep, kept, type Programme } from "./store";

interface Told {
  programme: Programme;
  etag: string | null;
  /** When it was asked last (ms). */
  at: number;
}

export const told = signal<Told | null>(null);

const HALF_HOUR = 1_800_000;

/** The one that is kept, then the ledger's; and again each half hour. */
export async function keepProgramme(own: () => Device | null | undefined): Promise<void> {
  told.value = (await kept<Told>("programme")) ?? null;
  const again = () => {
    const device = own();
    if (device) void ask(device.place);
  };
  again();
  setInterval(again, HALF_HOUR);
  addEventListener("online", again);
}

/** Whether the ledger answered. */
export async function ask(place: string): Promise<boolean> {
  const known = told.value?.programme.place === place ? told.value : null;
  try {
    const response = await fetch(`/v1/kiosk/programme?place=${encodeURIComponent(place)}`, {
      headers: known?.etag ? { "If-None-Match": known.etag } : {},
      cache: "no-store",
      signal: AbortSignal.timeout(15_000),
    });
    if (response.status === 304 && known) {
      told.value = { ...known, at: Date.now() };
    } else if (response.ok) {
      const programme = (await response.json()) as Programme;
      told.value = { programme, etag: response.headers.get("ETag"), at: Date.now() };
    } else {
      return false;
    }
    await keep("programme", told.value);
    return true;
  } catch {
    return false; // no network: the one that is kept will do
  }
}

const SOON = 2 * 3_600_000;

/** Activities, those that are on about `now` (ms) before the others. */
export function activitiesAt(now: number): { near: Activity[]; other: Activity[] } {
  const near: Activity[] = [];
  const other: Activity[] = [];
  for (const one of told.value?.programme.activities ?? []) {
    const starts = one.starts ? Date.parse(one.starts) : Number.NEGATIVE_INFINITY;
    const ends = one.ends ? Date.parse(one.ends) : Number.POSITIVE_INFINITY;
    (starts - SOON <= now && now <= ends + SOON ? near : other).push(one);
  }
  return { near, other };
}

export function nameOf(activity: string): string {
  return told.value?.programme.activities.find(({ id }) => id === activity)?.name ?? activity;
}

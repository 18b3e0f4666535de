// How do marks get to the ledger? In batches, until it has said of each one what became of it.
import { signal } from "@preact/signals";
import { count, settle, waiting } from "./queue";
import type { Mark, State } from "./store";

const BATCH = 200;
const FIRST_PAUSE = 3; // seconds, doubled with each failure
const LONGEST_PAUSE = 300;
const PATIENCE = 20_000; // ms for an answer

export type Line = "good" | "down" | "unknown";

/** Whether the ledger answered last time. */
export const line = signal<Line>("unknown");

/** How far the device's clock is ahead of the ledger's, in seconds; null: not known. */
export const clockAhead = signal<number | null>(null);

/** Whether the ledger said that nobody has enrolled this kiosk; its marks wait until somebody does. */
export const stranger = signal(false);

let timer: ReturnType<typeof setTimeout> | undefined;
let failures = 0;

/** Sends from now on whenever there is something, until the page is left. */
export function keepSending(): void {
  addEventListener("online", () => void send());
  addEventListener("offline", () => {
    line.value = "down";
  });
  document.addEventListener("visibilitychange", () => document.hidden || void send());
  void send();
}

/** Sends all that waits; of several tabs one. Returns once it is sent, or could not be. */
export async function send(): Promise<void> {
  clearTimeout(timer);
  await navigator.locks.request("vledger-kiosk-sending", sendAll);
}

async function sendAll(): Promise<void> {
  try {
    for (;;) {
      const marks = await waiting(BATCH);
      if (marks.length === 0) break;
      await sendBatch(marks);
    }
    failures = 0;
  } catch (error) {
    failures += 1;
    if (!stranger.value) line.value = "down";
    later(error instanceof Later ? error.seconds : 0);
  }
  await count(); // another tab may have sent
}

function later(atLeast: number): void {
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1));
  const seconds = Math.max(atLeast, pause * (0.5 + Math.random() / 2)); // kiosks of a city don't come back at once
  clearTimeout(timer);
  timer = setTimeout(() => void send(), seconds * 1000);
}

/** The ledger can't take it now; it said when to come again (0: it did not). */
class Later extends Error {
  readonly seconds: number;

  constructor(seconds: number) {
    super(`again after ${seconds} s`);
    this.seconds = seconds;
  }
}

interface Receipt {
  source: string;
  id: string;
  status: State;
  /** For programs, as `unknown-key`. */
  reason?: string;
  /** For people. */
  detail?: string;
}

/** The ledger keeps nothing of those whom it does not know. */
const UNKNOWN: ReadonlySet<string> = new Set(["unsigned", "unknown-key"]);

const SETTLED: ReadonlySet<State> = new Set(["recorded", "duplicate", "queued", "rejected"]);

async function sendBatch(marks: readonly Mark[]): Promise<void> {
  const response = await fetch("/v1/events", {
    method: "POST",
    headers: {
      "Content-Type": "application/cloudevents-batch+json",
      "X-Requested-With": "vledger",
    },
    body: `[${marks.map(({ text }) => text).join(",")}]`,
    credentials: "omit", // each event is signed: nobody has to be logged in
    signal: AbortSignal.timeout(PATIENCE),
  });
  noteClock(response);
  if (response.ok) {
    line.value = "good";
    const { receipts } = (await response.json()) as { receipts: Receipt[] };
    await takeReceipts(marks, receipts);
    return;
  }
  const passing =
    [401, 403, 404, 408, 425, 429].includes(response.status) || response.status >= 500;
  if (passing) throw new Later(Number(response.headers.get("Retry-After")) || 0);
  if (marks.length === 1) {
    const said = (await response.json().catch(() => null)) as { detail?: string } | null;
    const reason = said?.detail ?? `HTTP ${response.status}`;
    await settle(new Map(marks.map(({ id }) => [id, { state: "rejected", reason }])));
    return;
  }
  const middle = Math.ceil(marks.length / 2); // one of them is in the way of the others
  await sendBatch(marks.slice(0, middle));
  await sendBatch(marks.slice(middle));
}

/** What has no receipt of its own is still waiting. */
async function takeReceipts(marks: readonly Mark[], receipts: readonly Receipt[]): Promise<void> {
  const sources = new Map(
    marks.map(({ id, text }) => [id, (JSON.parse(text) as { source: string }).source]),
  );
  const own = receipts.filter(({ source, id }) => sources.get(id) === source);
  const unknown = own.filter(
    ({ status, reason }) => status === "rejected" && UNKNOWN.has(reason ?? ""),
  );
  stranger.value = unknown.length > 0;
  const said = own
    .filter((one) => SETTLED.has(one.status) && !unknown.includes(one))
    .map(
      ({ id, status, reason, detail }) =>
        [id, { state: status, reason: detail || reason || "" }] as const,
    );
  await settle(new Map(said));
  if (said.length === 0 || unknown.length > 0) throw new Later(0);
}

function noteClock(response: Response): void {
  const told = Date.parse(response.headers.get("Date") ?? "");
  clockAhead.value = Number.isNaN(told) ? null : Math.round((Date.now() - told) / 1000);
}

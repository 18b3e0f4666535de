// What was marked here, and what of it does the ledger have? Nothing is forgotten before it says so.
import { signal } from "@preact/signals";
import { rfc3339, sign } from "./signing";
import { type Device, DURABLE, database, type Mark, type State } from "./store";

const DAY = 86_400_000;

/** Days for which marks that the ledger has stay here, to be looked up. */
const KEPT_DAYS = 40;

/** What the ledger has not got yet: how many, and the oldest one's time (ms); what it set aside. */
export const unsent = signal<{ count: number; oldest: number | null; rejected: number }>({
  count: 0,
  oldest: null,
  rejected: 0,
});

export interface Visit {
  readonly volunteer: string;
  readonly activity: string;
  readonly out: boolean;
  readonly method: "qr" | "number" | "group";
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface ClaimedEnd {
  readonly volunteer: string;
  readonly activity: string;
  /** When the visit was over (ms). */
  readonly at: number;
  readonly reason: string;
}

/** Signs marks made at `at` (ms) and keeps them all or none; once it returns they outlive a power cut. */
export async function mark(own: Device, visits: readonly Visit[], at: number): Promise<Mark[]> {
  return add(await Promise.all(visits.map((one) => made(own, one, at))));
}

/** Signs and keeps a claim, made at `at` (ms), of a check-out that was forgotten. */
export async function claim(own: Device, said: ClaimedEnd, at: number): Promise<Mark> {
  const { volunteer, activity, reason } = said;
  const id = crypto.randomUUID();
  const type = "volunteer.attendance.claimed.v1";
  const data = { activity, place: own.place, ended_at: rfc3339(said.at), reason };
  const text = await sign({ id, time: rfc3339(at), type, subject: volunteer, data }, own);
  const kept = { id, text, at, volunteer, activity, out: true, claim: { ended: said.at } };
  const made: Mark = { ...kept, state: "waiting", reason: "", settled: 0 };
  await add([made]);
  return made;
}

async function add(marks: Mark[]): Promise<Mark[]> {
  const transaction = (await database()).transaction("marks", "readwrite", DURABLE);
  await Promise.all([...marks.map((one) => transaction.store.add(one)), transaction.done]);
  await count();
  return marks;
}

async function made(own: Device, visit: Visit, at: number): Promise<Mark> {
  const { volunteer, activity, out, method, attributes } = visit;
  const id = crypto.randomUUID();
  const type = `volunteer.attendance.checked-${out ? "out" : "in"}.v1`;
  const data = { activity, place: own.place, method, ...(attributes && { attributes }) };
  const text = await sign({ id, time: rfc3339(at), type, subject: volunteer, data }, own);
  return { id, text, at, volunteer, activity, out, state: "waiting", reason: "", settled: 0 };
}

function all(state: State): IDBKeyRange {
  return IDBKeyRange.bound([state], [state, Number.POSITIVE_INFINITY]);
}

/** Up to `most` marks that the ledger has not got, the oldest first. */
export async function waiting(most: number): Promise<Mark[]> {
  return (await database()).getAllFromIndex("marks", "state", all("waiting"), most);
}

/** What the ledger said of marks, by their ids. */
export async function settle(
  said: ReadonlyMap<string, { state: State; reason: string }>,
): Promise<void> {
  const transaction = (await database()).transaction("marks", "readwrite", DURABLE);
  for (const [id, { state, reason }] of said) {
    const known = await transaction.store.get(id);
    if (known) await transaction.store.put({ ...known, state, reason, settled: Date.now() });
  }
  await transaction.done;
  await count();
}

/** Sends again what was set aside: the kiosk may have been enrolled meanwhile. */
export async function tryRejectedAgain(): Promise<void> {
  const rejected = await (await database()).getAllFromIndex("marks", "state", all("rejected"));
  await settle(new Map(rejected.map(({ id }) => [id, { state: "waiting", reason: "" }])));
}

export async function rejected(): Promise<Mark[]> {
  return (await database()).getAllFromIndex("marks", "state", all("rejected"));
}

/** The marks of one volunteer from `since` on (ms), in their order. */
export async function marksOf(volunteer: string, since: number): Promise<Mark[]> {
  const range = IDBKeyRange.bound([volunteer, since], [volunteer, Number.POSITIVE_INFINITY]);
  return (await database()).getAllFromIndex("marks", "volunteer", range);
}

export async function count(): Promise<void> {
  const db = await database();
  const [oldest] = await db.getAllFromIndex("marks", "state", all("waiting"), 1);
  unsent.value = {
    count: await db.countFromIndex("marks", "state", all("waiting")),
    oldest: oldest?.at ?? null,
    rejected: await db.countFromIndex("marks", "state", all("rejected")),
  };
}

/** Forgets what the ledger has had for long. */
export async function tidy(): Promise<void> {
  const transaction = (await database()).transaction("marks", "readwrite");
  const old = IDBKeyRange.upperBound(Date.now() - KEPT_DAYS * DAY);
  for await (const cursor of transaction.store.index("at").iterate(old)) {
    const { state } = cursor.value;
    if (state !== "waiting" && state !== "rejected") await cursor.delete();
  }
  await transaction.done;
}

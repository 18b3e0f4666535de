// Where does a kiosk keep what must not be lost? In IndexedDB, written through to the disk.
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** This kiosk, and the key that it signs with, which can't be taken out of the browser. */
export interface Device {
  readonly source: string;
  readonly place: string;
  /** The key's name: thumbprint of its JWK (RFC 7638). */
  readonly key: string;
  /** The public key's octets in base64url. */
  readonly public: string;
  readonly privateKey: CryptoKey;
}

export type State = "waiting" | "recorded" | "duplicate" | "queued" | "rejected";

/** An event as it was signed, and what the ledger said of it. Times in ms. */
export interface Mark {
  readonly id: string;
  /** The signed CloudEvent; it is sent as it is, to the letter. */
  readonly text: string;
  readonly at: number;
  readonly volunteer: string;
  readonly activity: string;
  readonly out: boolean;
  /** It is no check-out, but says when one would have been (ms). */
  readonly claim?: { readonly ended: number };
  state: State;
  reason: string;
  settled: number;
}

export interface Activity {
  readonly id: string;
  readonly name: string;
  readonly team: string | null;
  readonly starts: string | null;
  readonly ends: string | null;
}

export interface Programme {
  readonly place: string;
  readonly zone: string;
  readonly activities: readonly Activity[];
  readonly teams: readonly { id: string; name: string }[];
}

interface Schema extends DBSchema {
  marks: {
    key: string;
    value: Mark;
    indexes: { state: [State, number]; volunteer: [string, number]; at: number };
  };
  things: { key: string; value: unknown };
}

let opening: Promise<IDBPDatabase<Schema>> | undefined;

export function database(): Promise<IDBPDatabase<Schema>> {
  opening ??= openDB<Schema>("vledger-kiosk", 1, {
    upgrade(db) {
      const marks = db.createObjectStore("marks", { keyPath: "id" });
      marks.createIndex("state", ["state", "at"]);
      marks.createIndex("volunteer", ["volunteer", "at"]);
      marks.createIndex("at", "at");
      db.createObjectStore("things");
    },
  });
  return opening;
}

/** Written is on the disk, not in a cache that a power cut empties. */
export const DURABLE = { durability: "strict" } as const;

export async function keep(name: "device" | "programme" | "group", value: unknown): Promise<void> {
  const transaction = (await database()).transaction("things", "readwrite", DURABLE);
  await Promise.all([transaction.store.put(value, name), transaction.done]);
}

export async function kept<Value>(
  name: "device" | "programme" | "group",
): Promise<Value | undefined> {
  return (await (await database()).get("things", name)) as Value | undefined;
}

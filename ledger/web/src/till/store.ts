// Which purchase is under way here? On the disk before anything is asked, until its end is known.
import { type DBSchema, openDB } from "idb";
import type { components } from "../api.types";

type Schemas = components["schemas"];
export type Customer = Schemas["Customer"];
export type Offered = Schemas["ItemOffered"];
export type Basket = Schemas["BasketShown"];
export type Line = Schemas["LineShown"];
export type LineBack = Schemas["LineBack"];

/** What the ledger was asked, without an answer so far. */
export type Asking = "scan" | "open" | "confirm" | "cancel" | "refund";

/** One purchase, or one refund, from its scan to its receipt. */
export interface Case {
  /** Idempotency-Key of the basket, and the number on its receipt. */
  readonly key: string;
  readonly merchant: string;
  readonly code: string;
  readonly customer: Customer | null;
  readonly lines: readonly { item: string; count: number }[];
  /** Bought without a hold, as vouchers are. */
  readonly atOnce: boolean;
  readonly refund: { readonly key: string; readonly lines: readonly LineBack[] } | null;
  readonly asking: Asking | null;
  readonly basket: Basket | null;
  /** When `basket` was told, by this device's clock (ms). */
  readonly toldAt: number;
}

interface Schema extends DBSchema {
  cases: { key: "now"; value: Case };
}

const opening = () =>
  openDB<Schema>("vledger-till", 1, { upgrade: (db) => void db.createObjectStore("cases") });
let opened: ReturnType<typeof opening> | undefined;

async function store() {
  opened ??= opening();
  const transaction = (await opened).transaction("cases", "readwrite", { durability: "strict" });
  return transaction;
}

/** Once it returns, a power cut does not undo it. */
export async function keep(one: Case): Promise<void> {
  const transaction = await store();
  await Promise.all([transaction.store.put(one, "now"), transaction.done]);
}

export async function drop(): Promise<void> {
  const transaction = await store();
  await Promise.all([transaction.store.delete("now"), transaction.done]);
}

export async function kept(): Promise<Case | undefined> {
  const transaction = await store();
  return transaction.store.get("now");
}

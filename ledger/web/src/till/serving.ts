// How is a purchase carried through, whatever the network does? What is asked is kept first, under a key that buys once.
import { signal } from "@preact/signals";
import { api, Problem, told, Unreachable, why } from "../api";
import { type Basket, type Case, drop, keep, kept, type LineBack } from "./store";
import { t } from "./words";

/** The purchase that is under way; null: none, undefined: not looked up yet. */
export const now = signal<Case | null | undefined>(undefined);

/** Whether an answer is missing, and what was found out since. */
export const line = signal<"up" | "lost" | "absent">("up");

/** What was found out about it after the connection broke, or why it was not done. */
export const said = signal<{ text: string; tone: "good" | "wait" | "bad" } | null>(null);

const AGAIN = 3000; // ms between two questions

/** 20 letters and digits that no other till chooses. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return `T${[...bytes]
    .map((one) => one.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase()}`;
}

export const isReceipt = (text: string): boolean => /^T[0-9A-F]{20}$/.test(text);
export const isCode = (text: string): boolean => /^.{1,64}-\d{8}$/.test(text);

/** Takes up what was under way when the page was left, and asks what became of it. */
export async function resume(): Promise<void> {
  const found = (await kept()) ?? null;
  now.value = found;
  if (!found) return;
  if (found.asking === "scan" || found.asking === null) {
    if (found.basket || found.asking === "scan") await look();
    return;
  }
  line.value = "lost";
  await look();
}

export async function scanned(merchant: string, code: string): Promise<void> {
  const before = now.value;
  const same = before?.asking === "scan" && before.code === code && before.merchant === merchant;
  await ask({
    key: same ? before.key : newKey(), // a code is spent by the key that it was shown with
    merchant,
    code,
    customer: null,
    lines: [],
    atOnce: false,
    refund: null,
    asking: "scan",
    basket: null,
    toldAt: 0,
  });
}

export const open = (lines: Case["lines"], atOnce: boolean): Promise<void> =>
  further({ lines, atOnce, asking: "open" });
export const confirm = (): Promise<void> => further({ asking: "confirm" });
export const cancel = (): Promise<void> => further({ asking: "cancel" });

export async function refund(basket: Basket, lines: readonly LineBack[]): Promise<void> {
  await ask({
    key: basket.redemption,
    merchant: basket.merchant,
    code: "",
    customer: null,
    lines: [],
    atOnce: false,
    refund: { key: newKey(), lines },
    asking: "refund",
    basket,
    toldAt: Date.now(),
  });
}

/** Forgets it: its end is known, or nothing was taken. The next code may be scanned at once. */
export async function finish(): Promise<void> {
  now.value = null; // before the disk has forgotten it: a scanner does not wait for that
  said.value = null;
  line.value = "up";
  await drop();
}

async function further(more: Partial<Case>): Promise<void> {
  if (now.value) await ask({ ...now.value, ...more });
}

async function ask(one: Case): Promise<void> {
  said.value = null;
  await put(one);
  await send(one);
}

async function put(one: Case): Promise<void> {
  await keep(one);
  now.value = one;
}

/** The same request once more: under its key it is carried out once. */
export async function resend(): Promise<void> {
  const one = now.value;
  if (one?.asking) await send(one);
}

async function send(one: Case): Promise<void> {
  try {
    if (one.asking === "scan") {
      const customer = await told(
        api.POST("/v1/till/scan", {
          params: { header: { "Idempotency-Key": one.key } },
          body: { merchant: one.merchant, code: one.code },
        }),
      );
      await put({ ...one, customer, asking: null });
    } else {
      await put(answered(one, await request(one)));
    }
    line.value = "up";
  } catch (error) {
    await failed(one, error);
  }
}

const answered = (one: Case, basket: Basket): Case => ({
  ...one,
  basket,
  asking: null,
  toldAt: Date.now(),
});

function request(one: Case): Promise<Basket> {
  const path = { params: { path: { redemption: one.key } } };
  switch (one.asking) {
    case "confirm":
      return told(api.POST("/v1/redemptions/{redemption}/confirm", path));
    case "cancel":
      return told(api.POST("/v1/redemptions/{redemption}/cancel", path));
    case "refund":
      return told(
        api.POST("/v1/redemptions/{redemption}/refund", {
          params: { ...path.params, header: { "Idempotency-Key": one.refund?.key ?? "" } },
          body: { lines: [...(one.refund?.lines ?? [])] },
        }),
      );
    default:
      return told(
        api.POST("/v1/redemptions", {
          params: { header: { "Idempotency-Key": one.key } },
          body: {
            merchant: one.merchant,
            code: one.code,
            lines: [...one.lines],
            hold: !one.atOnce,
            seconds: 300,
            otherwise: one.atOnce ? "nothing" : "rest",
          },
        }),
      );
  }
}

/** An error that leaves open whether the ledger has done it. */
const isOpen = (error: unknown): boolean =>
  error instanceof Unreachable ||
  !(error instanceof Problem) ||
  error.status >= 500 ||
  error.status === 408 ||
  error.status === 429;

async function failed(one: Case, error: unknown): Promise<void> {
  if (isOpen(error)) {
    line.value = "lost";
    if (one.asking !== "scan") again();
    return;
  }
  line.value = "up";
  said.value = { text: why(error), tone: "bad" };
  if (one.asking === "scan") {
    now.value = null;
    await drop();
  } else {
    await put({ ...one, asking: null });
  }
}

let timer: ReturnType<typeof setTimeout> | undefined;

function again(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void (line.value === "lost" && look()), AGAIN);
}

addEventListener("online", () => void (line.value === "lost" && look()));

/** Asks the ledger what became of it, and says so. */
export async function look(): Promise<void> {
  const one = now.value;
  if (!one) return;
  if (one.asking === "scan") return send(one);
  try {
    const basket = await told(
      api.GET("/v1/redemptions/{redemption}", { params: { path: { redemption: one.key } } }),
    );
    if (now.value !== one) return;
    const refund = one.refund?.key;
    if (refund && one.asking && !basket.lines.some(({ refunds }) => refunds.includes(refund))) {
      line.value = "absent";
      return;
    }
    if (one.asking) said.value = became(one, basket);
    await put(answered(one, basket));
    line.value = "up";
  } catch (error) {
    if (now.value !== one) return;
    if (isOpen(error)) {
      line.value = "lost";
      again();
    } else if (error instanceof Problem && error.status === 404) {
      line.value = "absent";
    } else {
      await failed(one, error);
    }
  }
}

function became(one: Case, basket: Basket): { text: string; tone: "good" | "wait" } {
  if (one.asking === "refund") return { text: t("wasRefunded"), tone: "good" };
  switch (basket.state) {
    case "held":
      return { text: t("wasHeld"), tone: "wait" };
    case "paid":
      return { text: t("wasPaid"), tone: "good" };
    default:
      return { text: t("wasNothing"), tone: "wait" };
  }
}

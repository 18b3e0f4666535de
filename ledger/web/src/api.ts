// How is the ledger asked? By its OpenAPI document, of which api.types.ts is made: `npm run api`.
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./api.types";
import { lang, locale, words } from "./i18n";

const t = words({
  offline: {
    zh: "连不上服务器：请检查网络后重试",
    en: "Can't reach the server: check the network and try again",
  },
  failed: { zh: "服务器出错（{status}）", en: "The server failed ({status})" },
  busy: { zh: "请求太多，请稍后再试", en: "Too many requests: try again in a moment" },
});

/** Problems whose title says all that a person at a page can use. */
const SAYS_ALL = /\/(who-are-you|refused|code-used|no-such-code|too-many-requests|unavailable)$/;

/** Titles come in the reader's language, details in English. */
function textOf({ type, title, detail }: Record<string, unknown>): string {
  const texts = [title, detail].filter((one) => typeof one === "string" && one !== "");
  if (lang.value === "en") return String(texts.at(-1) ?? "");
  return SAYS_ALL.test(String(type)) ? String(texts[0] ?? "") : texts.join("：");
}

/** What the ledger answers where it can't do something (RFC 9457). */
export class Problem extends Error {
  readonly status: number;
  /** As `/problems/out-of-stock`. */
  readonly type: string;
  /** What is wrong at which field, for whoever reads the page. */
  readonly errors: readonly { field: string; what: string }[];
  /** Seconds after which to try again, if it said so. */
  readonly after: number | null;

  constructor(status: number, body: unknown, after: number | null) {
    const said = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
    super(textOf(said) || (status === 429 ? t("busy") : t("failed", { status })));
    this.status = status;
    this.type = typeof said.type === "string" ? said.type : "about:blank";
    this.errors = Array.isArray(said.errors) ? said.errors : [];
    this.after = after;
  }
}

/** What went wrong, for whoever reads the page. */
export const why = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** There was no answer: whether the request arrived is not known. */
export class Unreachable extends Error {
  constructor() {
    super(t("offline"));
  }
}

/** A secret link (…/#pass=SECRET) lets this browser in; nothing else is asked before. */
async function enter(): Promise<boolean> {
  const secret = new URLSearchParams(location.hash.slice(1)).get("pass");
  if (secret === null) return false;
  history.replaceState(null, "", location.pathname + location.search); // nobody sees or keeps it
  const response = await fetch("/v1/session", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Requested-With": "vledger" },
    body: JSON.stringify({ pass: secret }),
  }).catch(() => {
    throw new Unreachable();
  });
  if (!response.ok) throw await problemOf(response);
  return true;
}

async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const after = Number(response.headers.get("Retry-After"));
  return new Problem(response.status, body, Number.isFinite(after) && after > 0 ? after : null);
}

/** Whether this browser came in by a link just now. */
export const entered = enter();
entered.catch(() => undefined); // whoever asks first is told

function dress(request: Request): void {
  request.headers.set("X-Requested-With", "vledger"); // no other site's form can set this
  request.headers.set(
    "Accept-Language",
    `${locale()}, ${lang.value === "zh" ? "en" : "zh-CN"};q=0.5`,
  );
}

const manners: Middleware = {
  async onRequest({ request }) {
    await entered;
    dress(request);
  },
  async onResponse({ response }) {
    if (response.ok || response.status === 304) return;
    throw await problemOf(response);
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === "AbortError") return error;
    return new Unreachable();
  },
};

/** `api.GET("/v1/session")` … typed by path. Throws Problem or Unreachable; give it to `told`. */
export const api = createClient<paths>({ baseUrl: location.origin, credentials: "same-origin" });
api.use(manners);

/** What the ledger answered, of a request made with `api`. */
export async function told<Data>(asked: Promise<{ data?: Data }>): Promise<Data> {
  const { data } = await asked;
  return data as Data; // what is no success was thrown
}

/** As `api`, for what is no JSON: files up and down. Throws Problem or Unreachable. */
export async function asked(path: string, init: RequestInit): Promise<Response> {
  await entered;
  const request = new Request(new URL(path, location.origin), init);
  dress(request);
  let response: Response;
  try {
    response = await fetch(request);
  } catch {
    throw new Unreachable();
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

// Where in the desk is one? The address behind #: a view, what it is of, and what is chosen of it.
import { signal } from "@preact/signals";

export const VIEWS = [
  "overview",
  "stars",
  "volunteer",
  "reviews",
  "complaints",
  "exchange",
  "places",
  "teams",
  "activities",
  "orders",
  "projects",
  "assessment",
  "honours",
  "policies",
  "audit",
] as const;
export type View = (typeof VIEWS)[number];

/** By name; what is absent or "" is as the view has it by itself. */
type Filters = Readonly<Record<string, string>>;

interface Route {
  view: View;
  /** A place, a volunteer …; "": none. */
  of: string;
  filters: Filters;
}

/** The address of each view's list as it was last: there one comes back to from one of its things. */
const lists = new Map<View, string>();

export const route = signal<Route>(read());

addEventListener("hashchange", () => {
  const was = route.peek();
  const now = read();
  route.value = now;
  if (now.view !== was.view || now.of !== was.of) document.getElementById("main")?.focus();
});

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [view = "", of = ""] = path.split("/");
  const known = VIEWS.find((one) => one === view);
  if (known && of === "") lists.set(known, location.hash);
  return {
    view: known ?? "overview",
    of: known ? decodeURIComponent(of) : "",
    filters: known ? Object.fromEntries(new URLSearchParams(query)) : {},
  };
}

export function to(view: View, of = "", filters: Filters = {}): string {
  const path = of === "" ? `#/${view}` : `#/${view}/${encodeURIComponent(of)}`;
  const query = new URLSearchParams(Object.entries(filters).filter(([, text]) => text !== ""));
  return query.size === 0 ? path : `${path}?${query}`;
}

/** Back to the list of a view. */
export function list(view: View): string {
  return lists.get(view) ?? to(view);
}

/** Have these filters of what is shown, too. `step`: one comes back from it by the browser's button. */
export function choose(some: Filters, step = true): void {
  const { view, of, filters } = route.peek();
  const address = to(view, of, { ...filters, ...some });
  if (address === location.hash) return;
  if (step) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  route.value = read();
}

/** A filter of what is shown, from its address, and how to have another; each is a step. */
export function useFilter(name: string, usual = ""): [string, (text: string) => void] {
  const text = route.value.filters[name] || usual;
  return [text, (next) => choose({ [name]: next === usual ? "" : next })];
}

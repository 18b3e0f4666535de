// Where in the desk is one? The address behind #: a view, and what it is of.
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

interface Route {
  view: View;
  /** A place, a volunteer …; "": none. */
  of: string;
}

export const route = signal<Route>(read());

addEventListener("hashchange", () => {
  route.value = read();
  document.getElementById("main")?.focus();
});

function read(): Route {
  const [view = "", of = ""] = location.hash.replace(/^#\/?/, "").split("/");
  const known = VIEWS.find((one) => one === view);
  return { view: known ?? "overview", of: known ? decodeURIComponent(of) : "" };
}

export function to(view: View, of = ""): string {
  return of === "" ? `#/${view}` : `#/${view}/${encodeURIComponent(of)}`;
}

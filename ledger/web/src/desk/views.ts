// Which views are there, in which group of the navigation, and who may open them?
import type { View } from "./route";

/** In the order of the navigation; a group is left out where somebody may open none of its views. */
export const GROUPS = {
  accounts: ["overview", "stars", "volunteer", "reviews", "complaints", "exchange"],
  centre: ["places", "teams", "activities"],
  loop: ["orders"],
  assessing: ["assessment", "projects", "honours"],
  rules: ["policies", "audit"],
} as const satisfies Record<string, readonly View[]>;

export type Group = keyof typeof GROUPS;

/** Which of these permissions a view takes. */
const TAKES: Record<View, readonly string[]> = {
  overview: ["read"],
  stars: ["read"],
  volunteer: ["read"],
  reviews: ["read"],
  complaints: ["read"],
  exchange: ["read"],
  places: ["read"],
  teams: ["read"],
  activities: ["read"],
  orders: ["read"],
  projects: ["read"],
  assessment: ["read"],
  honours: ["read"],
  policies: ["read", "simulate"],
  audit: ["trail", "verify", "grant"],
};

/** The groups that somebody has, each with the views that they may open. */
export function open(held: readonly string[]): { group: Group; views: readonly View[] }[] {
  return (Object.keys(GROUPS) as Group[])
    .map((group) => ({
      group,
      views: (GROUPS[group] as readonly View[]).filter((view) =>
        TAKES[view].some((permission) => held.includes(permission)),
      ),
    }))
    .filter(({ views }) => views.length > 0);
}

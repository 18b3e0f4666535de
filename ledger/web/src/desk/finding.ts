// How is a place, a team or a project found among thousands? By the ledger, in an area ("": all).
import { api, told } from "../api";
import type { Find, Found } from "../ui";

/** In a list to choose from, at a time. */
const AT_ONCE = 20;

interface Part<Item> {
  items: readonly Item[];
  next?: string | null;
}

function shown<Item>(part: Part<Item>, as: (item: Item) => Found): Part<Found> {
  return { items: part.items.map(as), next: part.next ?? null };
}

function asked(text: string, after: string | undefined) {
  return { limit: AT_ONCE, ...(text && { text }), ...(after && { after }) };
}

export function findPlaces(area: string): Find {
  return async (text, after) => {
    const query = { ...asked(text, after), ...(area && { area }) };
    const part = await told(api.GET("/v1/places/tree", { params: { query } }));
    return shown(part, ({ place, name, above_name }) => ({
      value: place,
      text: name || place,
      note: [above_name, place].filter(Boolean).join(" · "),
    }));
  };
}

export function findTeams(area: string): Find {
  return async (text, after) => {
    const query = { ...asked(text, after), ...(area && { area }) };
    const part = await told(api.GET("/v1/teams", { params: { query } }));
    return shown(part, ({ team, name, place_name }) => ({
      value: team,
      text: name || team,
      note: [place_name, team].filter(Boolean).join(" · "),
    }));
  };
}

export function findProjects(area: string): Find {
  return async (text, after) => {
    const query = { ...asked(text, after), ...(area && { place: area }) };
    const part = await told(api.GET("/v1/projects", { params: { query } }));
    return shown(part, ({ project, name, place_name }) => ({
      value: project,
      text: name || project,
      note: [place_name, project].filter(Boolean).join(" · "),
    }));
  };
}

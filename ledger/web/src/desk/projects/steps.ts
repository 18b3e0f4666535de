// Which steps can a project take, and what has to be said of each? As the events' schemas have it.
import type { components } from "../../api.types";
import type { Filled, Item } from "../../ui";
import { findPlaces, findTeams } from "../finding";
import { t } from "./words";

export type StepName = components["schemas"]["ProjectStepAsked"]["step"];

/** The fields of a step's data, by name; `library`: the centre that is most likely meant. */
export function itemsOf(step: StepName, library: string, area: string): Item[] {
  const year = { id: "year", label: t("year"), kind: "whole", value: thisYear() } as const;
  const reason = { id: "reason", label: t("reason") };
  const until = { id: "until", label: t("until"), kind: "moment" } as const;
  switch (step) {
    case "submitted":
      return submission(library, area);
    case "screened":
      return [
        {
          id: "outcome",
          label: t("outcome"),
          kind: "select",
          options: [
            { value: "pass", text: t("pass") },
            { value: "refuse", text: t("refuse") },
          ],
        },
        { id: "experts", label: t("experts"), kind: "whole", value: "3" },
        { id: "pass_mark", label: t("pass_mark"), kind: "number", free: true },
        { ...reason, free: true },
      ];
    case "scored":
      return [
        { id: "expert", label: t("expert") },
        { id: "score", label: t("score"), kind: "number" },
        { id: "comment", label: t("comment"), free: true },
      ];
    case "improvement-asked":
      return [
        { id: "what", label: t("what") },
        { ...until, free: true },
      ];
    case "improved":
      return [
        { id: "what", label: t("what") },
        { id: "summary", label: t("summary"), kind: "area", max: 8000, free: true },
      ];
    case "admitted":
      return [{ id: "library", label: t("library"), ...placeIn(area), value: library }];
    case "announced":
      return [until, { id: "where", label: t("where"), free: true }];
    case "released":
      return [{ id: "where", label: t("where"), free: true }];
    case "tracked":
      return [{ id: "note", label: t("note"), kind: "area", max: 4000 }];
    case "evaluated":
      return [
        year,
        { id: "grade", label: t("grade") },
        { id: "score", label: t("score"), kind: "number", free: true },
        { id: "note", label: t("note"), free: true },
      ];
    case "supported":
      return [
        {
          id: "form",
          label: t("form"),
          kind: "select",
          options: [
            { value: "money", text: t("form_money") },
            { value: "things", text: t("form_things") },
          ],
        },
        { id: "yuan", label: t("yuan"), kind: "number" },
        { id: "of", label: t("giver"), free: true },
        { id: "what", label: t("thingsNamed"), free: true },
      ];
    case "brand-named":
      return [level(), { id: "of", label: t("place"), ...placeIn(area), value: library }];
    case "brand-withdrawn":
      return [level(), { ...reason, free: true }];
    default:
      return [reason];
  }
}

/** A place is chosen of those of an area ("": all). */
function placeIn(area: string) {
  return { kind: "find", find: findPlaces(area) } as const;
}

function submission(place: string, area: string): Item[] {
  return [
    { id: "name", label: t("name") },
    { id: "place", label: t("place"), ...placeIn(area), value: place },
    { id: "call", label: t("call"), free: true },
    {
      id: "team",
      label: t("team"),
      kind: "find",
      find: findTeams(area),
      none: t("noTeam"),
      free: true,
    },
    { id: "category", label: t("category"), free: true },
    { id: "summary", label: t("summary"), kind: "area", max: 8000, free: true },
  ];
}

function level(): Item {
  const levels = ["county", "city", "sub-centre", "station"] as const;
  return {
    id: "level",
    label: t("level"),
    kind: "select",
    options: levels.map((value) => ({ value, text: t(value) })),
  };
}

export function thisYear(): string {
  return String(new Date().getFullYear());
}

const NUMBERS = ["experts", "year"];

/** What was filled in, as the step's schema has it: whole numbers are numbers, marks are texts. */
export function dataOf(filled: Filled): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(filled).map(([name, text]) => [
      name,
      NUMBERS.includes(name) ? Number(text) : text,
    ]),
  );
}

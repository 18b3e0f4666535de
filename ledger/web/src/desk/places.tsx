// Which place is meant? A choice of those that lie where one works, each below what holds it.
import { api, told } from "../api";
import type { components } from "../api.types";
import { type Asked, type Option, Select, useAsked } from "../ui";

export type PlaceNode = components["schemas"]["PlaceNode"];

/** The places of an area ("": all) as they are today. */
export function usePlaces(area: string): Asked<readonly PlaceNode[]> {
  return useAsked(
    async () =>
      (await told(api.GET("/v1/places/tree", { params: { query: area === "" ? {} : { area } } })))
        .items,
    [area],
  );
}

interface Props {
  label: string;
  places: readonly PlaceNode[];
  value: string;
  onText: (place: string) => void;
  /** What no place at all is called; absent: one has to be chosen. */
  none?: string;
}

export function PlaceSelect({ label, places, value, onText, none }: Props) {
  return (
    <Select
      label={label}
      value={value}
      options={placeOptions(places, value, none)}
      onText={onText}
    />
  );
}

/** Places to choose from, the chosen one among them; `none`: what no place at all is called. */
export function placeOptions(
  places: readonly PlaceNode[],
  value: string,
  none?: string,
): readonly Option[] {
  const unknown = value !== "" && !places.some(({ place }) => place === value);
  return [
    ...(none === undefined ? [] : [{ value: "", text: none }]),
    ...(unknown ? [{ value, text: value }] : []),
    ...places.map(({ place, name, depth }) => ({
      value: place,
      text: `${"\u3000".repeat(depth)}${name || place}`,
    })),
  ];
}

/** What places are called, by id. */
export function namesOf(places: readonly PlaceNode[]): ReadonlyMap<string, string> {
  return new Map(places.map(({ place, name }) => [place, name]));
}

/** Ids that somebody wrote, apart by commas or spaces. */
export function idsOf(text: string): string[] {
  return text.split(/[\s,，;；、]+/).filter((one) => one !== "");
}

// What is the kind of a team called?
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { lang } from "../../i18n";
import { useAsked } from "../../ui";

export type Kind = components["schemas"]["KindShown"];

export const useKinds = () => useAsked(() => told(api.GET("/v1/teams/kinds")), []);

export function kindOf(key: string, kinds: readonly Kind[]): string {
  const known = kinds.find((one) => one.key === key);
  if (known === undefined) return key;
  return lang.value === "zh" ? known.title : known.english;
}

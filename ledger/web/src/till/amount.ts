// How is an amount of a currency written?

import { lang } from "../i18n";
import { exact, yuan } from "../i18n/format";

/** "12 积分"; of the policy's other currencies with their own names. */
export function amount(text: string, currency: string): string {
  if (currency === "CNY") return yuan(text);
  if (currency !== "points") return `${exact(text)} ${currency}`;
  return lang.value === "zh" ? `${exact(text)} 积分` : `${exact(text)} points`;
}

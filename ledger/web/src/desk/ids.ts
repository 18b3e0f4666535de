// What is something called by that nobody has named? By the day, and at random.
import { dayOf } from "./centre/days";

/** An id that nobody has taken, as A260501-1x8c2k9q. */
export function newId(letter: string): string {
  const [first, second] = crypto.getRandomValues(new Uint32Array(2));
  const day = dayOf(new Date()).replaceAll("-", "").slice(2);
  return `${letter}${day}-${first?.toString(36)}${second?.toString(36).slice(0, 2)}`;
}

/** Ids that somebody wrote, apart by commas or spaces. */
export function idsOf(text: string): string[] {
  return text.split(/[\s,，;；、]+/).filter((one) => one !== "");
}

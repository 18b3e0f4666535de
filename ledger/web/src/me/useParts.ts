// How is a long list shown in parts? The first at once, the next when they are wanted.
import { useEffect, useState } from "preact/hooks";
import { type Asked, useAsked } from "../ui";

interface Part<Item> {
  items: Item[];
  next?: string | null;
}

export interface Parts<Item> {
  first: Asked<Part<Item>>;
  items: readonly Item[];
  /** Absent: that is all. */
  more: (() => Promise<void>) | undefined;
}

export function useParts<Item>(
  question: (after: string | undefined) => Promise<Part<Item>>,
): Parts<Item> {
  const first = useAsked(() => question(undefined), []);
  const [parts, setParts] = useState<readonly Part<Item>[]>([]);
  useEffect(() => setParts(first.value ? [first.value] : []), [first.value]);
  const next = parts.at(-1)?.next;
  return {
    first,
    items: parts.flatMap(({ items }) => items),
    more: next
      ? async () => {
          const part = await question(next);
          setParts((known) => [...known, part]);
        }
      : undefined,
  };
}

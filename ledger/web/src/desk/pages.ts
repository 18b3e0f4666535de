// How is a list taken that the ledger gives in parts? The first part at once, the next when wished.

import { type Inputs, useCallback, useEffect, useState } from "preact/hooks";
import { why } from "../api";
import { toast, useAsked } from "../ui";

interface Part<Item> {
  items: readonly Item[];
  next?: string | null;
}

/** `question` asks for the part behind `after`; asked anew whenever `inputs` change. */
export function useParts<Item>(
  question: (after: string | undefined) => Promise<Part<Item>>,
  inputs: Inputs,
) {
  const first = useAsked(() => question(undefined), inputs);
  const [later, setLater] = useState<Part<Item>>({ items: [] });
  useEffect(() => setLater({ items: [], next: first.value?.next ?? null }), [first.value]);
  const { next } = later;
  const more = useCallback(async () => {
    try {
      const part = await question(next ?? undefined);
      setLater((had) => ({ items: [...had.items, ...part.items], next: part.next ?? null }));
    } catch (error) {
      toast(why(error), "bad");
    }
  }, [next, question]);
  const value = first.value && [...first.value.items, ...later.items];
  return { ...first, value, more: next ? more : null };
}

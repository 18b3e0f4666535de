// How is something shown that has to be asked for? Its place is kept while it comes; what went wrong is said.
import type { ComponentChildren } from "preact";
import { type Inputs, useCallback, useEffect, useState } from "preact/hooks";
import { words } from "../i18n";
import { Button } from "./Button";
import { Notice } from "./Card";

export interface Asked<Value> {
  value: Value | undefined;
  error: unknown;
  reload: () => void;
}

/** Asks anew whenever `inputs` change; what was there stays until the answer has come. */
export function useAsked<Value>(
  question: (signal: AbortSignal) => Promise<Value>,
  inputs: Inputs,
): Asked<Value> {
  const [value, setValue] = useState<Value>();
  const [error, setError] = useState<unknown>();
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the question is made anew at each render; `inputs` and `turn` say when it is another
  useEffect(() => {
    const stop = new AbortController();
    setError(undefined);
    question(stop.signal).then(
      (found) => stop.signal.aborted || setValue(() => found),
      (wrong) => stop.signal.aborted || setError(wrong),
    );
    return () => stop.abort();
  }, [...inputs, turn]);
  const reload = useCallback(() => setTurn((last) => last + 1), []);
  return { value, error, reload };
}

const t = words({
  again: { zh: "重试", en: "Try again" },
  loading: { zh: "正在载入…", en: "Loading…" },
  unknown: { zh: "出错了", en: "Something went wrong" },
});

export function Loaded<Value>({
  of,
  children,
}: {
  of: Asked<Value>;
  children: (value: Value) => ComponentChildren;
}) {
  if (of.error !== undefined) {
    return (
      <Notice tone="bad" alert>
        <p>{of.error instanceof Error ? of.error.message : t("unknown")}</p>
        <Button onPress={of.reload}>{t("again")}</Button>
      </Notice>
    );
  }
  if (of.value === undefined) {
    return (
      <div class="skeleton" role="status">
        <span class="sr-only">{t("loading")}</span>
      </div>
    );
  }
  return <>{children(of.value)}</>;
}

// Which one of very many is meant? Typed in part, looked for by the ledger, chosen of what it finds.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { why } from "../api";
import { words } from "../i18n";
import { type Around, described, Field } from "./Field";
import { useAsked } from "./Loaded";

const t = words({
  nothing: { zh: "没有找到", en: "Nothing is found" },
  more: { zh: "更多…", en: "More…" },
  hint: { zh: "输入名称的一部分，或编号的开头", en: "Part of the name, or how the id begins" },
});

export interface Found {
  value: string;
  text: string;
  /** What tells it from others of the same name. */
  note?: string;
}

interface Part {
  items: readonly Found[];
  next?: string | null;
}

/** Those that `text` may mean ("": any), in parts. An id finds itself. */
export type Find = (text: string, after?: string) => Promise<Part>;

interface Props extends Around {
  value: string;
  onText: (value: string) => void;
  find: Find;
  /** What none at all is called; absent: one has to be chosen. */
  none?: string | undefined;
  required?: boolean;
}

/** Milliseconds without another key, after which it is looked for. */
const PAUSE = 150;

const MORE = "\n"; // no id

/** A combobox as WAI-ARIA has it: arrows and Enter choose, Escape leaves it as it was. */
export function Finder({ label, hint, wrong, value, onText, find, none, required }: Props) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  /** null: it is closed. */
  const [typed, setTyped] = useState<string | null>(null);
  const [part, setPart] = useState<Part | null>(null);
  const [failed, setFailed] = useState("");
  const [at, setAt] = useState(0);
  const chosen = useChosen(value, find);
  const { shown, ...entered } = useStill(value, value === "" ? "" : chosen.text);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `find` is made anew at each render
  useEffect(() => {
    if (typed === null) return;
    let stale = false;
    const timer = setTimeout(
      () => {
        find(typed.trim()).then(
          (found) => {
            if (stale) return;
            setPart(found);
            setFailed("");
            setAt(0);
          },
          (error) => stale || setFailed(why(error)),
        );
      },
      typed === "" ? 0 : PAUSE,
    );
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [typed]);
  const options: Found[] = [
    ...(none !== undefined && typed === "" ? [{ value: "", text: none }] : []),
    ...(part?.items ?? []),
    ...(part?.next ? [{ value: MORE, text: t("more") }] : []),
  ];
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const close = () => {
    setTyped(null);
    setPart(null);
  };
  const choose = async (one: Found | undefined) => {
    if (one === undefined) return;
    if (one.value !== MORE) {
      chosen.keep(one);
      onText(one.value);
      close();
      return;
    }
    try {
      const next = await find((typed ?? "").trim(), part?.next ?? undefined);
      setPart((had) => ({ ...next, items: [...(had?.items ?? []), ...next.items] }));
    } catch (error) {
      setFailed(why(error));
    }
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      if (typed === null) setTyped("");
      else setAt((now) => Math.min(Math.max(now + step, 0), options.length - 1));
    } else if (event.key === "Enter" && typed !== null) void choose(options[at]);
    else if (event.key === "Escape" && typed !== null) close();
    else return;
    event.preventDefault(); // neither the form nor the dialog around it is meant
    event.stopPropagation();
  };
  const open = typed !== null && options.length > 0;
  return (
    <Field id={id} label={label} hint={hint} wrong={wrong}>
      <div class="finder">
        <input
          class="input"
          type="text"
          role="combobox"
          autocomplete="off"
          aria-autocomplete="list"
          aria-expanded={open}
          aria-controls={open ? `${id}-list` : undefined}
          aria-activedescendant={open ? `${id}-${at}` : undefined}
          required={required}
          maxLength={64}
          placeholder={typed === null || shown === "" ? (none ?? t("hint")) : shown}
          value={typed ?? shown}
          {...described({ hint, wrong }, id)}
          onClick={() => typed === null && setTyped("")}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={press}
          onFocus={entered.enter}
          onBlur={() => {
            entered.leave();
            close();
          }}
        />
        {typed !== null && part !== null && (
          // biome-ignore lint/a11y/noStaticElementInteractions: what is pressed here does not take the focus
          <div class="finder-list" onMouseDown={(event) => event.preventDefault()}>
            {open && (
              <div id={`${id}-list`} role="listbox" aria-label={t("hint")} ref={list}>
                {options.map((one, number) => (
                  // biome-ignore lint/a11y/useKeyWithClickEvents: keys go to the input
                  // biome-ignore lint/a11y/useFocusableInteractive: the input keeps the focus
                  <div
                    key={one.value}
                    id={`${id}-${number}`}
                    role="option"
                    aria-selected={number === at}
                    onClick={() => choose(one)}
                  >
                    {one.text}
                    {one.note && <span class="soft small"> {one.note}</span>}
                  </div>
                ))}
              </div>
            )}
            {part.items.length === 0 && (
              <p class="soft small" role="status">
                {t("nothing")}
              </p>
            )}
          </div>
        )}
        {failed && <p class="wrong">{failed}</p>}
      </div>
    </Field>
  );
}

/** A name that comes late does not move what is being typed: it is shown once one has left. */
function useStill(value: string, text: string) {
  const [inside, setInside] = useState(false);
  const still = useRef({ value, text });
  if (!inside || still.current.value !== value) still.current = { value, text };
  return {
    shown: still.current.text,
    enter: () => setInside(true),
    leave: () => setInside(false),
  };
}

/** What the chosen one is called: kept from the list, else looked for by its id. */
function useChosen(value: string, find: Find) {
  const [kept, keep] = useState<Found | null>(null);
  const known = kept?.value === value ? kept : undefined;
  const asked = useAsked(
    async () =>
      value === "" || known
        ? undefined
        : (await find(value)).items.find((one) => one.value === value),
    [value],
  );
  const found = known ?? (asked.value?.value === value ? asked.value : undefined);
  return { text: found?.text ?? value, keep };
}

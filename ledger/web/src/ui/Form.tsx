// What has to be filled in for something to be recorded? A dialog of fields; what is wrong is said at its field.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Problem, why } from "../api";
import { words } from "../i18n";
import { Button } from "./Button";
import { Notice } from "./Card";
import { Dialog } from "./Dialog";
import { Choice, Choices, Select, TextArea, TextField } from "./Field";
import { type Find, Finder } from "./Finder";
import { toast } from "./Toast";

const t = words({
  cancel: { zh: "取消", en: "Cancel" },
  missing: { zh: "请填写“{label}”", en: "Fill in “{label}”" },
  whole: { zh: "“{label}”须是整数", en: "“{label}” has to be a whole number" },
});

export interface Option {
  value: string;
  text: string;
}

export interface Item {
  /** As the ledger names it where it says what is wrong: "name", "items.0.title". */
  id: string;
  label: string;
  /** `moment`: a day and a time of this device's zone; `check`: "true" or ""; absent: a line of text. */
  kind?:
    | "area"
    | "number"
    | "whole"
    | "date"
    | "month"
    | "time"
    | "moment"
    | "tel"
    | "select"
    | "radio"
    | "check"
    | "find";
  options?: readonly Option[];
  /** How one of very many is looked for; its id is the value. `none`: what none is called. */
  find?: Find;
  none?: string;
  /** What stands there at first; of a `moment` as the ledger says it. */
  value?: string | undefined;
  hint?: string;
  /** It may be left out. */
  free?: boolean;
  max?: number;
  /** Those of one group that follow each other are set apart; `onDrop`: it can be left out. */
  group?: Group;
  /** What names its value, where the id may change while it is filled in. */
  slot?: string;
  /** What helps to fill it in. */
  below?: (text: string, put: (text: string) => void) => ComponentChildren;
}

interface Group {
  name: string;
  drop?: { label: string; onDrop: () => void };
}

/** What was filled in, by the items' ids, without what was left empty. */
export type Filled = Readonly<Record<string, string>>;

/** `params` that have the ledger do it once, however often it is sent. */
export interface Once {
  header: { "Idempotency-Key": string };
}

interface Props {
  title: string;
  /** A function, where what is asked for depends on what was answered. */
  items: readonly Item[] | ((filled: Filled) => readonly Item[]);
  /** What its button says. */
  yes: string;
  note?: string | undefined;
  danger?: boolean | undefined;
  /** What is said when it is done; absent: nothing. */
  done?: string;
  /** Throws what the ledger says against it. The same `once`: the same request once more. */
  onSend: (filled: Filled, once: Once) => Promise<unknown>;
  onClose: (done: boolean) => void;
  /** What has to be read first. */
  children?: ComponentChildren;
  /** Below the fields. */
  more?: ComponentChildren;
}

export function Form({ title, yes, note, danger, done, onSend, onClose, ...rest }: Props) {
  const [values, setValues] = useState<Filled>({});
  const [wrong, setWrong] = useState<Filled>({});
  const [refused, setRefused] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const once = useOnce();
  const own = useRef<HTMLFormElement>(null);
  const id = useId();
  const items = itemsOf(rest.items, values);
  const [failed, setFailed] = useState<{ before: Element | null } | null>(null);
  useEffect(() => {
    if (failed === null) return;
    const first = own.current?.querySelector("[aria-invalid='true']") ?? failed.before;
    if (first instanceof HTMLElement) first.focus();
  }, [failed]);
  const put = ({ id, slot = id }: Item, text: string) => {
    setValues((had) => ({ ...had, [slot]: text }));
    setWrong(({ [id]: _, ...others }) => others);
    setRefused([]);
  };
  const send = async () => {
    if (running.current) return; // a second press comes before it is shown that the first is under way
    const before = document.activeElement;
    const lost = lacking(items, values);
    setWrong(lost);
    setRefused([]);
    if (Object.keys(lost).length > 0) {
      setFailed({ before });
      return;
    }
    const filled = filledIn(items, values);
    setBusy(true);
    running.current = true;
    try {
      await onSend(filled, once(filled));
    } catch (error) {
      const said = sorted(error, items);
      setWrong(said.at);
      setRefused(said.beside);
      setFailed({ before }); // what is disabled has lost it
      return;
    } finally {
      setBusy(false);
      running.current = false;
    }
    if (done) toast(done, "good");
    onClose(true);
  };
  return (
    <Dialog
      open
      title={title}
      onClose={() => onClose(false)}
      foot={
        <>
          <Button onPress={() => onClose(false)}>{t("cancel")}</Button>
          <Button look={danger ? "danger" : "primary"} type="submit" form={id} busy={busy}>
            {yes}
          </Button>
        </>
      }
    >
      {rest.children}
      {note && <Notice>{note}</Notice>}
      <form
        id={id}
        ref={own}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <fieldset class="plain form-fields" disabled={busy}>
          {grouped(items).map(([group, some]) => (
            <Grouped key={some[0]?.slot ?? some[0]?.id} group={group}>
              {some.map((one) => (
                <Entry
                  key={one.slot ?? one.id}
                  item={one}
                  value={textOf(one, values)}
                  wrong={wrong[one.id]}
                  onText={(text) => put(one, text)}
                />
              ))}
            </Grouped>
          ))}
          {rest.more}
        </fieldset>
      </form>
      {refused.length > 0 && (
        <Notice tone="bad" alert>
          {refused.map((one) => (
            <p key={one}>{one}</p>
          ))}
        </Notice>
      )}
    </Dialog>
  );
}

function Grouped({ group, children }: { group: Group | undefined; children: ComponentChildren }) {
  if (group === undefined) return <>{children}</>;
  return (
    <fieldset class="form-group form-fields">
      <legend>{group.name}</legend>
      {children}
      {group.drop && (
        <Button look="plain" label={group.drop.label} onPress={group.drop.onDrop}>
          {group.drop.label}
        </Button>
      )}
    </fieldset>
  );
}

interface EntryProps {
  item: Item;
  value: string;
  wrong: string | undefined;
  onText: (text: string) => void;
}

function Entry({ item, value, wrong, onText }: EntryProps) {
  const { kind, below } = item;
  const wide = kind === "area" || kind === "radio" || kind === "check" || below !== undefined;
  return (
    <div class={wide ? "wide" : ""}>
      <Input item={item} value={value} wrong={wrong} onText={onText} />
      {below?.(value, onText)}
    </div>
  );
}

function Input({ item, ...rest }: EntryProps) {
  const { label, kind, options = [], hint, free, max = 256, find, none } = item;
  const said = { label, hint, required: !free, ...rest };
  switch (kind) {
    case "select":
      return <Select {...said} options={options} />;
    case "find":
      return find && <Finder {...said} find={find} none={none} />;
    case "radio":
      return <Choices {...said} options={options} />;
    case "check":
      return (
        <Choice
          label={label}
          checked={rest.value !== ""}
          onCheck={(yes) => rest.onText(yes ? "true" : "")}
        />
      );
    case "area":
      return <TextArea {...said} rows={3} maxLength={max} />;
    case "number":
      return <TextField {...said} inputMode="decimal" maxLength={20} />;
    case "whole":
      return <TextField {...said} inputMode="numeric" maxLength={12} />;
    case "moment":
      return <TextField {...said} type="datetime-local" />;
    case "date":
    case "month":
    case "time":
      return <TextField {...said} type={kind} />;
    case "tel":
      return <TextField {...said} type="tel" maxLength={max} />;
    default:
      return <TextField {...said} maxLength={max} />;
  }
}

// What was filled in ------------------------------------------------------------------------------

/** Items that are made from what was filled in are made twice: what they ask for may have a value. */
function itemsOf(items: Props["items"], values: Filled): readonly Item[] {
  if (typeof items !== "function") return items;
  const first = items(values);
  return items(filledIn(first, values));
}

function textOf({ id, slot = id, kind, value, options }: Item, values: Filled): string {
  const start = kind === "moment" && value ? localOf(value) : value;
  return values[slot] ?? start ?? (kind === "check" ? "" : (options?.[0]?.value ?? ""));
}

/** An instant as an input shows it: in this device's zone. */
function localOf(time: string): string {
  const at = new Date(time);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function filledIn(items: readonly Item[], values: Filled): Filled {
  const found: Record<string, string> = {};
  for (const one of items) {
    const text = textOf(one, values).trim();
    if (text) found[one.id] = one.kind === "moment" ? new Date(text).toISOString() : text;
  }
  return found;
}

/** What has to be mended before it is worth to ask the ledger. */
function lacking(items: readonly Item[], values: Filled): Filled {
  const found: Record<string, string> = {};
  for (const one of items) {
    const text = textOf(one, values).trim();
    const { id, label, kind, free } = one;
    if (text === "" && !free && kind !== "check") found[id] = t("missing", { label });
    if (text !== "" && kind === "whole" && !/^\d+$/.test(text)) found[id] = t("whole", { label });
  }
  return found;
}

function grouped(items: readonly Item[]): [Group | undefined, Item[]][] {
  const found: [Group | undefined, Item[]][] = [];
  for (const one of items) {
    const last = found.at(-1);
    if (last && last[0]?.name === one.group?.name) last[1].push(one);
    else found.push([one.group, [one]]);
  }
  return found;
}

// What is sent, and what is said against it -------------------------------------------------------

/** A key for each request: another one for what was filled in otherwise. */
function useOnce(): (filled: Filled) => Once {
  const last = useRef({ said: "", key: "" });
  return (filled) => {
    const said = JSON.stringify(filled);
    if (last.current.key === "" || last.current.said !== said)
      last.current = { said, key: crypto.randomUUID() };
    return { header: { "Idempotency-Key": last.current.key } };
  };
}

/** What is wrong, at its item, and what belongs to none. */
function sorted(error: unknown, items: readonly Item[]): { at: Filled; beside: string[] } {
  const at: Record<string, string> = {};
  const beside: string[] = [];
  const faults = error instanceof Problem ? error.errors : [];
  if (faults.length === 0) beside.push(why(error));
  for (const { field, what } of faults) {
    const item = items
      .filter(({ id }) => field === id || field.startsWith(`${id}.`))
      .sort((a, b) => b.id.length - a.id.length)[0];
    if (item) at[item.id] = what;
    else beside.push([field, what].filter(Boolean).join("："));
  }
  return { at, beside };
}

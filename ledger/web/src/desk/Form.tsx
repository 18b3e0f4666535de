// What has to be filled in for something to be recorded? A dialog of fields, sent under one key.

import { useState } from "preact/hooks";
import { why } from "../api";
import { words } from "../i18n";
import { Button, Dialog, Notice, Select, TextArea, TextField } from "../ui";

const t = words({
  cancel: { zh: "取消", en: "Cancel" },
  missing: { zh: "请填写“{label}”", en: "Fill in “{label}”" },
});

export interface Item {
  id: string;
  label: string;
  /** `moment`: a time in China, of a day and a clock; absent: a line of text. */
  kind?: "area" | "number" | "date" | "moment" | "select";
  options?: readonly { value: string; text: string }[];
  value?: string;
  hint?: string;
  /** It may be left out. */
  free?: boolean;
  max?: number;
}

/** What was filled in, without what was left empty. */
export type Filled = Readonly<Record<string, string>>;

interface Props {
  title: string;
  items: readonly Item[];
  yes: string;
  note?: string | undefined;
  danger?: boolean;
  onClose: () => void;
  /** Throws what the ledger says against it. The same `key`: the same request once more. */
  onSend: (filled: Filled, key: string) => Promise<void>;
}

export function Form({ title, items, yes, note, danger, onClose, onSend }: Props) {
  const [values, setValues] = useState<Filled>(() =>
    Object.fromEntries(items.map(({ id, value, options }) => [id, start(value, options)])),
  );
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [missing, setMissing] = useState<readonly string[]>([]);
  const [wrong, setWrong] = useState<string>();
  const change = (id: string) => (text: string) => {
    setValues((had) => ({ ...had, [id]: text }));
    setMissing((had) => had.filter((one) => one !== id));
    setWrong(undefined);
    setKey(crypto.randomUUID()); // another request than the one that may have arrived
  };
  const send = async () => {
    const open = items.filter(({ id, free }) => !free && !values[id]?.trim());
    setMissing(open.map(({ id }) => id));
    if (open.length > 0) return;
    try {
      await onSend(filled(items, values), key);
    } catch (error) {
      setWrong(why(error));
    }
  };
  return (
    <Dialog
      open
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button onPress={onClose}>{t("cancel")}</Button>
          <Button look={danger ? "danger" : "primary"} onPress={send}>
            {yes}
          </Button>
        </>
      }
    >
      {note && <Notice>{note}</Notice>}
      {items.map((one) => (
        <Entry
          key={one.id}
          item={one}
          value={values[one.id] ?? ""}
          wrong={missing.includes(one.id) ? t("missing", { label: one.label }) : undefined}
          onText={change(one.id)}
        />
      ))}
      {wrong && (
        <Notice tone="bad" alert>
          {wrong}
        </Notice>
      )}
    </Dialog>
  );
}

interface EntryProps {
  item: Item;
  value: string;
  wrong: string | undefined;
  onText: (text: string) => void;
}

function Entry({ item, ...rest }: EntryProps) {
  const { label, kind, options, hint, max = 256 } = item;
  const said = { label, hint, ...rest };
  if (kind === "select") return <Select {...said} options={options ?? []} />;
  if (kind === "area") return <TextArea {...said} rows={3} maxLength={max} />;
  if (kind === "number") return <TextField {...said} inputMode="decimal" maxLength={20} />;
  if (kind === "date") return <TextField {...said} type="date" />;
  if (kind === "moment") return <TextField {...said} type="datetime-local" />;
  return <TextField {...said} maxLength={max} />;
}

function start(value: string | undefined, options: Item["options"]): string {
  return value ?? options?.[0]?.value ?? "";
}

function filled(items: readonly Item[], values: Filled): Filled {
  const found: Record<string, string> = {};
  for (const { id, kind } of items) {
    const text = values[id]?.trim();
    if (text) found[id] = kind === "moment" ? `${text.slice(0, 16)}:00+08:00` : text;
  }
  return found;
}

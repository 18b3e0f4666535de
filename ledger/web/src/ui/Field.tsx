// How does one enter something? A label, the input, a hint and what is wrong, tied together.
import type { ComponentChildren, InputHTMLAttributes } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "./Icon";

export interface Around {
  label: ComponentChildren;
  hint?: ComponentChildren;
  /** What is wrong and what to do; nothing: it is fine. */
  wrong?: string | undefined;
}

export function Field({
  id,
  label,
  hint,
  wrong,
  children,
}: Around & { id: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      <Beside id={id} hint={hint} wrong={wrong} />
    </div>
  );
}

function Beside({ id, hint, wrong }: Pick<Around, "hint" | "wrong"> & { id: string }) {
  return (
    <>
      {hint && (
        <div class="hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      {wrong && (
        <div class="wrong" id={`${id}-wrong`} role="alert">
          <Icon name="warn" />
          {wrong}
        </div>
      )}
    </>
  );
}

export function described({ hint, wrong }: Pick<Around, "hint" | "wrong">, id: string) {
  const by = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(" ");
  return { id, "aria-describedby": by || undefined, "aria-invalid": wrong ? true : undefined };
}

interface TextProps extends Around {
  value: string;
  onText: (text: string) => void;
  type?:
    | "text"
    | "password"
    | "date"
    | "month"
    | "datetime-local"
    | "time"
    | "number"
    | "search"
    | "tel";
  inputMode?: "text" | "numeric" | "decimal" | "none" | "search";
  name?: string;
  autocomplete?: string;
  placeholder?: string;
  required?: boolean;
  maxLength?: number;
  min?: string;
  max?: string;
  /** Id of a datalist with suggestions. */
  list?: string;
  autofocus?: boolean;
}

export function TextField({ label, hint, wrong, onText, ...input }: TextProps) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} wrong={wrong}>
      <input
        class="input"
        type="text"
        autocomplete="off"
        {...(input as InputHTMLAttributes)}
        {...described({ hint, wrong }, id)}
        onInput={(event) => onText(event.currentTarget.value)}
      />
    </Field>
  );
}

interface AreaProps extends Around {
  value: string;
  onText: (text: string) => void;
  rows?: number;
  maxLength?: number;
  required?: boolean;
  spellcheck?: boolean;
}

export function TextArea({ label, hint, wrong, onText, ...area }: AreaProps) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} wrong={wrong}>
      <textarea
        class="input"
        {...area}
        {...described({ hint, wrong }, id)}
        onInput={(event) => onText(event.currentTarget.value)}
      />
    </Field>
  );
}

interface FileProps extends Around {
  /** Endings, as ".csv,.xlsx". */
  accept: string;
  onFile: (file: File | null) => unknown;
}

export function FileField({ label, hint, wrong, accept, onFile }: FileProps) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} wrong={wrong}>
      <input
        class="input"
        type="file"
        accept={accept}
        {...described({ hint, wrong }, id)}
        onChange={(event) => onFile(event.currentTarget.files?.[0] ?? null)}
      />
    </Field>
  );
}

interface SelectProps extends Around {
  value: string;
  options: readonly { value: string; text: string }[];
  onText: (value: string) => void;
  required?: boolean;
}

export function Select({ label, hint, wrong, options, onText, ...select }: SelectProps) {
  const id = useId();
  return (
    <Field id={id} label={label} hint={hint} wrong={wrong}>
      <select
        class="input"
        {...select}
        {...described({ hint, wrong }, id)}
        onChange={(event) => onText(event.currentTarget.value)}
      >
        {options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Field>
  );
}

/** One of several, all of which are seen. */
export function Choices({ label, hint, wrong, options, value, onText }: SelectProps) {
  const id = useId();
  return (
    <fieldset
      class="plain field"
      aria-describedby={described({ hint, wrong }, id)["aria-describedby"]}
    >
      <legend>{label}</legend>
      <div class="choices">
        {options.map((one) => (
          <Choice
            key={one.value}
            radio={id}
            label={one.text}
            checked={value === one.value}
            onCheck={() => onText(one.value)}
          />
        ))}
      </div>
      <Beside id={id} hint={hint} wrong={wrong} />
    </fieldset>
  );
}

interface ChoiceProps {
  label: ComponentChildren;
  checked: boolean;
  onCheck: (checked: boolean) => void;
  /** Radio buttons of one name exclude each other. */
  radio?: string;
}

export function Choice({ label, checked, onCheck, radio }: ChoiceProps) {
  return (
    <label class="choice">
      <input
        type={radio === undefined ? "checkbox" : "radio"}
        name={radio}
        checked={checked}
        onChange={(event) => onCheck(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

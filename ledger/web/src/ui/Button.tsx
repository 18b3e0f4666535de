// What does one press? A button, or a link that looks like one; busy while its promise runs.
import type { ComponentChildren, TargetedMouseEvent } from "preact";
import { useState } from "preact/hooks";
import { Icon, type IconName } from "./Icon";

type Look = "primary" | "danger" | "plain";

interface Props {
  children?: ComponentChildren;
  icon?: IconName;
  /** Said by screen readers where there is no text. */
  label?: string;
  look?: Look;
  wide?: boolean;
  disabled?: boolean;
  type?: "button" | "submit";
  /** Id of the form that it submits, where it stands elsewhere. */
  form?: string;
  /** What it stands for is under way. */
  busy?: boolean;
  class?: string;
  pressed?: boolean;
  onPress?: () => unknown;
}

export function Button({
  children,
  icon,
  label,
  look,
  wide,
  disabled,
  type = "button",
  onPress,
  pressed,
  form,
  ...rest
}: Props) {
  const [running, setBusy] = useState(false);
  const busy = running || rest.busy === true;
  const off = disabled === true || busy;
  const press = async (event: TargetedMouseEvent<HTMLButtonElement>) => {
    if (off) {
      event.preventDefault();
      return;
    }
    const doing = onPress?.();
    if (!(doing instanceof Promise)) return;
    setBusy(true);
    try {
      await doing;
    } finally {
      setBusy(false);
    }
  };
  return (
    <button
      type={type}
      form={form}
      class={classes(look, wide, rest.class)}
      aria-disabled={off}
      aria-busy={busy}
      aria-label={label}
      title={children === undefined ? label : undefined}
      aria-pressed={pressed}
      onClick={press}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface LinkProps {
  href: string;
  children: ComponentChildren;
  icon?: IconName;
  look?: Look;
  wide?: boolean;
  download?: string;
}

export function ButtonLink({ href, children, icon, look, wide, download }: LinkProps) {
  return (
    <a href={href} download={download} class={classes(look, wide)}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}

function classes(look?: Look, wide?: boolean, more?: string): string {
  return ["button", look, wide && "wide", more].filter(Boolean).join(" ");
}

// Why is it so? Opened by whoever wants to know, and only then asked of the ledger.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Loaded, useAsked } from "../ui";
import { type Clause, type Story, story } from "./mine";
import { t } from "./words";

interface Props {
  title: ComponentChildren;
  volunteer: string;
  children: (story: Story) => ComponentChildren;
}

export function Why({ title, volunteer, children }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <details class="why" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{title}</summary>
      {open && <Told volunteer={volunteer}>{children}</Told>}
    </details>
  );
}

function Told({ volunteer, children }: Omit<Props, "title">) {
  const asked = useAsked(() => story(volunteer), [volunteer]);
  return (
    <div class="stack gap-s">
      <Loaded of={asked}>{children}</Loaded>
    </div>
  );
}

/** The policy's own words. */
export function Clauses({ texts }: { texts: readonly string[] }) {
  return (
    <>
      {texts.map((text) => (
        <blockquote key={text} class="clause">
          <span class="soft small">{t("clause")}</span>
          <p>{text}</p>
        </blockquote>
      ))}
    </>
  );
}

export const textsOf = (clauses: readonly Clause[]): string[] => clauses.map(({ text }) => text);

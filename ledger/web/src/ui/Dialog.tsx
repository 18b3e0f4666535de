// What has to be answered first? A modal dialog, and a question with two answers.
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { words } from "../i18n";
import { Button } from "./Button";

interface Props {
  open: boolean;
  title: ComponentChildren;
  children?: ComponentChildren;
  /** Its buttons. */
  foot?: ComponentChildren;
  /** It was left by Escape, or by its own buttons. */
  onClose: () => void;
}

export function Dialog({ open, title, children, foot, onClose }: Props) {
  const own = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    if (open && !own.current?.open) own.current?.showModal();
    if (!open) own.current?.close();
  }, [open]);
  return (
    <dialog class="dialog" ref={own} aria-labelledby={id} onClose={() => open && onClose()}>
      {open && (
        <div>
          <h2 id={id}>{title}</h2>
          {children}
          {foot && <footer>{foot}</footer>}
        </div>
      )}
    </dialog>
  );
}

interface Question {
  title: string;
  text?: string;
  yes: string;
  no?: string;
  danger?: boolean;
}

const asked = signal<(Question & { answer: (yes: boolean) => void }) | null>(null);

/** Asks, and waits for the answer; false, too, where it was left. A Page has to be shown. */
export function ask(question: Question): Promise<boolean> {
  asked.value?.answer(false);
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      answer: (yes) => {
        asked.value = null;
        resolve(yes);
      },
    };
  });
}

const t = words({ cancel: { zh: "取消", en: "Cancel" } });

export function Questions() {
  const now = asked.value;
  return (
    <Dialog
      open={now !== null}
      title={now?.title}
      onClose={() => now?.answer(false)}
      foot={
        now && (
          <>
            <Button onPress={() => now.answer(false)}>{now.no ?? t("cancel")}</Button>
            <Button look={now.danger ? "danger" : "primary"} onPress={() => now.answer(true)}>
              {now.yes}
            </Button>
          </>
        )
      }
    >
      {now?.text && <p>{now.text}</p>}
    </Dialog>
  );
}

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
  const left = useRef(false);
  useEffect(() => {
    if (!open) return;
    const before = document.activeElement;
    const shown = own.current;
    left.current = false;
    if (!shown?.open) shown?.showModal();
    return () => {
      left.current = true; // not by Escape
      shown?.close();
      queueMicrotask(() => backTo(before)); // it is gone by then, and what it covered can be reached
    };
  }, [open]);
  return (
    <dialog class="dialog" ref={own} aria-labelledby={id} onClose={() => left.current || onClose()}>
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

/** Where one was before; if that is there no longer, at the page's text. */
function backTo(before: Element | null): void {
  if (before instanceof HTMLElement && before.isConnected) before.focus();
  else document.getElementById("main")?.focus();
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

// How is something done that takes a few answers? In a dialog, once; what is refused is said in it.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { why } from "../api";
import { Button, Dialog, Notice, toast } from "../ui";

/** `params` that have the ledger do it once, however often it is sent. */
export interface Once {
  header: { "Idempotency-Key": string };
}

interface Props {
  title: string;
  /** What its button says. */
  yes: string;
  danger?: boolean;
  /** What is said when it is done. */
  done: string;
  /** What is missing still; "": it may be sent. */
  missing?: string;
  send: (once: Once) => Promise<unknown>;
  onClose: (done: boolean) => void;
  children?: ComponentChildren;
}

/** To be shown anew each time that something is to be done. */
export function Doing({ title, yes, danger, done, missing, send, onClose, children }: Props) {
  const [once] = useState(() => ({ header: { "Idempotency-Key": crypto.randomUUID() } }));
  const [wrong, setWrong] = useState("");
  const press = async () => {
    if (missing) {
      setWrong(missing);
      return;
    }
    try {
      await send(once);
    } catch (error) {
      setWrong(why(error));
      return;
    }
    toast(done, "good");
    onClose(true);
  };
  return (
    <Dialog
      open
      title={title}
      onClose={() => onClose(false)}
      foot={
        <Button look={danger ? "danger" : "primary"} onPress={press}>
          {yes}
        </Button>
      }
    >
      {children}
      {wrong && (
        <Notice tone="bad" alert>
          {wrong}
        </Notice>
      )}
    </Dialog>
  );
}

// What is looked for in a list? A text in the address, once one pauses at the keys.
import { useEffect, useState } from "preact/hooks";
import { TextField } from "../ui";
import { choose, route } from "./route";

/** Milliseconds. */
const PAUSE = 250;

export function Search({ label, name = "text" }: { label: string; name?: string }) {
  const now = route.value.filters[name] ?? "";
  const [text, setText] = useState(now);
  useEffect(() => setText(now), [now]);
  useEffect(() => {
    if (text.trim() === now) return;
    const timer = setTimeout(() => choose({ [name]: text.trim() }, false), PAUSE);
    return () => clearTimeout(timer);
  }, [text, now, name]);
  return <TextField label={label} type="search" value={text} onText={setText} maxLength={64} />;
}

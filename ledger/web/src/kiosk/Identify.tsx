// Who is it? A code before the camera, a hand scanner, or a number by finger or keyboard.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Camera } from "../scan/Camera";
import { listen } from "../scan/scanning";
import { toast } from "../ui";
import { type Method, prefix, volunteerOf } from "./state";
import { t } from "./words";

type OnFound = (volunteer: string, method: Method) => void;

const AGAIN = 3000; // ms before the same code counts again

export function Identify({ go, onFound }: { go: string; onFound: OnFound }) {
  const last = useRef({ text: "", at: 0 });
  const scanned = (text: string) => {
    const now = Date.now();
    if (text === last.current.text && now - last.current.at < AGAIN) return;
    last.current = { text, at: now };
    const volunteer = volunteerOf(text);
    if (volunteer) onFound(volunteer, "qr");
    else toast(t("notACode"), "bad");
  };
  const latest = useRef(scanned);
  latest.current = scanned;
  useEffect(() => {
    const stop = new AbortController();
    listen((text) => latest.current(text), stop.signal);
    return () => stop.abort();
  }, []);
  return (
    <div class="identify">
      <Camera onText={(text) => latest.current(text)} />
      <Keypad go={go} onFound={onFound} />
    </div>
  );
}

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

function Keypad({ go, onFound }: { go: string; onFound: OnFound }) {
  const [text, setText] = useState(prefix.value);
  const [wrong, setWrong] = useState(false);
  const id = useId();
  const change = (next: string) => {
    setText(next);
    setWrong(false);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const volunteer = volunteerOf(text);
    if (!volunteer || text === prefix.value) {
      setWrong(true);
      return;
    }
    change(prefix.value);
    onFound(volunteer, "number");
  };
  return (
    <form class="keypad card" onSubmit={submit}>
      <label for={id}>{t("number")}</label>
      <input
        id={id}
        class="input"
        value={text}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        enterkeyhint="go"
        aria-invalid={wrong}
        aria-describedby={`${id}-wrong`}
        onInput={(event) => change(event.currentTarget.value)}
      />
      <p class="wrong" id={`${id}-wrong`} role="alert">
        {wrong && t("numberWrong")}
      </p>
      <div class="keys">
        {DIGITS.map((digit) => (
          <button type="button" class="button" key={digit} onClick={() => change(text + digit)}>
            {digit}
          </button>
        ))}
        <button type="button" class="button" onClick={() => change(text.slice(0, -1))}>
          {t("erase")}
        </button>
        <button type="button" class="button" onClick={() => change(`${text}0`)}>
          0
        </button>
        <button type="submit" class="button primary">
          {go}
        </button>
      </div>
    </form>
  );
}

// Is it read aloud? In the page's language, by the device's own voice.
import { signal } from "@preact/signals";
import { locale } from "../i18n";
import { kept } from "../ui";

const [chosen, keep] = kept("kiosk.voice");

export const voice = signal(chosen !== "off");

export function changeVoice(): void {
  voice.value = !voice.value;
  keep(voice.value ? "on" : "off");
  if (!voice.value) speechSynthesis?.cancel();
}

export function say(text: string): void {
  if (!voice.value || !("speechSynthesis" in globalThis)) return;
  const saying = new SpeechSynthesisUtterance(text);
  saying.lang = locale();
  saying.rate = 0.9;
  speechSynthesis.cancel();
  speechSynthesis.speak(saying);
}

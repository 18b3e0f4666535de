// Light or dark? As the device says, unless somebody chose.
import { effect, signal } from "@preact/signals";
import { kept } from "./kept";

type Theme = "light" | "dark";

const device = matchMedia("(prefers-color-scheme: dark)");
const [chosen, keep] = kept("theme");

export const theme = signal<Theme>(chosen === "light" || chosen === "dark" ? chosen : ofDevice());

function ofDevice(): Theme {
  return device.matches ? "dark" : "light";
}

device.addEventListener("change", () => {
  if (kept("theme")[0] === null) theme.value = ofDevice();
});

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

export function changeTheme(): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  keep(theme.value);
}

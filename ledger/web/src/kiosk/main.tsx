import { render } from "preact";
import "../ui";
import { device, findDevice, takeDevice } from "./device";
import { Kiosk } from "./Kiosk";
import { keepProgramme } from "./programme";
import { count, tidy } from "./queue";
import { keepSending } from "./sending";
import { keepCurrent } from "./updating";

document.documentElement.dataset.scale = "large";

async function begin(): Promise<void> {
  await findDevice();
  await takeDevice();
  await count();
  const app = document.getElementById("app");
  if (app) render(<Kiosk />, app);
  await keepProgramme(() => device.value);
  keepSending();
  await tidy();
}

void begin();
if ("serviceWorker" in navigator && import.meta.env.PROD) void keepCurrent();

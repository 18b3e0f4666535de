// How does a kiosk that is never switched off come to a new version? When nobody stands before it.
import { screen } from "./state";

const LOOKS_EVERY = 6 * 3_600_000; // ms

/** Registers the service worker, and loads the page anew once another has taken over. */
export async function keepCurrent(): Promise<void> {
  const worker = navigator.serviceWorker;
  let controlled = worker.controller !== null; // not by any at the first visit
  let outdated = false;
  worker.addEventListener("controllerchange", () => {
    outdated ||= controlled;
    controlled = true;
    reloadIfIdle();
  });
  const reloadIfIdle = () => {
    if (outdated && screen.peek().is === "start") location.reload();
  };
  screen.subscribe(reloadIfIdle);
  const registration = await worker.register("/kiosk/worker.js", { scope: "/kiosk/" });
  setInterval(() => void registration.update().catch(() => undefined), LOOKS_EVERY); // no network: later
}

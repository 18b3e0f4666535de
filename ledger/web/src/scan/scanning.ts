// What does a scanner read? The camera's picture, by the browser or a decoder loaded when it has none; or keys typed fast.

interface Detector {
  detect(video: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}

interface DetectorClass {
  new (options: { formats: "qr_code"[] }): Detector;
  getSupportedFormats(): Promise<readonly string[]>;
}

const PAUSE = 120; // ms between two looks: a cheap phone has to keep up

export type Facing = "user" | "environment";

/** Shows the camera in `video` and calls `found` with what it reads, until `stop`. Throws if there is none, or it is refused. */
export async function watch(
  video: HTMLVideoElement,
  facing: Facing,
  found: (text: string) => void,
  stop: AbortSignal,
): Promise<void> {
  const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: facing, ...size },
  });
  const end = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  if (stop.aborted) return end();
  stop.addEventListener("abort", end);
  video.srcObject = stream;
  await video.play().catch(() => undefined); // it was left before it began
  const detector = await bestDetector();
  while (!stop.aborted) {
    const ready = video.readyState >= video.HAVE_CURRENT_DATA;
    const codes = ready ? await detector.detect(video).catch(() => []) : []; // a picture too many does no harm
    const [first] = codes;
    if (first && !stop.aborted) found(first.rawValue);
    await new Promise((go) => setTimeout(go, PAUSE));
  }
}

async function bestDetector(): Promise<Detector> {
  const own = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  const reads = own && (await own.getSupportedFormats()).includes("qr_code");
  const Best: DetectorClass = reads ? own : (await import("qr/decode.js")).BarcodeDetector;
  return new Best({ formats: ["qr_code"] });
}

const BETWEEN = 1000; // ms: a busy device hands keys on late, and half a number is another person's
const SHORTEST = 3;

type Found = (text: string) => void;

const listening: Found[] = [];
let typed = "";
let whole = true; // nothing of it went into a field
let last = 0;

/** Calls `found` with what a scanner types (it ends with Enter) while no field has the focus, until `stop`. */
export function listen(found: Found, stop: AbortSignal): void {
  listening.push(found);
  stop.addEventListener("abort", () => listening.splice(listening.indexOf(found), 1));
}

/** Keys are collected from the first one on, whichever screen is there: half a number is another person's. */
function take(event: KeyboardEvent): void {
  const target = event.target as Element | null;
  if (event.timeStamp - last > BETWEEN) [typed, whole] = ["", true];
  last = event.timeStamp;
  if (target?.closest("input, textarea, select, dialog")) {
    whole = event.key === "Enter"; // what follows is another one
    typed = "";
  } else if (event.key === "Enter") {
    const found = whole && typed.length >= SHORTEST ? listening.at(-1) : undefined;
    if (found) event.preventDefault(); // the button that has the focus is not meant
    found?.(typed);
    [typed, whole] = ["", true];
  } else if (event.key.length === 1) {
    typed += event.key;
  }
}

addEventListener("keydown", take, { capture: true });

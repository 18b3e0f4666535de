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

/** Calls `found` with what a scanner types (it ends with Enter) while no field has the focus, until `stop`. */
export function listen(found: (text: string) => void, stop: AbortSignal): void {
  let typed = "";
  let last = 0;
  const take = (event: KeyboardEvent) => {
    const target = event.target as Element | null;
    if (target?.closest("input, textarea, select, dialog")) return;
    if (event.timeStamp - last > BETWEEN) typed = "";
    last = event.timeStamp;
    if (event.key === "Enter" && typed.length >= SHORTEST) {
      event.preventDefault(); // the button that has the focus is not meant
      found(typed);
      typed = "";
    } else if (event.key.length === 1) {
      typed += event.key;
    }
  };
  addEventListener("keydown", take, { signal: stop, capture: true });
}

// What does the camera see? Its picture, and the codes in it; each device remembers whether it is on.
import { useEffect, useRef, useState } from "preact/hooks";
import { words } from "../i18n";
import { Button, Icon, kept, Notice } from "../ui";
import "./camera.css";
import { type Facing, watch } from "./scanning";

const t = words({
  camera: { zh: "扫码", en: "Scan" },
  cameraOn: { zh: "打开摄像头", en: "Turn the camera on" },
  cameraOff: { zh: "关闭摄像头", en: "Turn the camera off" },
  cameraTurn: { zh: "换一个摄像头", en: "Other camera" },
  cameraWait: { zh: "把二维码对准摄像头", en: "Hold the code before the camera" },
  cameraNone: {
    zh: "用不了摄像头：请允许使用，或输入编号",
    en: "No camera: allow its use, or type the number",
  },
  scannerHint: { zh: "也可以用扫码枪：直接扫即可", en: "A hand scanner works, too: just scan" },
});

const [cameraKept, keepCamera] = kept("camera");
const [facingKept, keepFacing] = kept("facing");
let cameraOn = cameraKept === "on";
let facing: Facing = facingKept === "environment" ? "environment" : "user";

/** Calls `onText` with each code that it reads, again and again while it is in view. */
export function Camera({ onText }: { onText: (text: string) => void }) {
  const [on, setOn] = useState(cameraOn);
  const [side, setSide] = useState(facing);
  const [failed, setFailed] = useState(false);
  const video = useRef<HTMLVideoElement>(null);
  const latest = useRef(onText);
  latest.current = onText;
  useEffect(() => {
    if (!on || !video.current) return;
    const stop = new AbortController();
    setFailed(false);
    watch(video.current, side, (text) => latest.current(text), stop.signal).catch(() =>
      setFailed(true),
    );
    return () => stop.abort();
  }, [on, side]);
  const turn = (next: boolean) => {
    cameraOn = next;
    keepCamera(next ? "on" : "off");
    setOn(next);
  };
  const other = () => {
    facing = side === "user" ? "environment" : "user";
    keepFacing(facing);
    setSide(facing);
  };
  return (
    <section class="camera card" aria-label={t("camera")}>
      <div class="viewer">
        {on && !failed ? (
          <>
            <video ref={video} class={side} muted playsinline aria-label={t("cameraWait")} />
            <div class="frame" />
          </>
        ) : (
          <Icon name="camera" />
        )}
      </div>
      {failed && on && <Notice tone="wait">{t("cameraNone")}</Notice>}
      <p class="soft">{on && !failed ? t("cameraWait") : t("scannerHint")}</p>
      <div class="row">
        <Button icon="camera" onPress={() => turn(!on)}>
          {t(on ? "cameraOff" : "cameraOn")}
        </Button>
        {on && <Button onPress={other}>{t("cameraTurn")}</Button>}
      </div>
    </section>
  );
}

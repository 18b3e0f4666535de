// Which screen? The first one waits for a code or a number.
import { Button, Icon, Notice, Page } from "../ui";
import { Choose } from "./Choose";
import { Claim } from "./Claim";
import { Done } from "./Done";
import { device } from "./device";
import { Group } from "./Group";
import "./kiosk.css";
import { unsent } from "./queue";
import { Settings, Setup } from "./Settings";
import { Start } from "./Start";
import { clockAhead, line, stranger } from "./sending";
import { screen, show } from "./state";
import { Unsent } from "./Unsent";
import { changeVoice, voice } from "./voice";
import { t } from "./words";

const CLOCK_TOLERANCE = 90; // seconds that one minds

export function Kiosk() {
  const own = device.value;
  return (
    <Page name={t("name")} tools={own && <Tools />}>
      {clockAhead.value !== null && Math.abs(clockAhead.value) > CLOCK_TOLERANCE && (
        <Notice tone="bad">{t("clockWrong", { seconds: clockAhead.value })}</Notice>
      )}
      {stranger.value && <Notice tone="wait">{t("stranger")}</Notice>}
      {own ? <Now /> : <Setup />}
    </Page>
  );
}

function Now() {
  const now = screen.value;
  switch (now.is) {
    case "start":
      return <Start />;
    case "choose":
      return <Choose key={now.volunteer} volunteer={now.volunteer} method={now.method} />;
    case "claim":
      return <Claim volunteer={now.volunteer} visit={now.visit} />;
    case "done":
      return <Done key={now.marks[0]?.id} marks={now.marks} />;
    case "group":
      return <Group />;
    case "unsent":
      return <Unsent />;
    case "settings":
      return <Settings />;
  }
}

function Tools() {
  const { count, rejected } = unsent.value;
  const down = line.value === "down";
  return (
    <>
      <button
        type="button"
        class={`button sent-state ${count || rejected ? "wait" : "good"}`}
        onClick={() => show({ is: "unsent" })}
      >
        <Icon name={down ? "offline" : count ? "clock" : "check"} />
        <span>
          {count ? t("unsent", { count }) : t("allSent")}
          {down && <small>{t("offline")}</small>}
        </span>
      </button>
      <Button
        look="plain"
        icon={voice.value ? "voice" : "mute"}
        label={t(voice.value ? "voiceOff" : "voiceOn")}
        onPress={changeVoice}
      />
      <Button
        look="plain"
        icon="gear"
        label={t("settings")}
        onPress={() => show({ is: "settings" })}
      />
    </>
  );
}

// What does the kiosk show while it waits for somebody?
import { Button } from "../ui";
import { Identify } from "./Identify";
import { show } from "./state";
import { Title } from "./Title";
import { say } from "./voice";
import { t } from "./words";

export function Start() {
  return (
    <div class="stack">
      <div class="row ends">
        <Title>{t("welcome")}</Title>
        <Button icon="people" onPress={() => show({ is: "group" })}>
          {t("group")}
        </Button>
      </div>
      <Identify
        go={t("next")}
        onFound={(volunteer, method) => {
          show({ is: "choose", volunteer, method });
          say(t("chooseSay"));
        }}
      />
    </div>
  );
}

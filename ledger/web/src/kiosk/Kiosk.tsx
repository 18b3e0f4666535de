import { words } from "../i18n";
import { Page } from "../ui";

const t = words({ name: { zh: "签到台", en: "Kiosk" } });

export function Kiosk() {
  return (
    <Page name={t("name")}>
      <h1>{t("name")}</h1>
    </Page>
  );
}

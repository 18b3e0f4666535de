// Who is here? The session says.
import { api, told } from "../api";
import { words } from "../i18n";
import { Loaded, Page, useAsked } from "../ui";

const t = words({
  name: { zh: "工作台", en: "Desk" },
  hello: { zh: "您好，{name}", en: "Hello, {name}" },
  nobody: {
    zh: "请先登录，或打开管理员给您的链接",
    en: "Log in first, or open the link that your administrator gave you",
  },
});

export function Desk() {
  const session = useAsked(() => told(api.GET("/v1/session")), []);
  return (
    <Page name={t("name")}>
      <div class="stack">
        <h1>{t("name")}</h1>
        <Loaded of={session}>
          {({ name, login }) => (
            <p>{login === null ? t("nobody") : t("hello", { name: name ?? "" })}</p>
          )}
        </Loaded>
      </div>
    </Page>
  );
}

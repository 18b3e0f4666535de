// Who is here? The session says.
import { api, told } from "../api";
import { words } from "../i18n";
import { Loaded, Notice, Page, useAsked } from "../ui";

const t = words({
  name: { zh: "收银台", en: "Till" },
  hello: { zh: "您好，{name}", en: "Hello, {name}" },
  nobody: {
    zh: "请先登录，或打开管理员给您的链接",
    en: "Log in first, or open the link that your administrator gave you",
  },
});

export function Till() {
  const session = useAsked(() => told(api.GET("/v1/session")), []);
  return (
    <Page name={t("name")}>
      <Loaded of={session}>
        {({ name, login }) =>
          login === null ? (
            <Notice>{t("nobody")}</Notice>
          ) : (
            <h1>{t("hello", { name: name ?? "" })}</h1>
          )
        }
      </Loaded>
    </Page>
  );
}

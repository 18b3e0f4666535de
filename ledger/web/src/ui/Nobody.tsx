// What does a page say to somebody who has not logged in?
import { words } from "../i18n";
import { ButtonLink } from "./Button";
import { Notice } from "./Card";

const t = words({
  nobody: {
    zh: "请先登录，或打开管理员给您的链接",
    en: "Log in first, or open the link that your administrator gave you",
  },
  logIn: { zh: "登录", en: "Log in" },
});

/** `login`: where to log in at the provider, if there is one, who then leads back here. */
export function Nobody({ name, login }: { name: string; login: string | null }) {
  return (
    <Notice>
      <h1>{name}</h1>
      <p>{t("nobody")}</p>
      {login && (
        <ButtonLink look="primary" href={`${login}?next=${encodeURIComponent(here())}`}>
          {t("logIn")}
        </ButtonLink>
      )}
    </Notice>
  );
}

function here(): string {
  return location.pathname + location.hash;
}

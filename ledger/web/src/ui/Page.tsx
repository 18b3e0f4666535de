// What is around each page? Its name, its ways, the choice of language and theme; messages and questions above it.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { changeLang, lang, words } from "../i18n";
import { Button } from "./Button";
import { Questions } from "./Dialog";
import { Toasts } from "./Toast";
import { changeTheme, theme } from "./theme";

const t = words({
  ledger: { zh: "志愿服务账本", en: "Volunteer Ledger" },
  skip: { zh: "跳到正文", en: "Skip to content" },
  lang: { zh: "English", en: "中文" },
  dark: { zh: "深色", en: "Dark" },
  light: { zh: "浅色", en: "Light" },
  parts: { zh: "栏目", en: "Sections" },
  within: { zh: "本栏", en: "In this section" },
});

interface Way {
  href: string;
  text: string;
  /** It is the one that is shown. */
  now?: boolean;
}

interface Props {
  /** Of the application, as 签到台. */
  name: string;
  children: ComponentChildren;
  /** Links within the application. */
  ways?: readonly Way[];
  /** Links within the way that is shown. */
  within?: readonly Way[];
  tools?: ComponentChildren;
  foot?: ComponentChildren;
}

export function Page({ name, children, ways, within, tools, foot }: Props) {
  const title = `${name} · ${t("ledger")}`;
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <div class="page">
      <a class="skip" href="#main">
        {t("skip")}
      </a>
      <header class="page-head">
        <div class="page-head-inner">
          <a class="page-name" href="/">
            <img src="/icons/seal.svg" alt="" width="40" height="40" />
            <span>
              <b>{name}</b>
              <small>{t("ledger")}</small>
            </span>
          </a>
          <div class="page-looks">
            <Button
              look="plain"
              icon={theme.value === "dark" ? "sun" : "moon"}
              label={t(theme.value === "dark" ? "light" : "dark")}
              onPress={changeTheme}
            />
            <Button look="plain" onPress={changeLang}>
              <span lang={lang.value === "zh" ? "en" : "zh-CN"}>{t("lang")}</span>
            </Button>
          </div>
          {tools && <div class="page-tools">{tools}</div>}
          {ways && <Ways label={t("parts")} ways={ways} />}
          {within && <Ways label={t("within")} ways={within} minor />}
        </div>
      </header>
      <main class="page-main" id="main" tabIndex={-1}>
        {children}
      </main>
      {foot ? <footer class="page-foot">{foot}</footer> : <div />}
      <Questions />
      <Toasts />
    </div>
  );
}

function Ways({ label, ways, minor }: { label: string; ways: readonly Way[]; minor?: boolean }) {
  return (
    <nav class={`page-nav ${minor ? "minor" : ""}`} aria-label={label}>
      <ul>
        {ways.map(({ href, text, now }) => (
          <li key={href}>
            <a href={href} aria-current={now ? "page" : undefined}>
              {text}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

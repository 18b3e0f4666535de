// Who is here, and which part of their page do they look at? The part is named behind the #.
import { signal } from "@preact/signals";
import { api, told } from "../api";
import { Icon, type IconName, Loaded, Nobody, Notice, Page, useAsked } from "../ui";
import { Activities } from "./Activities";
import { Affairs } from "./Affairs";
import { Code } from "./Code";
import { Home } from "./Home";
import { Hours } from "./Hours";
import { Points } from "./Points";
import { t } from "./words";

const PARTS = {
  home: { icon: "person", part: Home },
  activities: { icon: "people", part: Activities },
  hours: { icon: "clock", part: Hours },
  code: { icon: "code", part: Code },
  points: { icon: "star", part: Points },
  affairs: { icon: "book", part: Affairs },
} as const satisfies Record<
  string,
  { icon: IconName; part: (props: { volunteer: string }) => unknown }
>;

type Part = keyof typeof PARTS;

const isPart = (name: string): name is Part => name in PARTS;
const named = (): Part | null => {
  const name = location.hash.slice(1);
  return isPart(name) ? name : null;
};

const shown = signal<Part>(named() ?? "home");
addEventListener("hashchange", () => {
  const next = named(); // others, as of the link that skips to the content, are no parts
  if (next === null || next === shown.value) return;
  shown.value = next;
  scrollTo(0, 0);
});

export function Me() {
  const session = useAsked(() => told(api.GET("/v1/session")), []);
  const volunteer = session.value?.volunteer;
  return (
    <Page name={t("name")}>
      <div class="me">
        <Loaded of={session}>
          {({ name, login, login_url }) =>
            login === null ? (
              <Nobody name={t("name")} login={login_url} />
            ) : volunteer ? (
              <Shown volunteer={volunteer} />
            ) : (
              <Notice tone="wait">
                <h1>{t("name")}</h1>
                <p>{t("notVolunteer", { name })}</p>
              </Notice>
            )
          }
        </Loaded>
        {volunteer && <Bar />}
      </div>
    </Page>
  );
}

function Shown({ volunteer }: { volunteer: string }) {
  const Part = PARTS[shown.value].part;
  return <Part volunteer={volunteer} key={shown.value} />;
}

function Bar() {
  return (
    <nav class="me-bar" aria-label={t("sections")}>
      <ul>
        {(Object.keys(PARTS) as Part[]).map((name) => (
          <li key={name}>
            <a href={`#${name}`} aria-current={shown.value === name ? "page" : undefined}>
              <Icon name={PARTS[name].icon} />
              {t(name)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

// What does an office look at? Its session decides which views there are.
import { lazy, Suspense } from "preact/compat";
import { api, told } from "../api";
import { Button, Loaded, Nobody, Notice, Page, useAsked } from "../ui";
import { Complaints } from "./Complaints";
import "./desk.css";
import { Overview } from "./Overview";
import { Reviews } from "./Reviews";
import { route, to, type View } from "./route";
import { Stars } from "./Stars";
import { Volunteer } from "./Volunteer";
import { t } from "./words";

const Policies = lazy(() => import("./Policies"));
const Audit = lazy(() => import("./Audit"));

/** Which of these permissions a view takes. */
const TAKES: Record<View, readonly string[]> = {
  overview: ["read"],
  stars: ["read"],
  volunteer: ["read"],
  reviews: ["read"],
  complaints: ["read"],
  policies: ["read", "simulate"],
  audit: ["trail", "verify", "grant"],
};

export function Desk() {
  const session = useAsked(() => told(api.GET("/v1/session")), []);
  const held = session.value?.permissions ?? [];
  const views = (Object.keys(TAKES) as View[]).filter((one) =>
    TAKES[one].some((permission) => held.includes(permission)),
  );
  const { view } = route.value;
  const ways = views.map((one) => ({ href: to(one), text: t(one), now: one === view }));
  return (
    <Page
      name={t("name")}
      {...(views.length > 0 ? { ways } : {})}
      tools={session.value?.login && <Person name={session.value.name} />}
    >
      <Loaded of={session}>
        {({ login, login_url }) =>
          login === null ? (
            <Nobody name={t("name")} login={login_url} />
          ) : views.includes(view) ? (
            <Suspense fallback={<div class="skeleton" />}>
              <Shown view={view} of={route.value.of} held={held} />
            </Suspense>
          ) : (
            <div class="stack">
              <h1>{t(view)}</h1>
              <Notice tone="wait">{t("notYours")}</Notice>
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}

/** Whose session it is: at an office several people use one computer. */
function Person({ name }: { name: string }) {
  const leave = async () => {
    await told(api.DELETE("/v1/session"));
    location.reload();
  };
  return (
    <>
      <span class="small person">{name}</span>
      <Button look="plain" onPress={leave}>
        {t("logOut")}
      </Button>
    </>
  );
}

function Shown({ view, of, held }: { view: View; of: string; held: readonly string[] }) {
  switch (view) {
    case "overview":
      return <Overview place={of} />;
    case "stars":
      return <Stars />;
    case "volunteer":
      return <Volunteer id={of} />;
    case "reviews":
      return <Reviews mayDecide={held.includes("review")} />;
    case "complaints":
      return <Complaints mayAnswer={held.includes("complaint")} />;
    case "policies":
      return (
        <Policies
          proposal={of}
          mayTry={held.includes("simulate")}
          mayAdopt={held.includes("adopt")}
        />
      );
    case "audit":
      return <Audit held={held} />;
  }
}

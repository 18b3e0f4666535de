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
import { open } from "./views";
import { t } from "./words";

const Policies = lazy(() => import("./Policies"));
const Audit = lazy(() => import("./Audit"));
const Exchange = lazy(() => import("./exchange/Exchange"));
const Places = lazy(() => import("./centre/Places"));
const Teams = lazy(() => import("./centre/Teams"));
const Activities = lazy(() => import("./centre/Activities"));
const Orders = lazy(() => import("./loop/Orders"));
const Projects = lazy(() => import("./projects/Projects"));
const Assessment = lazy(() => import("./assessing/Assessment"));
const Honours = lazy(() => import("./honours/Honours"));

export function Desk() {
  const session = useAsked(() => told(api.GET("/v1/session")), []);
  // the head grows by what is told: nothing may stand below it yet
  if (session.value === undefined && session.error === undefined) return <div class="skeleton" />;
  const held = session.value?.permissions ?? [];
  const { view } = route.value;
  const groups = open(held);
  const here = groups.find(({ views }) => views.includes(view));
  const ways = groups.map(({ group, views: [first] }) => ({
    href: to(first ?? view),
    text: t(`group_${group}`),
    now: group === here?.group,
  }));
  const within = here?.views.map((one) => ({ href: to(one), text: t(one), now: one === view }));
  return (
    <Page
      name={t("name")}
      {...(ways.length > 0 ? { ways } : {})}
      {...(within && within.length > 1 ? { within } : {})}
      tools={session.value?.login && <Person name={session.value.name} />}
    >
      <Loaded of={session}>
        {({ login, login_url, place }) =>
          login === null ? (
            <Nobody name={t("name")} login={login_url} />
          ) : here !== undefined ? (
            <Suspense fallback={<div class="skeleton" />}>
              <Shown view={view} of={route.value.of} held={held} home={place} />
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

interface ShownProps {
  view: View;
  of: string;
  held: readonly string[];
  /** The place that one works at; "": everywhere. */
  home: string;
}

function Shown({ view, of, held, home }: ShownProps) {
  switch (view) {
    case "overview":
      return <Overview place={of} />;
    case "stars":
      return <Stars />;
    case "volunteer":
      return <Volunteer id={of} mayWithdraw={held.includes("review")} />;
    case "reviews":
      return <Reviews mayDecide={held.includes("review")} />;
    case "complaints":
      return <Complaints mayAnswer={held.includes("complaint")} />;
    case "exchange":
      return (
        <Exchange
          home={home}
          mayImport={held.includes("record") && held.includes("register")}
          mayReveal={held.includes("reveal")}
        />
      );
    case "places":
      return <Places of={of} home={home} held={held} />;
    case "teams":
      return <Teams of={of} home={home} mayChange={held.includes("register")} />;
    case "activities":
      return <Activities of={of} home={home} held={held} />;
    case "orders":
      return <Orders of={of} home={home} mayAct={held.includes("record")} />;
    case "projects":
      return (
        <Projects
          project={of}
          home={home}
          mayRecord={held.includes("register")}
          mayScore={held.includes("review")}
        />
      );
    case "assessment":
      return <Assessment place={of} home={home} mayReview={held.includes("review")} />;
    case "honours":
      return (
        <Honours
          nomination={of}
          home={home}
          mayNominate={held.includes("register")}
          mayDecide={held.includes("review")}
        />
      );
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

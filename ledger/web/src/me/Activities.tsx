// What can I join, what have I signed up for, which orders wait for me, and which teams am I in?
import { useState } from "preact/hooks";
import { api, told, why } from "../api";
import type { components } from "../api.types";
import { day, moment } from "../i18n/format";
import { ask, Badge, Button, Card, Loaded, Select, toast, useAsked } from "../ui";
import { of } from "./mine";
import { Orders } from "./Orders";
import { Part } from "./Part";
import { useParts } from "./useParts";
import { t } from "./words";

type Schemas = components["schemas"];
type Activity = Schemas["ActivityListed"];
type OwnSignUp = Schemas["OwnSignUp"];
type Belonging = Schemas["Belonging"];

const once = () => ({ header: { "Idempotency-Key": crypto.randomUUID() } });

export function Activities({ volunteer }: { volunteer: string }) {
  const asked = useAsked(
    () =>
      Promise.all([
        told(api.GET("/v1/volunteers/{volunteer}/belonging", of(volunteer))),
        told(api.GET("/v1/volunteers/{volunteer}/sign-ups", of(volunteer))),
        told(api.GET("/v1/orders", { params: { query: { volunteer, first: "due" } } })),
      ]),
    [volunteer],
  );
  return (
    <Part title={t("activities")}>
      <Loaded of={asked}>
        {([belonging, signUps, orders]) => (
          <div class="stack">
            {orders.items.length > 0 && (
              <Orders volunteer={volunteer} orders={orders.items} onDone={asked.reload} />
            )}
            <Own volunteer={volunteer} signUps={signUps.items} onDone={asked.reload} />
            <Teams teams={belonging.teams} />
            <Near
              volunteer={volunteer}
              places={belonging.places}
              signUps={signUps.items}
              onDone={asked.reload}
            />
          </div>
        )}
      </Loaded>
    </Part>
  );
}

interface OwnProps {
  volunteer: string;
  signUps: readonly OwnSignUp[];
  onDone: () => void;
}

const STATES = {
  in: { word: "signIn", tone: "good" },
  waiting: { word: "signWaiting", tone: "wait" },
  withdrawn: { word: "signWithdrawn", tone: undefined },
  refused: { word: "signRefused", tone: "bad" },
  absent: { word: "signAbsent", tone: "bad" },
} as const;

function stateOf({ state }: OwnSignUp) {
  return STATES[state as keyof typeof STATES];
}

/** So many of what is over are shown. */
const PAST = 5;

function Own({ volunteer, signUps, onDone }: OwnProps) {
  const now = Date.now();
  const isOver = ({ about }: OwnSignUp) =>
    about.ends_at !== null && Date.parse(about.ends_at) < now;
  const coming = signUps
    .filter((one) => !isOver(one))
    .sort((a, b) => (a.about.starts_at ?? "").localeCompare(b.about.starts_at ?? ""));
  const shown = [...coming, ...signUps.filter(isOver).slice(0, PAST)];
  const withdraw = async (one: OwnSignUp) => {
    const sure = await ask({
      title: t("withdrawFrom", { name: one.about.name }),
      text: t("withdrawAsk"),
      yes: t("withdraw"),
      danger: true,
    });
    if (!sure) return;
    try {
      await told(
        api.POST("/v1/activities/{activity}/sign-ups/{volunteer}/withdraw", {
          params: { ...once(), path: { activity: one.activity, volunteer } },
          body: { reason: "" },
        }),
      );
      toast(t("signedOff"), "good");
    } catch (error) {
      toast(why(error), "bad");
    }
    onDone();
  };
  return (
    <Card title={t("ownSignUps")}>
      {shown.length === 0 && <p class="soft">{t("noOwnSignUps")}</p>}
      <ol class="me-lines">
        {shown.map((one) => {
          const { word, tone } = stateOf(one);
          const begun = one.about.starts_at !== null && Date.parse(one.about.starts_at) <= now;
          const stands = one.state === "in" || one.state === "waiting";
          return (
            <li key={one.activity}>
              <div class="row ends">
                <b>{one.about.name}</b>
                <Badge {...(tone && { tone })}>{t(word, { position: one.position })}</Badge>
              </div>
              <p class="soft small">{whenWhere(one.about)}</p>
              {one.about.cancelled_at && <p>{t("calledOff", { reason: one.about.reason })}</p>}
              {one.reason && <p class="soft small">{one.reason}</p>}
              {stands && !begun && !one.about.cancelled_at && (
                <Button
                  label={t("withdrawFrom", { name: one.about.name })}
                  onPress={() => withdraw(one)}
                >
                  {t("withdraw")}
                </Button>
              )}
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

function whenWhere(one: Activity): string {
  const place = one.place_name || one.place;
  return one.starts_at ? t("onAt", { starts: moment(one.starts_at), place }) : place;
}

interface NearProps extends OwnProps {
  places: Belonging["places"];
}

function Near({ places, ...rest }: NearProps) {
  // one's own place is small: what lies around it is what one can walk to
  const [area, setArea] = useState(() => (places[1] ?? places[0])?.place ?? "");
  return (
    <Card title={t("nearMe")}>
      <Select
        label={t("nearArea")}
        value={area}
        options={[
          ...places.map(({ place, name }) => ({ value: place, text: name || place })),
          { value: "", text: t("nearAll") },
        ]}
        onText={setArea}
      />
      <InArea key={area} area={area} {...rest} />
    </Card>
  );
}

function InArea({ area, volunteer, signUps, onDone }: OwnProps & { area: string }) {
  const found = useParts((after) =>
    told(
      api.GET("/v1/activities", {
        params: { query: { limit: 20, ...(area && { area }), ...(after && { after }) } },
      }),
    ),
  );
  const signedUp = new Set(
    signUps.filter(({ state }) => state === "in" || state === "waiting").map((one) => one.activity),
  );
  const now = Date.now();
  const open = found.items.filter(
    (one) =>
      !one.cancelled_at &&
      !one.order && // a resident's: who comes there is said by whoever takes it on
      !signedUp.has(one.activity) &&
      (one.sign_up_until === null || Date.parse(one.sign_up_until) > now),
  );
  const join = async (one: Activity) => {
    try {
      const made = await told(
        api.POST("/v1/activities/{activity}/sign-ups", {
          params: { ...once(), path: { activity: one.activity } },
          body: { volunteer },
        }),
      );
      toast(
        made.state === "waiting" ? t("nowWaiting", { position: made.position }) : t("nowIn"),
        "good",
      );
    } catch (error) {
      toast(why(error), "bad");
    }
    found.first.reload();
    onDone();
  };
  return (
    <Loaded of={found.first}>
      {() => (
        <>
          {open.length === 0 && <p class="soft">{t("noneNear")}</p>}
          <ol class="me-lines">
            {open.map((one) => (
              <Offer key={one.activity} one={one} onJoin={() => join(one)} />
            ))}
          </ol>
          {found.more && (
            <Button wide onPress={found.more}>
              {t("more")}
            </Button>
          )}
        </>
      )}
    </Loaded>
  );
}

function Offer({ one, onJoin }: { one: Activity; onJoin: () => Promise<void> }) {
  const left = one.capacity === null ? null : one.capacity - (one.sign_ups.in ?? 0);
  const isFull = left !== null && left <= 0;
  return (
    <li>
      <div class="row ends">
        <div>
          <b>{one.name || one.activity}</b>
          <p class="soft small">{whenWhere(one)}</p>
          <p class="soft small">
            {[
              one.team_name,
              left === null
                ? t("noLimit")
                : isFull
                  ? t("full", { waiting: one.sign_ups.waiting ?? 0 })
                  : t("placesLeft", { left }),
              one.sign_up_until && t("signUpBy", { at: moment(one.sign_up_until) }),
            ]
              .filter(Boolean)
              .join(" · ")}
          </p>
        </div>
        <Button
          {...(!isFull && { look: "primary" as const })}
          label={`${t(isFull ? "joinWaiting" : "signUp")} ${one.name || one.activity}`}
          onPress={onJoin}
        >
          {t(isFull ? "joinWaiting" : "signUp")}
        </Button>
      </div>
    </li>
  );
}

function Teams({ teams }: { teams: Belonging["teams"] }) {
  return (
    <Card title={t("myTeams")}>
      {teams.length === 0 && <p class="soft">{t("noTeams")}</p>}
      <ul class="me-lines">
        {teams.map((one) => (
          <li key={`${one.team} ${one.since}`}>
            <div class="row ends">
              <b>{one.name || one.team}</b>
              <Badge {...(one.until === null && { tone: "good" as const })}>
                {t(one.role === "leader" ? "teamLeader" : "teamMember")}
              </Badge>
            </div>
            <p class="soft small">
              {one.until === null
                ? t("teamSince", { since: day(one.since) })
                : t("teamUntil", { since: day(one.since), until: day(one.until) })}
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

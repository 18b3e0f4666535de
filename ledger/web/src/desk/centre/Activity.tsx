// Who comes to an activity, who waits for a place, and who did not come?
import { useState } from "preact/hooks";
import { api, told, why } from "../../api";
import type { components } from "../../api.types";
import { moment } from "../../i18n/format";
import {
  Badge,
  Button,
  Card,
  type Column,
  Form,
  Loaded,
  Meter,
  Notice,
  Table,
  toast,
  useAsked,
} from "../../ui";
import { list, to } from "../route";
import { type Listed, SignedUp } from "./Activities";
import { Registering } from "./Registering";
import { categoryName, t } from "./words";

type SignUp = components["schemas"]["SignUpShown"];

interface Props {
  id: string;
  home: string;
  held: readonly string[];
}

export function Activity({ id, home, held }: Props) {
  const path = { path: { activity: id } };
  const about = useAsked(() => told(api.GET("/v1/activities/{activity}", { params: path })), [id]);
  const signUps = useAsked(
    () => told(api.GET("/v1/activities/{activity}/sign-ups", { params: path })),
    [id],
  );
  const reload = () => {
    about.reload();
    signUps.reload();
  };
  return (
    <div class="stack gap-l">
      <p>
        <a href={list("activities")}>{t("backActivities")}</a>
      </p>
      <Loaded of={about}>
        {(one) => (
          <>
            <Head one={one} home={home} held={held} onDone={reload} />
            <Loaded of={signUps}>
              {({ items }) => (
                <People
                  one={one}
                  signUps={items}
                  mayAct={held.includes("record")}
                  onDone={reload}
                />
              )}
            </Loaded>
          </>
        )}
      </Loaded>
    </div>
  );
}

interface HeadProps {
  one: Listed;
  home: string;
  held: readonly string[];
  onDone: () => void;
}

function Head({ one, home, held, onDone }: HeadProps) {
  const [doing, setDoing] = useState<"change" | "callOff" | null>(null);
  const close = (done: boolean) => {
    setDoing(null);
    if (done) onDone();
  };
  const over = one.ends_at !== null && Date.parse(one.ends_at) < Date.now();
  return (
    <>
      <div class="row ends">
        <h1>{one.name || one.activity}</h1>
        <Badge>{categoryName(one.category)}</Badge>
      </div>
      {one.cancelled_at && <Notice tone="bad">{t("off", { reason: one.reason })}</Notice>}
      <Card>
        <dl class="facts">
          <dt>{t("code")}</dt>
          <dd>{one.activity}</dd>
          <dt>{t("place")}</dt>
          <dd>
            <a href={to("places", one.place)}>{one.place_name || one.place}</a>
          </dd>
          {one.team && (
            <>
              <dt>{t("team")}</dt>
              <dd>
                <a href={to("teams", one.team)}>{one.team_name || one.team}</a>
              </dd>
            </>
          )}
          {one.starts_at && (
            <>
              <dt>{t("begins")}</dt>
              <dd>
                {moment(one.starts_at)}
                {one.ends_at && ` – ${moment(one.ends_at)}`}
              </dd>
            </>
          )}
          {one.sign_up_until && (
            <>
              <dt>{t("signUpUntil")}</dt>
              <dd>{moment(one.sign_up_until)}</dd>
            </>
          )}
          {one.order && (
            <>
              <dt>{t("order")}</dt>
              <dd>
                <a href={to("orders", one.order)}>{one.order}</a>
              </dd>
            </>
          )}
          <dt>{t("capacity")}</dt>
          <dd>{one.capacity === null ? t("noLimit") : one.capacity}</dd>
          <dt>{t("signUps")}</dt>
          <dd>
            <SignedUp of={one} />
            {one.capacity !== null && (
              <Meter value={one.sign_ups.in ?? 0} max={one.capacity} label={t("signUps")} />
            )}
          </dd>
        </dl>
      </Card>
      {held.includes("register") && !one.cancelled_at && !over && (
        <div class="row">
          <Button onPress={() => setDoing("change")}>{t("edit")}</Button>
          <Button look="danger" onPress={() => setDoing("callOff")}>
            {t("callOff")}
          </Button>
        </div>
      )}
      {doing === "change" && (
        <Registering home={home} was={one} onClose={(changed) => close(changed !== null)} />
      )}
      {doing === "callOff" && <CallOff id={one.activity} onClose={close} />}
    </>
  );
}

function CallOff({ id, onClose }: { id: string; onClose: (done: boolean) => void }) {
  return (
    <Form
      title={t("callOff")}
      yes={t("callOff")}
      danger
      done={t("recorded")}
      items={[{ id: "reason", label: t("reason"), max: 200 }]}
      onSend={({ reason = "" }, once) =>
        told(
          api.POST("/v1/activities/{activity}/cancel", {
            params: { ...once, path: { activity: id } },
            body: { reason },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

interface PeopleProps {
  one: Listed;
  signUps: readonly SignUp[];
  mayAct: boolean;
  onDone: () => void;
}

function People({ one, signUps, mayAct, onDone }: PeopleProps) {
  const [joining, setJoining] = useState(false);
  const [leaving, setLeaving] = useState<SignUp | null>(null);
  const close = (done: boolean) => {
    setJoining(false);
    setLeaving(null);
    if (done) onDone();
  };
  const over = one.ends_at !== null && Date.parse(one.ends_at) < Date.now();
  const open = mayAct && !over && !one.cancelled_at;
  const settle = async () => {
    try {
      const { items } = await told(
        api.POST("/v1/activities/{activity}/settle", {
          params: { path: { activity: one.activity } },
        }),
      );
      toast(t("settled", { count: items.length }), "good");
      onDone();
    } catch (error) {
      toast(why(error), "bad");
    }
  };
  return (
    <div class="stack">
      <div class="row">
        {open && (
          <Button icon="plus" onPress={() => setJoining(true)}>
            {t("signUp")}
          </Button>
        )}
        {mayAct && over && <Button onPress={settle}>{t("settle")}</Button>}
      </div>
      <Table
        caption={t("signUps")}
        columns={columns(open, setLeaving)}
        rows={signUps}
        rowKey={({ volunteer }) => volunteer}
        empty={<p>{t("noSignUps")}</p>}
      />
      {joining && <Join id={one.activity} onClose={close} />}
      {leaving && <Withdraw of={leaving} onClose={close} />}
    </div>
  );
}

const TONES = {
  in: "good",
  waiting: "wait",
  withdrawn: undefined,
  refused: "bad",
  absent: "bad",
} as const;

function columns(open: boolean, leave: (one: SignUp) => void): Column<SignUp>[] {
  const found: Column<SignUp>[] = [
    {
      id: "volunteer",
      title: t("volunteer"),
      cell: ({ volunteer, name }) => (
        <a href={to("volunteer", volunteer)}>{name ? `${name} ${volunteer}` : volunteer}</a>
      ),
    },
    {
      id: "state",
      title: t("state"),
      cell: (one) => {
        const state = one.state as keyof typeof TONES;
        const tone = TONES[state];
        return (
          <>
            <Badge {...(tone && { tone })}>{t(`state_${state}`, { position: one.position })}</Badge>
            {one.reason && <div class="small soft">{one.reason}</div>}
          </>
        );
      },
    },
    {
      id: "at",
      title: t("signedUp"),
      line: true,
      by: (one) => one.signed_up_at,
      cell: (one) => moment(one.signed_up_at),
    },
  ];
  if (open)
    found.push({
      id: "withdraw",
      title: t("withdraw"),
      cell: (one) =>
        (one.state === "in" || one.state === "waiting") && (
          <Button label={`${t("withdraw")} ${one.volunteer}`} onPress={() => leave(one)}>
            {t("withdraw")}
          </Button>
        ),
    });
  return found;
}

function Join({ id, onClose }: { id: string; onClose: (done: boolean) => void }) {
  return (
    <Form
      title={t("signUp")}
      yes={t("signUp")}
      done={t("recorded")}
      items={[{ id: "volunteer", label: t("volunteerId"), max: 64 }]}
      onSend={({ volunteer = "" }, once) =>
        told(
          api.POST("/v1/activities/{activity}/sign-ups", {
            params: { ...once, path: { activity: id } },
            body: { volunteer },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

function Withdraw({ of, onClose }: { of: SignUp; onClose: (done: boolean) => void }) {
  return (
    <Form
      title={t("withdrawOf", { name: of.name || of.volunteer })}
      yes={t("withdraw")}
      danger
      done={t("recorded")}
      items={[{ id: "reason", label: t("reason"), max: 200, free: true }]}
      onSend={({ reason = "" }, once) =>
        told(
          api.POST("/v1/activities/{activity}/sign-ups/{volunteer}/withdraw", {
            params: { ...once, path: { activity: of.activity, volunteer: of.volunteer } },
            body: { reason },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

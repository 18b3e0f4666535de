// Who is in a team, who leads it, and who came and went?
import { useMemo, useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { count, day } from "../../i18n/format";
import { Button, Card, type Column, Loaded, Notice, Table, TextField, useAsked } from "../../ui";
import { Chart } from "../Chart";
import { list, to, useFilter } from "../route";
import { dayOf, midnight, monthsFrom } from "./days";
import { type Kind, kindOf, useKinds } from "./kinds";
import { Registering } from "./Registering";
import { ChangeTeam, Dissolve, Join, Leave } from "./TeamForms";
import { t } from "./words";

type Whole = components["schemas"]["TeamWhole"];
type Member = components["schemas"]["MemberShown"];
type Spell = components["schemas"]["SpellShown"];

interface Props {
  id: string;
  home: string;
  mayChange: boolean;
}

export function Team({ id, home, mayChange }: Props) {
  const [asOf, setAsOf] = useFilter("as_of");
  const kinds = useKinds();
  const team = useAsked(
    () =>
      told(
        api.GET("/v1/teams/{team}", {
          params: { path: { team: id }, query: asOf === "" ? {} : { as_of: asOf } },
        }),
      ),
    [id, asOf],
  );
  return (
    <div class="stack gap-l">
      <p>
        <a href={list("teams")}>{t("backTeams")}</a>
      </p>
      <Loaded of={team}>
        {(one) => (
          <>
            <h1>{one.name}</h1>
            {one.dissolved_at && (
              <Notice tone="wait">{t("dissolved", { day: day(one.dissolved_at) })}</Notice>
            )}
            {mayChange && (
              <Changes
                one={one}
                home={home}
                kinds={kinds.value?.items ?? []}
                onDone={team.reload}
              />
            )}
            <Card>
              <Facts one={one} kinds={kinds.value?.items ?? []} />
            </Card>
            <div class="short">
              <TextField label={t("asOf")} type="date" value={asOf} onText={setAsOf} />
            </div>
            <Members
              one={one}
              mayChange={mayChange && asOf === "" && one.dissolved_at === null}
              onDone={team.reload}
            />
            <Card title={t("history")}>
              <Sizes history={one.history} />
              <Table
                caption={t("history")}
                untitled
                columns={SPELLS()}
                rows={one.history}
                rowKey={({ volunteer, since }) => `${volunteer} ${since}`}
              />
            </Card>
          </>
        )}
      </Loaded>
    </div>
  );
}

interface ChangesProps {
  one: Whole;
  home: string;
  kinds: readonly Kind[];
  onDone: () => void;
}

function Changes({ one, home, kinds, onDone }: ChangesProps) {
  const [doing, setDoing] = useState<"change" | "dissolve" | "register" | "training" | null>(null);
  const close = (done: boolean) => {
    setDoing(null);
    if (done) onDone();
  };
  const gone = one.dissolved_at !== null;
  const was = {
    place: one.place,
    team: one.team,
    ...(doing === "training" && { category: "training" }),
  };
  return (
    <div class="row">
      <Button onPress={() => setDoing("change")}>{t(gone ? "restore" : "edit")}</Button>
      {!gone && (
        <>
          <Button onPress={() => setDoing("register")}>{t("register")}</Button>
          <Button onPress={() => setDoing("training")}>{t("registerTraining")}</Button>
          <Button look="danger" onPress={() => setDoing("dissolve")}>
            {t("dissolve")}
          </Button>
        </>
      )}
      {doing === "change" && <ChangeTeam one={one} home={home} kinds={kinds} onClose={close} />}
      {doing === "dissolve" && <Dissolve team={one.team} name={one.name} onClose={close} />}
      {(doing === "register" || doing === "training") && (
        <Registering
          home={home}
          was={was}
          onClose={(made) => {
            setDoing(null);
            if (made) location.hash = to("activities", made);
          }}
        />
      )}
    </div>
  );
}

function Facts({ one, kinds }: { one: Whole; kinds: readonly Kind[] }) {
  const leaders = one.members.filter(({ role }) => role === "leader");
  const managers = one.managers.map((id) => ({ volunteer: id, name: one.names[id] ?? "" }));
  return (
    <dl class="facts">
      <dt>{t("code")}</dt>
      <dd>{one.team}</dd>
      {one.kind && (
        <>
          <dt>{t("kind")}</dt>
          <dd>{kindOf(one.kind, kinds)}</dd>
        </>
      )}
      <dt>{t("place")}</dt>
      <dd>
        <a href={to("places", one.place)}>{one.names[one.place] || one.place}</a>
      </dd>
      <dt>{t("leaders")}</dt>
      <dd>
        <People of={leaders} />
      </dd>
      {managers.length > 0 && (
        <>
          <dt>{t("managers")}</dt>
          <dd>
            <People of={managers} />
          </dd>
        </>
      )}
    </dl>
  );
}

function People({ of }: { of: readonly Pick<Member, "volunteer" | "name">[] }) {
  if (of.length === 0) return <>{t("nobody")}</>;
  return (
    <>
      {of.map((one, at) => (
        <span key={one.volunteer}>
          {at > 0 && "、"}
          <Person of={one} />
        </span>
      ))}
    </>
  );
}

function Person({ of: { volunteer, name } }: { of: Pick<Member, "volunteer" | "name"> }) {
  return <a href={to("volunteer", volunteer)}>{name ? `${name} ${volunteer}` : volunteer}</a>;
}

interface MembersProps {
  one: Whole;
  mayChange: boolean;
  onDone: () => void;
}

function Members({ one, mayChange, onDone }: MembersProps) {
  const [joining, setJoining] = useState(false);
  const [leaving, setLeaving] = useState<Member | null>(null);
  const close = (done: boolean) => {
    setJoining(false);
    setLeaving(null);
    if (done) onDone();
  };
  const found: Column<Member>[] = [
    {
      id: "volunteer",
      title: t("volunteer"),
      by: ({ volunteer }) => volunteer,
      cell: (member) => <Person of={member} />,
    },
    { id: "role", title: t("role"), by: ({ role }) => role, cell: ({ role }) => roleName(role) },
    {
      id: "since",
      title: t("since"),
      line: true,
      by: ({ since }) => since,
      cell: ({ since }) => day(since),
    },
  ];
  if (mayChange)
    found.push({
      id: "leave",
      title: t("leave"),
      cell: (member) => (
        <Button label={`${t("leave")} ${member.volunteer}`} onPress={() => setLeaving(member)}>
          {t("leave")}
        </Button>
      ),
    });
  return (
    <div class="stack">
      {mayChange && (
        <div class="row">
          <Button icon="plus" onPress={() => setJoining(true)}>
            {t("join")}
          </Button>
        </div>
      )}
      <Table
        caption={`${t("members")} (${count(one.members.length)})`}
        columns={found}
        rows={one.members}
        rowKey={({ volunteer }) => volunteer}
      />
      {joining && <Join team={one.team} onClose={close} />}
      {leaving && <Leave team={one.team} member={leaving} onClose={close} />}
    </div>
  );
}

function roleName(role: string): string {
  return role === "leader" || role === "member" ? t(role) : role;
}

function SPELLS(): Column<Spell>[] {
  return [
    {
      id: "volunteer",
      title: t("volunteer"),
      by: ({ volunteer }) => volunteer,
      cell: (one) => <Person of={one} />,
    },
    { id: "role", title: t("role"), cell: ({ role }) => roleName(role) },
    {
      id: "since",
      title: t("since"),
      line: true,
      by: ({ since }) => since,
      cell: ({ since }) => day(since),
    },
    {
      id: "until",
      title: t("until"),
      line: true,
      by: ({ until }) => until ?? "~",
      cell: ({ until }) => (until ? day(until) : t("still")),
    },
  ];
}

/** Months of a chart, at most. */
const MONTHS = 24;

function Sizes({ history }: { history: readonly Spell[] }) {
  const title = t("membersByMonth");
  const [labels, series] = useMemo(() => {
    const today = dayOf(new Date()).slice(0, 7);
    const first = history.at(-1)?.since.slice(0, 7) ?? today; // the latest is the first of them
    const months = monthsFrom(first, today).slice(-MONTHS);
    const values = months.map((month) => {
      const [year = 0, number = 1] = month.split("-").map(Number);
      const end = midnight(`${year}-${number}-01`, 0);
      end.setMonth(end.getMonth() + 1);
      const at = Math.min(end.getTime() - 1, Date.now());
      const there = history.filter(
        ({ since, until }) => Date.parse(since) <= at && (until === null || Date.parse(until) > at),
      );
      return new Set(there.map(({ volunteer }) => volunteer)).size;
    });
    const line = { name: title, values, look: "bar" as const, colour: 1 as const };
    return [months.map((month) => month.slice(2)), [line]] as const;
  }, [history, title]);
  if (history.length === 0) return null;
  return <Chart title={title} labels={labels} series={series} />;
}

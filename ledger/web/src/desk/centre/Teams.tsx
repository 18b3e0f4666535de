// Which teams are there, and how many are in them?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { count } from "../../i18n/format";
import {
  Button,
  type Column,
  Loaded,
  Select,
  Stat,
  Stats,
  Table,
  TextField,
  useAsked,
} from "../../ui";
import { namesOf, PlaceSelect, usePlaces } from "../places";
import { to } from "../route";
import "./centre.css";
import { dayOf } from "./days";
import { type Kind, kindOf, useKinds } from "./kinds";
import { Team } from "./Team";
import { RegisterTeam } from "./TeamForms";
import { t } from "./words";

type Listed = components["schemas"]["TeamListed"];

interface Props {
  of: string;
  home: string;
  mayChange: boolean;
}

export default function Teams({ of, home, mayChange }: Props) {
  return of === "" ? (
    <All home={home} mayRegister={mayChange} />
  ) : (
    <Team key={of} id={of} home={home} mayChange={mayChange} />
  );
}

function All({ home, mayRegister }: { home: string; mayRegister: boolean }) {
  const [place, setPlace] = useState("");
  const [kind, setKind] = useState("");
  const [asOf, setAsOf] = useState(() => dayOf(new Date()));
  const [registering, setRegistering] = useState(false);
  const places = usePlaces(home);
  const kinds = useKinds();
  const area = place || home;
  const teams = useAsked(
    () =>
      told(
        api.GET("/v1/teams", {
          params: { query: { ...(area && { area }), ...(asOf && { as_of: asOf }) } },
        }),
      ),
    [area, asOf],
  );
  const known = kinds.value?.items ?? [];
  return (
    <div class="stack gap-l">
      <div class="row ends">
        <h1>{t("teams")}</h1>
        {mayRegister && (
          <Button look="primary" icon="plus" onPress={() => setRegistering(true)}>
            {t("registerTeam")}
          </Button>
        )}
      </div>
      <div class="row find">
        <PlaceSelect
          label={t("place")}
          places={places.value ?? []}
          value={place}
          none={t("everywhere")}
          onText={setPlace}
        />
        <Select
          label={t("kind")}
          value={kind}
          options={[
            { value: "", text: t("allKinds") },
            ...known.map((one) => ({ value: one.key, text: kindOf(one.key, known) })),
          ]}
          onText={setKind}
        />
        <TextField label={t("asOf")} type="date" value={asOf} onText={setAsOf} />
      </div>
      <Loaded of={teams}>
        {({ items }) => {
          const shown = items.filter((one) => kind === "" || one.kind === kind);
          return (
            <>
              <Stats>
                <Stat name={t("teams")} value={count(shown.length)} />
                <Stat
                  name={t("members")}
                  value={count(shown.reduce((sum, { members }) => sum + members, 0))}
                />
              </Stats>
              <Table
                caption={t("teams")}
                columns={columns(known, namesOf(places.value ?? []))}
                rows={shown}
                rowKey={({ team }) => team}
              />
            </>
          );
        }}
      </Loaded>
      {registering && (
        <RegisterTeam
          places={places.value ?? []}
          kinds={known}
          at={place}
          onClose={() => setRegistering(false)}
        />
      )}
    </div>
  );
}

function columns(kinds: readonly Kind[], names: ReadonlyMap<string, string>): Column<Listed>[] {
  const placeOf = ({ place }: Listed) => names.get(place) ?? place;
  return [
    {
      id: "name",
      title: t("name"),
      by: ({ name }) => name,
      cell: ({ team, name }) => <a href={to("teams", team)}>{name || team}</a>,
    },
    {
      id: "kind",
      title: t("kind"),
      by: ({ kind }) => kindOf(kind, kinds),
      cell: ({ kind }) => kindOf(kind, kinds),
    },
    {
      id: "place",
      title: t("place"),
      by: placeOf,
      cell: (one) => <a href={to("places", one.place)}>{placeOf(one)}</a>,
    },
    {
      id: "members",
      title: t("members"),
      number: true,
      by: ({ members }) => members,
      cell: ({ members }) => count(members),
    },
    { id: "team", title: t("code"), cell: ({ team }) => <span class="soft">{team}</span> },
  ];
}

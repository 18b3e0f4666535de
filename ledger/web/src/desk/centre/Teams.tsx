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
import { More } from "../More";
import { useParts } from "../pages";
import { to, useFilter } from "../route";
import { Search } from "../Search";
import { Within } from "../Within";
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
  const today = dayOf(new Date());
  const [place] = useFilter("in");
  const [kind, setKind] = useFilter("kind");
  const [asOf, setAsOf] = useFilter("as_of", today);
  const [text] = useFilter("text");
  const [registering, setRegistering] = useState(false);
  const kinds = useKinds();
  const area = place || home;
  const query = {
    ...(area && { area }),
    ...(kind && { kind }),
    ...(text && { text }),
    as_of: asOf,
  };
  const inputs = [area, kind, text, asOf];
  const teams = useParts(
    (after) =>
      told(
        api.GET("/v1/teams", {
          params: { query: { ...query, limit: 50, ...(after && { after }) } },
        }),
      ),
    inputs,
  );
  const counts = useAsked(() => told(api.GET("/v1/teams/counts", { params: { query } })), inputs);
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
        <Within label={t("place")} home={home} />
        <Search label={t("filter")} />
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
      <Loaded of={counts}>
        {({ teams, members }) => (
          <Stats>
            <Stat name={t("teams")} value={count(teams)} />
            <Stat name={t("members")} value={count(members)} />
          </Stats>
        )}
      </Loaded>
      <Loaded of={teams}>
        {(items) => (
          <div class="stack">
            <Table
              caption={t("teams")}
              columns={columns(known)}
              rows={items}
              rowKey={({ team }) => team}
              part={teams.more !== null}
              empty={<p>{t("noTeams")}</p>}
            />
            <More of={teams.more} />
          </div>
        )}
      </Loaded>
      {registering && (
        <RegisterTeam home={home} kinds={known} at={place} onClose={() => setRegistering(false)} />
      )}
    </div>
  );
}

function columns(kinds: readonly Kind[]): Column<Listed>[] {
  const placeOf = ({ place, place_name }: Listed) => place_name || place;
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

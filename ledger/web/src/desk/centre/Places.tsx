// Which places were there on a day, and what lacks there?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import {
  Badge,
  Button,
  Card,
  type Column,
  Loaded,
  Stat,
  Stats,
  Table,
  TextField,
  useAsked,
} from "../../ui";
import type { PlaceNode } from "../places";
import { to } from "../route";
import "./centre.css";
import { dayOf } from "./days";
import { Place } from "./Place";
import { RegisterPlace } from "./PlaceForms";
import { kindName, t } from "./words";

interface Props {
  of: string;
  home: string;
  held: readonly string[];
}

export default function Places({ of, home, held }: Props) {
  return of === "" ? (
    <Tree home={home} mayRegister={held.includes("register")} />
  ) : (
    <Place key={of} id={of} home={home} held={held} />
  );
}

function Tree({ home, mayRegister }: { home: string; mayRegister: boolean }) {
  const [asOf, setAsOf] = useState(() => dayOf(new Date()));
  const [text, setText] = useState("");
  const [registering, setRegistering] = useState(false);
  const query = { ...(home && { area: home }), ...(asOf && { as_of: asOf }) };
  const tree = useAsked(
    () => told(api.GET("/v1/places/tree", { params: { query } })),
    [home, asOf],
  );
  const findings = useAsked(
    () => told(api.GET("/v1/places/check", { params: { query } })),
    [home, asOf],
  );
  const found = findings.value?.items ?? [];
  return (
    <div class="stack gap-l">
      <div class="row ends">
        <h1>{t("places")}</h1>
        {mayRegister && (
          <Button look="primary" icon="plus" onPress={() => setRegistering(true)}>
            {t("registerPlace")}
          </Button>
        )}
      </div>
      <div class="row find">
        <TextField label={t("asOf")} type="date" value={asOf} onText={setAsOf} />
        <TextField label={t("filter")} type="search" value={text} onText={setText} />
      </div>
      <Loaded of={tree}>
        {({ items }) => {
          const shown = items.filter(
            ({ name, place }) => text === "" || name.includes(text) || place.startsWith(text),
          );
          return (
            <>
              <Stats>
                {[...new Set(items.map(({ kind }) => kind))].map((kind) => (
                  <Stat
                    key={kind}
                    name={kindName(kind)}
                    value={items.filter((one) => one.kind === kind).length}
                  />
                ))}
              </Stats>
              <Card title={t("lacks")}>
                <Loaded of={findings}>
                  {() =>
                    found.length === 0 ? (
                      <p class="soft">{t("nothingLacks")}</p>
                    ) : (
                      <ul class="stack gap-s">
                        {found.map((one) => (
                          <li key={`${one.place} ${one.message}`}>
                            <Badge tone={one.severity === "error" ? "bad" : "wait"}>
                              {items.find(({ place }) => place === one.place)?.name || one.place}
                            </Badge>{" "}
                            {one.message}
                          </li>
                        ))}
                      </ul>
                    )
                  }
                </Loaded>
              </Card>
              <Table
                caption={t("places")}
                columns={columns(new Set(found.map(({ place }) => place)))}
                rows={shown}
                rowKey={({ place }) => place}
                empty={<p>{t("noPlaces")}</p>}
              />
            </>
          );
        }}
      </Loaded>
      {registering && (
        <RegisterPlace
          places={tree.value?.items ?? []}
          parent=""
          onClose={() => setRegistering(false)}
        />
      )}
    </div>
  );
}

function columns(lacking: ReadonlySet<string>): Column<PlaceNode>[] {
  return [
    {
      id: "name",
      title: t("name"),
      cell: ({ place, name, depth }) => (
        <span class={`depth-${Math.min(depth, 4)}`}>
          <a href={to("places", place)}>{name || place}</a>
        </span>
      ),
    },
    {
      id: "kind",
      title: t("kind"),
      cell: ({ kind, community }) => (
        <>
          {kindName(kind)}
          {(community === "urban" || community === "village") && (
            <span class="soft small"> {t(community)}</span>
          )}
        </>
      ),
    },
    {
      id: "rooms",
      title: t("rooms"),
      number: true,
      cell: ({ place, rooms }) =>
        lacking.has(place) ? <Badge tone="wait">{rooms}</Badge> : String(rooms),
    },
    { id: "code", title: t("code"), cell: ({ place }) => <span class="soft">{place}</span> },
  ];
}

// Which places were there on a day, and what lacks there?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { count } from "../../i18n/format";
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
import { More } from "../More";
import { useParts } from "../pages";
import { to, useFilter } from "../route";
import { Search } from "../Search";
import { Within } from "../Within";
import "./centre.css";
import { dayOf } from "./days";
import { Place } from "./Place";
import { RegisterPlace } from "./PlaceForms";
import { kindName, t } from "./words";

type PlaceNode = components["schemas"]["PlaceNode"];

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
  const today = dayOf(new Date());
  const [asOf, setAsOf] = useFilter("as_of", today);
  const [place] = useFilter("in");
  const [text] = useFilter("text");
  const [registering, setRegistering] = useState(false);
  const area = place || home;
  const query = { ...(area && { area }), as_of: asOf };
  const tree = useParts(
    (after) =>
      told(
        api.GET("/v1/places/tree", {
          params: {
            query: { ...query, limit: 100, ...(text && { text }), ...(after && { after }) },
          },
        }),
      ),
    [area, asOf, text],
  );
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
        <Within label={t("within")} home={home} />
        <Search label={t("filter")} />
        <TextField label={t("asOf")} type="date" value={asOf} onText={setAsOf} />
      </div>
      <Kinds area={area} asOf={asOf} />
      <Loaded of={tree}>
        {(items) => (
          <div class="stack">
            <Table
              caption={t("places")}
              columns={COLUMNS()}
              rows={items}
              rowKey={({ place }) => place}
              empty={<p>{t(text === "" ? "noPlaces" : "noneFound")}</p>}
            />
            <More of={tree.more} />
          </div>
        )}
      </Loaded>
      <Lacks area={area} asOf={asOf} />
      {registering && (
        <RegisterPlace home={home} parent={place} onClose={() => setRegistering(false)} />
      )}
    </div>
  );
}

interface Asked {
  area: string;
  asOf: string;
}

function Kinds({ area, asOf }: Asked) {
  const kinds = useAsked(
    () =>
      told(
        api.GET("/v1/places/kinds", {
          params: { query: { ...(area && { area }), as_of: asOf } },
        }),
      ),
    [area, asOf],
  );
  return (
    <Loaded of={kinds}>
      {({ items }) =>
        items.length > 0 && (
          <Stats>
            {items.map(({ kind, places }) => (
              <Stat key={kind} name={kindName(kind)} value={count(places)} />
            ))}
          </Stats>
        )
      }
    </Loaded>
  );
}

/** Findings at first, and more at each wish. */
const AT_FIRST = 20;

function Lacks({ area, asOf }: Asked) {
  const findings = useParts(
    (after) =>
      told(
        api.GET("/v1/places/check", {
          params: {
            query: {
              ...(area && { area }),
              as_of: asOf,
              limit: AT_FIRST,
              ...(after && { after }),
            },
          },
        }),
      ),
    [area, asOf],
  );
  return (
    <Card title={t("lacks")}>
      <Loaded of={findings}>
        {(found) =>
          found.length === 0 ? (
            <p class="soft">{t("nothingLacks")}</p>
          ) : (
            <>
              <ul class="lines">
                {found.map((one) => (
                  <li key={`${one.place} ${one.message}`}>
                    <Badge tone={one.severity === "error" ? "bad" : "wait"}>
                      {t(one.severity === "error" ? "wrong" : "lacking")}
                    </Badge>{" "}
                    <a href={to(one.of === "team" ? "teams" : "places", one.place)}>
                      {one.name || one.place}
                    </a>{" "}
                    {one.message}
                  </li>
                ))}
              </ul>
              <More of={findings.more} />
            </>
          )
        }
      </Loaded>
    </Card>
  );
}

function COLUMNS(): Column<PlaceNode>[] {
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
    { id: "above", title: t("liesIn"), cell: ({ above, above_name }) => above_name || above },
    {
      id: "rooms",
      title: t("rooms"),
      number: true,
      cell: ({ rooms, rooms_due }) =>
        rooms < rooms_due ? <Badge tone="wait">{rooms}</Badge> : String(rooms),
    },
    { id: "code", title: t("code"), cell: ({ place }) => <span class="soft">{place}</span> },
  ];
}

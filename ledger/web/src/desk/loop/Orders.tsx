// Which residents' orders wait for what, and which are late?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { moment } from "../../i18n/format";
import { Badge, Button, Choice, Loaded, Select, useAsked } from "../../ui";
import { More } from "../More";
import { useParts } from "../pages";
import { choose, route, to } from "../route";
import { Search } from "../Search";
import { Within } from "../Within";
import "./loop.css";
import { Order } from "./Order";
import { Placing } from "./Placing";
import { t } from "./words";

export type Listed = components["schemas"]["OrderShown"];
type State = Listed["state"];

const IN_HAND = ["placed", "dispatched", "accepted", "done", "rated"] as const;
const STATES: readonly State[] = [...IN_HAND, "rewarded", "cancelled"];

interface Props {
  of: string;
  /** Where one works; "": everywhere. */
  home: string;
  mayAct: boolean;
}

export default function Orders({ of, home, mayAct }: Props) {
  return of === "" ? (
    <Board home={home} mayAct={mayAct} />
  ) : (
    <Order key={of} id={of} mayAct={mayAct} />
  );
}

function Board({ home, mayAct }: Omit<Props, "of">) {
  const [placing, setPlacing] = useState(false);
  const now = filter();
  const area = now.place || home;
  const counts = useAsked(
    () => told(api.GET("/v1/orders/counts", { params: { query: { place: area } } })),
    [area],
  );
  const shown = now.state === "" ? IN_HAND : [now.state];
  const some = now.text !== "" || now.late || now.mine || now.complaints;
  return (
    <div class="stack gap-l">
      <div class="row ends">
        <div>
          <h1>{t("orders")}</h1>
          <p class="soft small">{t("loop")}</p>
        </div>
        {mayAct && (
          <Button look="primary" icon="plus" onPress={() => setPlacing(true)}>
            {t("place_one")}
          </Button>
        )}
      </div>
      <Filters home={home} now={now} />
      <Loaded of={counts}>
        {({ states }) => (
          <div class="board">
            {shown.map((state) => {
              const count = states.find((one) => one.state === state);
              return (
                <Lane
                  key={state}
                  state={state}
                  query={{
                    place: area,
                    ...(now.text && { text: now.text }),
                    ...(now.late && { overdue: true }),
                    ...(now.complaints && { complaint: true }),
                    ...(now.mine && home && { responsible: home }),
                  }}
                  {...(!some && count && { counted: count })}
                />
              );
            })}
          </div>
        )}
      </Loaded>
      {placing && (
        <Placing
          home={home}
          at={now.place}
          onClose={(made) => {
            setPlacing(false);
            if (made) location.hash = to("orders", made);
          }}
        />
      )}
    </div>
  );
}

/** What is shown of the orders, from the address. */
function filter() {
  const { in: place = "", state, text = "", late, mine, complaints } = route.value.filters;
  return {
    place,
    state: STATES.find((one) => one === state) ?? ("" as const),
    text,
    late: late === YES,
    mine: mine === YES,
    complaints: complaints === YES,
  };
}

const YES = "yes";

function Filters({ home, now }: { home: string; now: ReturnType<typeof filter> }) {
  const only = (name: string) => (yes: boolean) => choose({ [name]: yes ? YES : "" });
  return (
    <div class="stack gap-s">
      <div class="row find">
        <Within label={t("where")} home={home} />
        <Select
          label={t("state")}
          value={now.state}
          options={[
            { value: "", text: t("inHand") },
            ...STATES.map((one) => ({ value: one, text: t(one) })),
          ]}
          onText={(state) => choose({ state })}
        />
        <Search label={t("search")} />
      </div>
      <div class="row checks">
        <Choice label={t("onlyLate")} checked={now.late} onCheck={only("late")} />
        {home !== "" && <Choice label={t("onlyMine")} checked={now.mine} onCheck={only("mine")} />}
        <Choice label={t("onlyComplaints")} checked={now.complaints} onCheck={only("complaints")} />
      </div>
    </div>
  );
}

interface LaneProps {
  state: State;
  query: Readonly<Record<string, string | boolean>> & { place: string };
  /** How many there are; absent: only some of them are asked for. */
  counted?: { orders: number; overdue: number };
}

const AT_FIRST = 8;

/** The orders of one state, what is due the soonest first. */
function Lane({ state, query, counted }: LaneProps) {
  const late = counted?.overdue ?? 0;
  const found = useParts(
    (after) =>
      told(
        api.GET("/v1/orders", {
          params: {
            query: { ...query, state, first: "due", limit: AT_FIRST, ...(after && { after }) },
          },
        }),
      ),
    [state, JSON.stringify(query)],
  );
  return (
    <section class="lane" aria-label={t(state)}>
      <header class="row ends">
        <h2>{t(state)}</h2>
        <span class="row gap-s">
          {late > 0 && <Badge tone="bad">{t("late", { count: late })}</Badge>}
          {counted && <Badge>{t("counted", { orders: counted.orders })}</Badge>}
        </span>
      </header>
      <Loaded of={found}>
        {(items) => (
          <>
            {items.length === 0 && <p class="soft small">{t("none")}</p>}
            <ul class="stack gap-s">
              {items.map((one) => (
                <li key={one.id}>
                  <Ticket one={one} />
                </li>
              ))}
            </ul>
            <More of={found.more} />
          </>
        )}
      </Loaded>
    </section>
  );
}

function Ticket({ one }: { one: Listed }) {
  const named = (id: string) => one.names[id] || id;
  const holder = one.team ?? one.volunteer;
  return (
    <a class={`ticket ${one.overdue ? "late" : ""}`} href={to("orders", one.id)}>
      <b>{one.category}</b>
      <span class="ticket-text">{one.text}</span>
      <span class="soft small">
        {named(one.place)}
        {holder && ` · ${named(holder)}`}
      </span>
      <Marks one={one} />
    </a>
  );
}

/** What is to be seen to first: it is late, somebody complained, it went up. */
export function Marks({ one }: { one: Listed }) {
  return (
    <span class="row gap-s">
      {one.overdue && <Badge tone="bad">{t("overdue")}</Badge>}
      {one.complaint && <Badge tone="bad">{t("complaint")}</Badge>}
      {one.escalations > 0 && (
        <Badge tone="wait">{t("escalated", { count: one.escalations })}</Badge>
      )}
      {one.stars !== null && (
        <Badge tone={one.stars > 2 ? "good" : "wait"}>{t("stars", { stars: one.stars })}</Badge>
      )}
      {one.due_at !== null && (
        <span class="soft small">{t("due", { at: moment(one.due_at) })}</span>
      )}
    </span>
  );
}

// What does a place share, who has it when, and may I have it then?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { locale } from "../../i18n";
import { clock, day, moment } from "../../i18n/format";
import {
  Badge,
  Button,
  Card,
  type Column,
  Form,
  type Item,
  Loaded,
  Notice,
  Select,
  Table,
  useAsked,
} from "../../ui";
import { newId } from "../ids";
import { useFilter } from "../route";
import { dayOf, midnight, monday } from "./days";
import { t } from "./words";

type Resource = components["schemas"]["ResourceShown"];
type Booking = components["schemas"]["BookingShown"];

interface Props {
  place: string;
  mayBook: boolean;
  mayShare: boolean;
}

export function Resources({ place, mayBook, mayShare }: Props) {
  const found = useAsked(
    async () =>
      (await told(api.GET("/v1/resources", { params: { query: { area: place } } }))).items.filter(
        (one) => one.place === place,
      ),
    [place],
  );
  const [chosen, setChosen] = useFilter("resource");
  const [changing, setChanging] = useState<{ was?: Resource } | null>(null);
  return (
    <Card
      title={t("resources")}
      more={
        mayShare && (
          <Button icon="plus" onPress={() => setChanging({})}>
            {t("share")}
          </Button>
        )
      }
    >
      {changing && (
        <Share
          place={place}
          {...changing}
          onClose={(done) => {
            setChanging(null);
            if (done) found.reload();
          }}
        />
      )}
      <Loaded of={found}>
        {(items) => {
          const one = items.find(({ resource }) => resource === chosen) ?? items[0];
          if (one === undefined) return <p class="soft">{t("noResources")}</p>;
          return (
            <>
              <div class="row find">
                {items.length > 1 && (
                  <Select
                    label={t("resource")}
                    value={one.resource}
                    options={items.map(({ resource, name }) => ({ value: resource, text: name }))}
                    onText={setChosen}
                  />
                )}
                {mayShare && (
                  <Button onPress={() => setChanging({ was: one })}>
                    {t("changeOf", { name: one.name })}
                  </Button>
                )}
              </div>
              <Calendar key={one.resource} of={one} mayBook={mayBook} />
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

/** Below this a week is too narrow to be read. */
const NARROW = "(width < 46rem)";

function Calendar({ of, mayBook }: { of: Resource; mayBook: boolean }) {
  const [asked, setSpan] = useFilter("span", matchMedia(NARROW).matches ? "day" : "week");
  const span = asked === "day" ? "day" : "week";
  const [at, setAt] = useFilter("day", dayOf(new Date()));
  const [booking, setBooking] = useState(false);
  const [given, setGiven] = useState<Booking | null>(null);
  const found = useAsked(
    () =>
      told(
        api.GET("/v1/resources/{resource}/bookings", {
          params: { path: { resource: of.resource }, query: { past: true } },
        }),
      ),
    [of.resource],
  );
  const first = span === "week" ? monday(at) : at;
  const days = Array.from({ length: span === "week" ? 7 : 1 }, (_, on) =>
    dayOf(midnight(first, on)),
  );
  const move = (by: number) => setAt(dayOf(midnight(at, by * days.length)));
  const close = (done: boolean) => {
    setBooking(false);
    setGiven(null);
    if (done) found.reload();
  };
  return (
    <>
      <div class="row ends">
        <div>
          <h3>{of.name}</h3>
          <p class="soft small">{[of.kind, of.description].filter(Boolean).join(" · ")}</p>
        </div>
        {of.shared
          ? mayBook && (
              <Button look="primary" icon="plus" onPress={() => setBooking(true)}>
                {t("book")}
              </Button>
            )
          : null}
      </div>
      {!of.shared && <Notice tone="wait">{t("notShared")}</Notice>}
      <div class="row">
        <Button icon="back" label={t("earlier")} onPress={() => move(-1)} />
        <Button onPress={() => setAt(dayOf(new Date()))}>{t("today")}</Button>
        <Button icon="next" label={t("later")} onPress={() => move(1)} />
        {(["day", "week"] as const).map((one) => (
          <Button key={one} pressed={span === one} onPress={() => setSpan(one)}>
            {t(one)}
          </Button>
        ))}
        <span class="soft">
          {day(`${first}T00:00`)}
          {span === "week" && ` – ${day(`${days.at(-1)}T00:00`)}`}
        </span>
      </div>
      <Loaded of={found}>
        {({ items }) => {
          const from = midnight(first).getTime();
          const until = midnight(first, days.length).getTime();
          const here = items.filter(
            ({ starts_at, ends_at }) => Date.parse(ends_at) > from && Date.parse(starts_at) < until,
          );
          return (
            <>
              <Grid days={days} bookings={here.filter(({ state }) => state === "stands")} />
              <Table
                caption={t("bookings")}
                columns={columns(mayBook, setGiven)}
                rows={here}
                rowKey={(one) => one.booking}
                empty={<p>{t("noBookings")}</p>}
              />
            </>
          );
        }}
      </Loaded>
      {booking && <Book of={of} at={at} onClose={close} />}
      {given && <GiveUp of={of} booking={given} onClose={close} />}
    </>
  );
}

const HOUR = 3_600_000;
const OPENS = 7;
const CLOSES = 22;

/** A picture: the table below says the same. */
function Grid({ days, bookings }: { days: readonly string[]; bookings: readonly Booking[] }) {
  const name = new Intl.DateTimeFormat(locale(), { weekday: "short", day: "numeric" });
  return (
    <div class="calendar" aria-hidden="true" data-days={days.length}>
      <div class="calendar-hours">
        {[8, 12, 16, 20].map((hour) => (
          <span key={hour} style={{ top: `${share(hour)}%` }}>
            {hour}:00
          </span>
        ))}
      </div>
      {days.map((one) => {
        const start = midnight(one).getTime();
        return (
          <div class="calendar-day" key={one}>
            <b class={one === dayOf(new Date()) ? "now" : ""}>{name.format(midnight(one))}</b>
            <div class="calendar-line">
              {bookings.map(({ booking, starts_at, ends_at, purpose, whose_name, whose }) => {
                const from = Math.max((Date.parse(starts_at) - start) / HOUR, OPENS);
                const until = Math.min((Date.parse(ends_at) - start) / HOUR, CLOSES);
                return (
                  from < until && (
                    <span
                      class="calendar-block"
                      key={booking}
                      style={{ top: `${share(from)}%`, height: `${share(until) - share(from)}%` }}
                    >
                      {clock(starts_at)} {purpose || whose_name || whose}
                    </span>
                  )
                );
              })}
            </div>
          </div>
        );
      })}
    </div>
  );
}

/** How far down the day an hour is, in percent. */
function share(hour: number): number {
  return (100 * (hour - OPENS)) / (CLOSES - OPENS);
}

const TONES = { stands: "good", refused: "bad", cancelled: undefined } as const;

function columns(mayBook: boolean, giveUp: (one: Booking) => void): Column<Booking>[] {
  const found: Column<Booking>[] = [
    {
      id: "from",
      title: t("from"),
      line: true,
      by: (one) => one.starts_at,
      cell: (one) => moment(one.starts_at),
    },
    { id: "to", title: t("to"), line: true, cell: (one) => moment(one.ends_at) },
    { id: "whose", title: t("forWhom"), cell: (one) => one.whose_name || one.whose },
    { id: "purpose", title: t("purpose"), cell: (one) => one.purpose },
    {
      id: "state",
      title: t("state"),
      cell: (one) => {
        const state = one.state as keyof typeof TONES;
        const tone = TONES[state];
        return (
          <>
            <Badge {...(tone && { tone })}>{t(state)}</Badge>
            {one.reason && <div class="small soft">{one.reason}</div>}
          </>
        );
      },
    },
  ];
  if (mayBook)
    found.push({
      id: "giveUp",
      title: t("giveUp"),
      cell: (one) =>
        one.state === "stands" &&
        Date.parse(one.ends_at) > Date.now() && (
          <Button
            label={`${t("cancelBooking")} ${moment(one.starts_at)}`}
            onPress={() => giveUp(one)}
          >
            {t("giveUp")}
          </Button>
        ),
    });
  return found;
}

interface BookProps {
  of: Resource;
  at: string;
  onClose: (done: boolean) => void;
}

function Book({ of, at, onClose }: BookProps) {
  return (
    <Form
      title={t("bookOf", { name: of.name })}
      yes={t("book")}
      done={t("booked")}
      items={[
        { id: "day", label: t("day"), kind: "date", value: at },
        { id: "starts_at", label: t("from"), kind: "time" },
        { id: "ends_at", label: t("to"), kind: "time" },
        { id: "whose", label: t("whose"), max: 64, free: true },
        { id: "purpose", label: t("purpose"), max: 200, free: true },
      ]}
      onSend={({ day: date, starts_at, ends_at, whose, purpose = "" }, once) =>
        told(
          api.POST("/v1/resources/{resource}/bookings", {
            params: { ...once, path: { resource: of.resource } },
            body: {
              starts_at: new Date(`${date}T${starts_at}`).toISOString(),
              ends_at: new Date(`${date}T${ends_at}`).toISOString(),
              purpose,
              ...(whose && { whose }),
            },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

interface GiveUpProps {
  of: Resource;
  booking: Booking;
  onClose: (done: boolean) => void;
}

function GiveUp({ of, booking, onClose }: GiveUpProps) {
  return (
    <Form
      title={`${of.name} · ${moment(booking.starts_at)}`}
      yes={t("cancelBooking")}
      danger
      done={t("recorded")}
      items={[{ id: "reason", label: t("reason"), max: 200 }]}
      onSend={({ reason = "" }, once) =>
        told(
          api.POST("/v1/resources/{resource}/bookings/{booking}/cancel", {
            params: { ...once, path: { resource: of.resource, booking: booking.booking } },
            body: { reason },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

interface ShareProps {
  place: string;
  /** What is changed; absent: something is registered. */
  was?: Resource;
  onClose: (done: boolean) => void;
}

function Share({ place, was, onClose }: ShareProps) {
  const [made] = useState(() => newId("R"));
  const items: Item[] = [
    { id: "name", label: t("name"), value: was?.name },
    { id: "kind", label: t("resourceKind"), value: was?.kind, free: true },
    { id: "description", label: t("description"), value: was?.description, free: true },
    was
      ? { id: "shared", label: t("isShared"), kind: "check", value: was.shared ? "true" : "" }
      : { id: "resource", label: t("ownId"), hint: t("ownIdHint"), max: 64, free: true },
  ];
  return (
    <Form
      title={was ? t("changeOf", { name: was.name }) : t("share")}
      yes={t(was ? "save" : "share")}
      done={t("recorded")}
      items={items}
      onSend={({ resource = made, name = "", kind = "", description = "", shared }, once) =>
        told(
          api.POST("/v1/resources/{resource}", {
            params: { ...once, path: { resource: was?.resource ?? resource } },
            body: {
              new: was === undefined,
              name,
              place,
              kind,
              description,
              shared: was === undefined || shared === "true",
            },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

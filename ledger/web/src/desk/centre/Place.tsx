// What is known of one place: rooms, opening, people by year, names, merges, and what it shares?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { count, day } from "../../i18n/format";
import {
  Badge,
  Button,
  Card,
  type Column,
  Loaded,
  Notice,
  Table,
  TextField,
  useAsked,
} from "../../ui";
import { Doing } from "../Doing";
import { to } from "../route";
import { Resources } from "./Resources";
import { kindName, t } from "./words";

type Whole = components["schemas"]["PlaceWhole"];
type Closing = components["schemas"]["ClosingShown"];

export function Place({ id, held }: { id: string; held: readonly string[] }) {
  const place = useAsked(
    () => told(api.GET("/v1/places/{place}", { params: { path: { place: id } } })),
    [id],
  );
  return (
    <div class="stack gap-l">
      <p>
        <a href={to("places")}>{t("backPlaces")}</a>
      </p>
      <Loaded of={place}>
        {(one) => (
          <>
            <Head one={one} mayChange={held.includes("register")} onDone={place.reload} />
            <Resources place={one.place} mayBook={held.includes("record")} />
          </>
        )}
      </Loaded>
    </div>
  );
}

interface Props {
  one: Whole;
  mayChange: boolean;
  onDone: () => void;
}

function Head({ one, mayChange, onDone }: Props) {
  const [doing, setDoing] = useState<"edit" | "count" | null>(null);
  const close = (done: boolean) => {
    setDoing(null);
    if (done) onDone();
  };
  const gone = one.closed.find(({ until }) => until === "");
  return (
    <>
      <div class="row ends">
        <h1>{one.name}</h1>
        <Badge>
          {kindName(one.kind)}
          {(one.community === "urban" || one.community === "village") && ` · ${t(one.community)}`}
        </Badge>
      </div>
      {gone && <Notice tone="wait">{closing(gone, one.called)}</Notice>}
      <div class="beside">
        <Card
          title={t("place")}
          more={mayChange && <Button onPress={() => setDoing("edit")}>{t("edit")}</Button>}
        >
          <dl class="facts">
            <dt>{t("code")}</dt>
            <dd>{one.place}</dd>
            {one.parent && (
              <>
                <dt>{t("liesIn")}</dt>
                <dd>
                  <a href={to("places", one.parent)}>{one.called[one.parent] || one.parent}</a>
                </dd>
              </>
            )}
            <dt>{t("rooms")}</dt>
            <dd>
              {one.functions.length === 0
                ? t("notSaid")
                : `${one.functions.join("、")}（${one.functions.length}）`}
            </dd>
            <dt>{t("opening")}</dt>
            <dd>{one.opening || t("notSaid")}</dd>
            <dt>{t("phone")}</dt>
            <dd>{one.phone || t("notSaid")}</dd>
            <dt>{t("address")}</dt>
            <dd>{one.address || t("notSaid")}</dd>
          </dl>
        </Card>
        <Card
          title={t("years")}
          more={mayChange && <Button onPress={() => setDoing("count")}>{t("countYear")}</Button>}
        >
          <Table
            caption={t("years")}
            columns={YEARS()}
            rows={[...one.years].reverse()}
            rowKey={({ year }) => year}
          />
        </Card>
      </div>
      <div class="beside">
        <Card title={t("names")}>
          <ol class="lines">
            {one.names.map((was) => (
              <li key={was.since}>
                <b>{was.name}</b> {kindName(was.kind)}
                <div class="soft small">
                  {day(was.since)} – {was.until ? day(was.until) : t("still")}
                </div>
              </li>
            ))}
          </ol>
        </Card>
        {one.closed.length + one.merged_here.length > 0 && (
          <Card title={t("merges")}>
            <ul class="lines">
              {one.closed.map((was) => (
                <li key={was.since}>
                  {closing(was, one.called)}
                  {was.reason && <span class="soft small"> {was.reason}</span>}
                </li>
              ))}
              {one.merged_here.map((was) => (
                <li key={`${was.place} ${was.since}`}>
                  <a href={to("places", was.place)}>
                    {t("mergedHere", {
                      since: was.since,
                      place: one.called[was.place] || was.place,
                    })}
                  </a>
                  {was.until && t("closedUntil", { until: was.until })}
                  {was.reason && <span class="soft small"> {was.reason}</span>}
                </li>
              ))}
            </ul>
          </Card>
        )}
      </div>
      {doing === "edit" && <Edit one={one} onClose={close} />}
      {doing === "count" && <Count one={one} onClose={close} />}
    </>
  );
}

function closing({ since, until, into }: Closing, called: Whole["called"]): string {
  const from = into
    ? t("closedInto", { since, into: called[into] || into })
    : t("closedAway", { since });
  return until ? from + t("closedUntil", { until }) : from;
}

function YEARS(): Column<Whole["years"][number]>[] {
  const known = (number: number | null) => (number === null ? t("notSaid") : count(number));
  return [
    { id: "year", title: t("year"), cell: ({ year }) => String(year) },
    {
      id: "residents",
      title: t("residents"),
      number: true,
      cell: ({ residents }) => known(residents),
    },
    { id: "staff", title: t("staff"), number: true, cell: ({ staff }) => known(staff) },
    {
      id: "party",
      title: t("party"),
      number: true,
      cell: ({ party_members }) => known(party_members),
    },
  ];
}

interface Change {
  one: Whole;
  onClose: (done: boolean) => void;
}

function Edit({ one, onClose }: Change) {
  const [functions, setFunctions] = useState(one.functions.join("、"));
  const [opening, setOpening] = useState(one.opening);
  const [phone, setPhone] = useState(one.phone);
  const [address, setAddress] = useState(one.address);
  return (
    <Doing
      title={t("edit")}
      yes={t("save")}
      done={t("recorded")}
      send={(once) =>
        told(
          api.POST("/v1/places/{place}", {
            params: { ...once, path: { place: one.place } },
            body: {
              functions: functions
                .split(/[,，、;；]/)
                .map((room) => room.trim())
                .filter((room) => room !== ""),
              opening: opening.trim(),
              phone: phone.trim(),
              address: address.trim(),
            },
          }),
        )
      }
      onClose={onClose}
    >
      <TextField
        label={t("rooms")}
        hint={t("functionsHint")}
        value={functions}
        onText={setFunctions}
      />
      <TextField label={t("opening")} value={opening} onText={setOpening} maxLength={128} />
      <TextField label={t("phone")} type="tel" value={phone} onText={setPhone} maxLength={32} />
      <TextField label={t("address")} value={address} onText={setAddress} maxLength={128} />
    </Doing>
  );
}

function Count({ one, onClose }: Change) {
  const [year, setYear] = useState(String(new Date().getFullYear()));
  const [said, setSaid] = useState({ residents: "", staff: "", party: "" });
  const number = (text: string) => (text.trim() === "" ? null : Number(text));
  const field = (name: keyof typeof said) => (
    <TextField
      label={t(name)}
      type="number"
      min="0"
      value={said[name]}
      onText={(text) => setSaid({ ...said, [name]: text })}
    />
  );
  return (
    <Doing
      title={t("countYear")}
      yes={t("save")}
      done={t("recorded")}
      send={(once) =>
        told(
          api.POST("/v1/places/{place}/counts", {
            params: { ...once, path: { place: one.place } },
            body: {
              year: Number(year),
              residents: number(said.residents),
              full_time_staff: number(said.staff),
              party_members: number(said.party),
            },
          }),
        )
      }
      onClose={onClose}
    >
      <TextField label={t("year")} type="number" value={year} onText={setYear} />
      {field("residents")}
      {field("staff")}
      {field("party")}
    </Doing>
  );
}

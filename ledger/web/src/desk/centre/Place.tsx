// What is known of one place: rooms, opening, people by year, names, merges, and what it shares?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { count, day } from "../../i18n/format";
import { Badge, Button, Card, type Column, Loaded, Notice, Table, useAsked } from "../../ui";
import { list, to } from "../route";
import { ChangePlace, CountPlace, MergePlace, RegisterPlace, ReopenPlace } from "./PlaceForms";
import { Resources } from "./Resources";
import { kindName, t } from "./words";

type Whole = components["schemas"]["PlaceWhole"];
type Closing = components["schemas"]["ClosingShown"];

interface PlaceProps {
  id: string;
  home: string;
  held: readonly string[];
}

export function Place({ id, home, held }: PlaceProps) {
  const place = useAsked(
    () => told(api.GET("/v1/places/{place}", { params: { path: { place: id } } })),
    [id],
  );
  return (
    <div class="stack gap-l">
      <p>
        <a href={list("places")}>{t("backPlaces")}</a>
      </p>
      <Loaded of={place}>
        {(one) => (
          <>
            <Head
              one={one}
              home={home}
              mayChange={held.includes("register")}
              onDone={place.reload}
            />
            <Resources
              place={one.place}
              mayBook={held.includes("record")}
              mayShare={held.includes("register")}
            />
          </>
        )}
      </Loaded>
    </div>
  );
}

interface HeadProps {
  one: Whole;
  home: string;
  mayChange: boolean;
  onDone: () => void;
}

type Doing = "change" | "count" | "merge" | "reopen" | "below";

function Head({ one, home, mayChange, onDone }: HeadProps) {
  const [doing, setDoing] = useState<Doing | null>(null);
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
      {mayChange && (
        <div class="row">
          {gone ? (
            <Button onPress={() => setDoing("reopen")}>{t("reopen")}</Button>
          ) : (
            <>
              <Button icon="plus" onPress={() => setDoing("below")}>
                {t("registerBelow")}
              </Button>
              <Button look="danger" onPress={() => setDoing("merge")}>
                {t("merge")}
              </Button>
            </>
          )}
        </div>
      )}
      <div class="beside">
        <Card
          title={t("place")}
          more={mayChange && <Button onPress={() => setDoing("change")}>{t("edit")}</Button>}
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
            {one.latitude && one.longitude && (
              <>
                <dt>{t("coordinates")}</dt>
                <dd>
                  {one.latitude}, {one.longitude}
                </dd>
              </>
            )}
          </dl>
        </Card>
        <Card
          title={t("years")}
          more={mayChange && <Button onPress={() => setDoing("count")}>{t("countYear")}</Button>}
        >
          <Table
            caption={t("years")}
            untitled
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
      {doing === "count" && <CountPlace one={one} onClose={close} />}
      {doing === "reopen" && <ReopenPlace one={one} onClose={close} />}
      {doing === "change" && <ChangePlace one={one} home={home} onClose={close} />}
      {doing === "merge" && <MergePlace one={one} home={home} onClose={close} />}
      {doing === "below" && <RegisterPlace parent={one.place} home={home} onClose={close} />}
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

// How does one order stand, what happened to it, and what comes next?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { moment } from "../../i18n/format";
import { Badge, Button, Card, Loaded, Meter, Notice, useAsked } from "../../ui";
import { list, to } from "../route";
import { Life } from "./Life";
import { Marks } from "./Orders";
import { fresh } from "./Placing";
import { Step, type Wish } from "./Steps";
import { t } from "./words";

export type Whole = components["schemas"]["OrderWhole"];
type Suggestion = components["schemas"]["SuggestionShown"];

export function Order({ id, mayAct }: { id: string; mayAct: boolean }) {
  const order = useAsked(
    () => told(api.GET("/v1/orders/{order}", { params: { path: { order: id } } })),
    [id],
  );
  return (
    <div class="stack gap-l">
      <p>
        <a href={list("orders")}>{t("back")}</a>
      </p>
      <Loaded of={order}>
        {(one) => <Shown one={one} mayAct={mayAct} onDone={order.reload} />}
      </Loaded>
    </div>
  );
}

interface Props {
  one: Whole;
  mayAct: boolean;
  onDone: () => void;
}

const TONES = { cancelled: "bad", rewarded: "good" } as const;

function Shown({ one, mayAct, onDone }: Props) {
  const [wish, setWish] = useState<Wish | null>(null);
  const code = fresh.value?.order === one.id ? fresh.value.code : null;
  const tone = one.state in TONES ? TONES[one.state as keyof typeof TONES] : undefined;
  return (
    <>
      <div class="row ends">
        <h1>
          {one.category} <span class="soft">{one.id}</span>
        </h1>
        <Badge {...(tone && { tone })}>{t(one.state)}</Badge>
      </div>
      {code && (
        <Notice tone="good">
          <p>
            <b>{t("code", { code })}</b>
          </p>
          <p>{t("codeHint")}</p>
        </Notice>
      )}
      <p class="lead">{one.text}</p>
      <Marks one={one} />
      {mayAct && <Actions one={one} onWish={setWish} />}
      <div class="beside">
        <Card>
          <Facts one={one} />
        </Card>
        <Card title={t("life")}>
          <Life of={one} />
        </Card>
      </div>
      {one.state === "placed" && (
        <Suggestions
          order={one.id}
          {...(mayAct && {
            onChoose: ({ kind, id }: Suggestion) =>
              setWish({ what: "dispatch", party: { kind, id } }),
          })}
        />
      )}
      {wish && (
        <Step
          key={wish.what}
          one={one}
          wish={wish}
          onClose={(done) => {
            setWish(null);
            if (done) onDone();
          }}
        />
      )}
    </>
  );
}

type What = Wish["what"];

/** In which state what may be done, what is usual first. */
const MAY: Record<Whole["state"], readonly What[]> = {
  placed: ["dispatch", "cancel"],
  dispatched: ["accept", "decline", "reassign", "cancel"],
  accepted: ["finish", "accept", "decline", "reassign", "rate", "cancel"],
  done: ["rate", "callBack"],
  rated: ["reward", "callBack", "rate"],
  rewarded: ["reward", "callBack", "rate"],
  cancelled: [],
};

/** First somebody asks the resident; until then nobody is rewarded. */
const COMPLAINED: readonly What[] = ["callBack", "rate", "reward"];

function Actions({ one, onWish }: { one: Whole; onWish: (wish: Wish) => void }) {
  const may = one.complaint && one.state === "rated" ? COMPLAINED : MAY[one.state];
  if (may.length === 0) return null;
  return (
    <section class="row" aria-label={t("actions")}>
      {may.map((what, at) => (
        <Button
          key={what}
          {...(at === 0 && one.state !== "rewarded" && { look: "primary" as const })}
          {...(what === "cancel" && { look: "danger" as const })}
          onPress={() => onWish({ what })}
        >
          {t(what === "accept" && one.state === "accepted" ? "replan" : what)}
        </Button>
      ))}
    </section>
  );
}

function Facts({ one }: { one: Whole }) {
  const named = (id: string) => one.names[id] || id;
  const people = (ids: readonly string[]) =>
    ids.map((id, at) => (
      <>
        {at > 0 && "、"}
        <a href={to("volunteer", id)}>{named(id)}</a>
      </>
    ));
  return (
    <dl class="facts">
      <dt>{t("where")}</dt>
      <dd>
        <a href={to("places", one.place)}>{named(one.place)}</a>
      </dd>
      {one.responsible !== one.place && (
        <>
          <dt>{t("responsible")}</dt>
          <dd>{named(one.responsible)}</dd>
        </>
      )}
      {one.skills.length > 0 && (
        <>
          <dt>{t("skills")}</dt>
          <dd>{one.skills.join("、")}</dd>
        </>
      )}
      <dt>{t("channel")}</dt>
      <dd>{t(`channel_${one.channel as "station" | "hotline" | "app" | "collected"}`)}</dd>
      {one.wanted_at && (
        <>
          <dt>{t("wanted")}</dt>
          <dd>{moment(one.wanted_at)}</dd>
        </>
      )}
      {one.team && (
        <>
          <dt>{t("team")}</dt>
          <dd>
            <a href={to("teams", one.team)}>{named(one.team)}</a>
          </dd>
        </>
      )}
      {one.volunteer && (
        <>
          <dt>{t("volunteer")}</dt>
          <dd>{people([one.volunteer])}</dd>
        </>
      )}
      {one.volunteers.length > 0 && (
        <>
          <dt>{t("volunteers")}</dt>
          <dd>{people(one.volunteers)}</dd>
        </>
      )}
      {one.starts_at && (
        <>
          <dt>{t("planned")}</dt>
          <dd>
            {moment(one.starts_at)}
            {one.ends_at && ` – ${moment(one.ends_at)}`}
          </dd>
        </>
      )}
      {one.activity && (
        <>
          <dt>{t("activity")}</dt>
          <dd>
            <a href={to("activities", one.activity)}>{one.activity}</a>
          </dd>
        </>
      )}
      {one.served.length > 0 && (
        <>
          <dt>{t("served")}</dt>
          <dd>{people(one.served)}</dd>
        </>
      )}
      {one.stars !== null && (
        <>
          <dt>{t("rating")}</dt>
          <dd>
            {t("stars", { stars: one.stars })}
            {one.complaint && ` · ${t("complaint")}`}
            {one.called_back && ` · ${t("calledBack")}`}
          </dd>
        </>
      )}
      {one.due_at && (
        <>
          <dt>{t("deadline")}</dt>
          <dd>{moment(one.due_at)}</dd>
        </>
      )}
    </dl>
  );
}

const PARTS = ["skills", "near", "free", "rating"] as const;

function Suggestions({ order, onChoose }: { order: string; onChoose?: (one: Suggestion) => void }) {
  const found = useAsked(
    () => told(api.GET("/v1/orders/{order}/suggestions", { params: { path: { order } } })),
    [order],
  );
  return (
    <Card title={t("suggestions")}>
      <Loaded of={found}>
        {({ items, most, source }) => (
          <>
            <p class="soft small">{t("suggestionsHint", { most, source })}</p>
            {items.length === 0 && <p>{t("noSuggestions")}</p>}
            <ol class="suited">
              {items.map((one) => (
                <li key={`${one.kind} ${one.id}`}>
                  <div class="row ends">
                    <span class="row gap-s">
                      <b>{one.name || one.id}</b>
                      <span class="soft small">
                        {t(one.kind)} {one.id}
                      </span>
                      {one.in_circle && <Badge tone="good">{t("circle")}</Badge>}
                    </span>
                    {onChoose && (
                      <Button
                        label={`${t("dispatchTo")} ${one.name || one.id}`}
                        onPress={() => onChoose(one)}
                      >
                        {t("dispatchTo")}
                      </Button>
                    )}
                  </div>
                  <div class="scored">
                    <Meter value={one.score} max={most} label={t("score")} />
                    <span>
                      {one.score}/{most}
                    </span>
                  </div>
                  <ul class="small soft">
                    {one.reasons.map(({ part, points, text }) => {
                      const known = PARTS.find((name) => name === part);
                      return (
                        <li key={part}>
                          {known ? t(`part_${known}`) : part} +{points} {text}
                        </li>
                      );
                    })}
                  </ul>
                </li>
              ))}
            </ol>
          </>
        )}
      </Loaded>
    </Card>
  );
}

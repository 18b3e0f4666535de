// Which visits wait for a person's decision?
import { useState } from "preact/hooks";
import { api, told } from "../api";
import type { components } from "../api.types";
import { hours, moment } from "../i18n/format";
import { Badge, Button, type Column, Form, Loaded, Notice, Select, Table } from "../ui";
import { More } from "./More";
import { useParts } from "./pages";
import { to, useFilter } from "./route";
import { t } from "./words";

type Review = components["schemas"]["ReviewShown"];

const RULES = ["claimed", "complaint", "two_places", "hours_a_day", "device", "buddies"] as const;

export function Reviews({ mayDecide }: { mayDecide: boolean }) {
  const [show, setShow] = useFilter("show", "waiting");
  const settled = show === "all";
  const [chosen, setChosen] = useState<Review | null>(null);
  const reviews = useParts(
    (after) =>
      told(
        api.GET("/v1/reviews", {
          params: { query: { settled, limit: 100, ...(after && { after }) } },
        }),
      ),
    [settled],
  );
  return (
    <div class="stack gap-l">
      <div class="row ends">
        <h1>{t("reviews")}</h1>
        <Select
          label={t("state")}
          value={show}
          options={[
            { value: "waiting", text: t("waiting") },
            { value: "all", text: t("all") },
          ]}
          onText={setShow}
        />
      </div>
      <Loaded of={reviews}>
        {(items) => (
          <div class="stack">
            <Table
              caption={t("reviews")}
              columns={columns(mayDecide, setChosen)}
              rows={items}
              rowKey={({ id }) => id}
              part={reviews.more !== null}
              empty={<p>{t("nothingWaits")}</p>}
            />
            <More of={reviews.more} />
          </div>
        )}
      </Loaded>
      <Decide
        key={chosen?.id}
        review={chosen}
        onDone={(done) => {
          setChosen(null);
          if (done) reviews.reload();
        }}
      />
    </div>
  );
}

function rule(name: string): string {
  const known = RULES.find((one) => one === name);
  return known === undefined ? name : t(known);
}

function columns(mayDecide: boolean, choose: (one: Review) => void): Column<Review>[] {
  const found: Column<Review>[] = [
    {
      id: "opened",
      title: t("opened"),
      line: true,
      by: (one) => one.opened_at,
      cell: (one) => moment(one.opened_at),
    },
    {
      id: "volunteer",
      title: t("volunteer"),
      by: (one) => one.volunteer,
      cell: (one) => (
        <a href={to("volunteer", one.volunteer)}>
          {one.name ? `${one.name} ${one.volunteer}` : one.volunteer}
        </a>
      ),
    },
    { id: "rule", title: t("heldFor"), by: (one) => one.rule, cell: (one) => rule(one.rule) },
    { id: "evidence", title: t("evidence"), cell: (one) => <Evidence of={one} /> },
    { id: "state", title: t("state"), cell: (one) => <State of={one} /> },
  ];
  if (mayDecide)
    found.push({
      id: "decide",
      title: t("decide"),
      cell: (one) => (
        <Button onPress={() => choose(one)} label={`${t("decide")} ${one.volunteer}`}>
          {t("decide")}
        </Button>
      ),
    });
  return found;
}

function Evidence({ of }: { of: Review }) {
  return (
    <ul class="small">
      {Object.entries(of.evidence).map(([name, value]) => (
        <li key={name}>
          {fact(name)} {written(name, value)}
        </li>
      ))}
    </ul>
  );
}

const FACTS = [
  "place",
  "other_place",
  "other_visit",
  "seconds",
  "day",
  "limit",
  "device",
  "people",
  "since",
  "until",
  "with",
  "days",
  "activity",
  "started_at",
  "ended_at",
  "reason",
  "by",
  "claim",
] as const;
const TIMES = ["since", "until", "started_at", "ended_at"];

function fact(name: string): string {
  const known = FACTS.find((one) => one === name);
  return known === undefined ? name : t(`fact_${known}`);
}

function written(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.join("、");
  if ((name === "seconds" || name === "limit") && typeof value === "number") return hours(value);
  if (TIMES.includes(name) && typeof value === "string") return moment(value);
  return String(value);
}

function State({ of }: { of: Review }) {
  if (of.state === "open") return <Badge tone="wait">{t("open_state")}</Badge>;
  if (of.state === "withdrawn") return <Badge>{t("withdrawn_state")}</Badge>;
  return (
    <div>
      <Badge tone={of.decision === "count" ? "good" : "bad"}>
        {t(of.decision === "count" ? "count" : "void")}
      </Badge>
      <p class="small soft">
        {of.reason} {of.by?.replace(/ <[^<>]*>$/, "")}
      </p>
    </div>
  );
}

function Decide({ review, onDone }: { review: Review | null; onDone: (done: boolean) => void }) {
  if (review === null) return null;
  return (
    <Form
      title={`${t("decide")} · ${review.volunteer}`}
      yes={t("decide")}
      done={t("decided")}
      items={[
        {
          id: "decision",
          label: t("decide"),
          kind: "radio",
          options: (["count", "void"] as const).map((value) => ({ value, text: t(value) })),
        },
        { id: "reason", label: t("reason"), kind: "area", max: 500 },
      ]}
      onSend={({ decision, reason = "" }) =>
        told(
          api.POST("/v1/reviews/{review}", {
            params: { path: { review: review.id } },
            body: { decision: decision === "void" ? "void" : "count", reason },
          }),
        )
      }
      onClose={onDone}
    >
      <p>
        <b>{rule(review.rule)}</b> <span class="soft small">{review.visit}</span>
      </p>
      <Evidence of={review} />
      {review.clauses.map((one) => (
        <Notice key={one}>{one}</Notice>
      ))}
    </Form>
  );
}

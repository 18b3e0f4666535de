// What is a place or a team to do in a year or a month? A plan of several items.
import { useRef, useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { Button, type Filled, Form, type Item, type Option } from "../../ui";
import { findPlaces, findTeams } from "../finding";
import { CATEGORIES, type Category, fixedDay, t } from "./words";

type Plan = components["schemas"]["PlanShown"];
type Planned = components["schemas"]["PlannedActivities"];

interface Props {
  /** Where one works; "": everywhere. */
  home: string;
  /** The place that is most likely meant. */
  at: string;
  year: number;
  /** The plan that is changed; absent: a new one is made. */
  was: Plan | null;
  onClose: (done: boolean) => void;
}

export function Planning({ home, at, year, was, onClose }: Props) {
  const [rows, setRows] = useState<readonly number[]>(() => was?.items.map((_, row) => row) ?? [0]);
  const made = useRef(rows.length);
  const what = t(was === null ? "makePlan" : "changePlan");
  const head = (of: string | undefined): Item[] => [
    {
      id: "of",
      label: t("planOf"),
      kind: "select",
      options: [
        { value: "place", text: t("place") },
        { value: "team", text: t("team") },
      ],
    },
    of === "team"
      ? { id: "whose", slot: "team", label: t("team"), kind: "find", find: findTeams(home) }
      : {
          id: "whose",
          slot: "place",
          label: t("place"),
          kind: "find",
          find: findPlaces(home),
          value: at,
        },
    { id: "period", label: t("year"), kind: "whole", value: String(year) },
    {
      id: "month",
      label: t("month"),
      kind: "select",
      options: [
        { value: "", text: t("wholeYear") },
        ...Array.from({ length: 12 }, (_, month) => String(month + 1).padStart(2, "0")).map(
          (month) => ({ value: month, text: month }),
        ),
      ],
      free: true,
    },
  ];
  const items = rows.flatMap((row, at) =>
    itemsOf(row, at, was?.items[row], () => setRows((had) => had.filter((one) => one !== row))),
  );
  return (
    <Form
      title={was === null ? what : `${what} · ${was.whose_name || was.whose} · ${was.period}`}
      yes={what}
      note={was === null ? undefined : t("planHint")}
      done={t("recorded")}
      items={({ of }) => (was === null ? [...head(of), ...items] : items)}
      onSend={(filled, once) => {
        const { whose, of } = was ?? { whose: filled.whose ?? "", of: filled.of };
        const period = [filled.period, filled.month].filter(Boolean).join("-");
        return told(
          api.POST("/v1/plans/{whose}", {
            params: { ...once, path: { whose } },
            body: {
              new: was === null,
              of: of === "team" ? "team" : "place",
              period: was?.period ?? period,
              items: rows.map((_, at) => plannedOf(filled, at)),
            },
          }),
        );
      }}
      onClose={onClose}
      more={
        <Button icon="plus" onPress={() => setRows((had) => [...had, made.current++])}>
          {t("addItem")}
        </Button>
      }
    />
  );
}

function itemsOf(
  row: number,
  at: number,
  was: Plan["items"][number] | undefined,
  onDrop: () => void,
): Item[] {
  const number = at + 1;
  const group = {
    name: t("planItem", { number }),
    drop: { label: t("dropItem", { number }), onDrop },
  };
  const item = (name: string) => ({ id: `items.${at}.${name}`, slot: `${row} ${name}`, group });
  return [
    { ...item("title"), label: t("planTitle"), value: was?.title },
    {
      ...item("category"),
      label: t("category"),
      kind: "select",
      options: CATEGORIES.map((value) => ({ value, text: t(value) })),
      value: was?.category,
    },
    { ...item("times"), label: t("times"), kind: "whole", value: String(was?.times ?? 1) },
    {
      ...item("fixed"),
      label: t("fixed"),
      kind: "select",
      options: FIXED(),
      value: was && `${was.weekday} ${was.monthday}`,
      free: true,
    },
    { ...item("kind"), label: t("activityKind"), value: was?.kind, free: true },
  ];
}

/** By the day of the week and of the month, of which 0 is none. */
function FIXED(): Option[] {
  const weekdays = Array.from({ length: 7 }, (_, day) => ({ weekday: day + 1, monthday: 0 }));
  const monthdays = Array.from({ length: 31 }, (_, day) => ({ weekday: 0, monthday: day + 1 }));
  return [
    { value: "0 0", text: t("noFixed") },
    ...[...weekdays, ...monthdays].map((day) => ({
      value: `${day.weekday} ${day.monthday}`,
      text: fixedDay(day),
    })),
  ];
}

function plannedOf(filled: Filled, at: number): Planned {
  const said = (name: string) => filled[`items.${at}.${name}`];
  const [weekday = 0, monthday = 0] = (said("fixed") ?? "").split(" ").map(Number);
  const kind = said("kind");
  return {
    title: said("title") ?? "",
    category: (said("category") ?? "service") as Category,
    times: Number(said("times")),
    ...(weekday > 0 && { weekday }),
    ...(monthday > 0 && { monthday }),
    ...(kind && { kind }),
  };
}

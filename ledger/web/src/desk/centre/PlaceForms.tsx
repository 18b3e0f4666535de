// What is said of a place? Forms that register, change, count, merge and reopen it.
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { type Filled, Form, type Item } from "../../ui";
import { findPlaces } from "../finding";
import { to } from "../route";
import { dayOf } from "./days";
import { KINDS, kindName, t } from "./words";

type Whole = components["schemas"]["PlaceWhole"];
type Said = components["schemas"]["PlaceSaid"];

interface Props {
  /** Where one works; "": everywhere. */
  home: string;
  onClose: (done: boolean) => void;
}

export function RegisterPlace({ home, parent, onClose }: Props & { parent: string }) {
  return (
    <Form
      title={t("registerPlace")}
      yes={t("registerPlace")}
      done={t("recorded")}
      items={(filled) => {
        const [kind, ...others] = about(home, filled, { parent });
        const code = { id: "place", label: t("code"), hint: t("codeHint"), max: 64 };
        return [...(kind ? [kind] : []), code, ...others];
      }}
      onSend={async ({ place = "", ...filled }, once) => {
        await told(
          api.POST("/v1/places/{place}", {
            params: { ...once, path: { place } },
            body: { new: true, ...saidOf(filled) },
          }),
        );
        location.hash = to("places", place);
      }}
      onClose={onClose}
    />
  );
}

export function ChangePlace({ home, one, onClose }: Props & { one: Whole }) {
  return (
    <Form
      title={t("edit")}
      yes={t("save")}
      done={t("recorded")}
      items={(filled) => about(home, filled, one)}
      onSend={(filled, once) =>
        told(
          api.POST("/v1/places/{place}", {
            params: { ...once, path: { place: one.place } },
            body: { new: false, ...saidOf(filled) },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

/** The fields of a place; the kind comes first, on which others depend. */
function about(home: string, filled: Filled, was: Partial<Whole>): Item[] {
  const { parent = "" } = was;
  const kind: Item = {
    id: "kind",
    label: t("kind"),
    kind: "select",
    options: [...KINDS].map((value) => ({ value, text: kindName(value) })),
    value: was.kind ?? "station",
  };
  const community: Item = {
    id: "community",
    label: t("community"),
    kind: "select",
    options: [
      { value: "", text: t("notSaid") },
      { value: "urban", text: t("urban") },
      { value: "village", text: t("village") },
    ],
    value: was.community,
    free: true,
  };
  return [
    kind,
    { id: "name", label: t("name"), value: was.name },
    {
      id: "parent",
      label: t("liesIn"),
      kind: "find",
      find: findPlaces(home),
      none: t("noParent"),
      value: parent,
      free: true,
    },
    ...(filled.kind === "station" ? [community] : []),
    {
      id: "functions",
      label: t("rooms"),
      hint: t("functionsHint"),
      value: was.functions?.join("、"),
      free: true,
      max: 2000,
    },
    { id: "opening", label: t("opening"), value: was.opening, free: true },
    { id: "phone", label: t("phone"), kind: "tel", value: was.phone, free: true },
    { id: "address", label: t("address"), value: was.address, free: true },
    {
      id: "latitude",
      label: t("latitude"),
      kind: "number",
      value: was.latitude ?? "",
      free: true,
    },
    {
      id: "longitude",
      label: t("longitude"),
      kind: "number",
      value: was.longitude ?? "",
      free: true,
    },
  ];
}

/** What was left empty is taken back. */
function saidOf(filled: Filled): Omit<Said, "new"> {
  return {
    name: filled.name ?? "",
    kind: filled.kind as Said["kind"],
    parent: filled.parent ?? null,
    community: (filled.community ?? null) as Said["community"],
    functions: (filled.functions ?? "")
      .split(/[,，、;；]/)
      .map((room) => room.trim())
      .filter((room) => room !== ""),
    opening: filled.opening ?? "",
    phone: filled.phone ?? "",
    address: filled.address ?? "",
    latitude: filled.latitude ?? null,
    longitude: filled.longitude ?? null,
  };
}

interface OfOne {
  one: Whole;
  onClose: (done: boolean) => void;
}

export function CountPlace({ one, onClose }: OfOne) {
  const number = (text: string | undefined) => (text === undefined ? null : Number(text));
  return (
    <Form
      title={t("countYear")}
      yes={t("save")}
      done={t("recorded")}
      items={(filled) => {
        const year = filled.year ?? String(new Date().getFullYear());
        const known = one.years.find((was) => String(was.year) === year);
        const whole = { kind: "whole" as const, free: true };
        const said = (many: number | null | undefined) => (many == null ? "" : String(many));
        return [
          { id: "year", label: t("year"), kind: "whole", value: year },
          { id: "residents", label: t("residents"), ...whole, value: said(known?.residents) },
          { id: "full_time_staff", label: t("staff"), ...whole, value: said(known?.staff) },
          { id: "party_members", label: t("party"), ...whole, value: said(known?.party_members) },
        ];
      }}
      onSend={({ year, residents, full_time_staff, party_members }, once) =>
        told(
          api.POST("/v1/places/{place}/counts", {
            params: { ...once, path: { place: one.place } },
            body: {
              year: Number(year),
              residents: number(residents),
              full_time_staff: number(full_time_staff),
              party_members: number(party_members),
            },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

export function MergePlace({ one, home, onClose }: OfOne & Props) {
  return (
    <Form
      title={`${t("merge")} · ${one.name}`}
      yes={t("merge")}
      danger
      note={t("mergeHint")}
      done={t("recorded")}
      items={[
        {
          id: "into",
          label: t("into"),
          kind: "find",
          find: findPlaces(home),
          none: t("closeIt"),
          free: true,
        },
        { id: "on", label: t("onDay"), kind: "date", value: dayOf(new Date()) },
        { id: "reason", label: t("reason"), max: 200 },
      ]}
      onSend={({ into = null, on = "", reason = "" }, once) =>
        told(
          api.POST("/v1/places/{place}/merge", {
            params: { ...once, path: { place: one.place } },
            body: { into, on, reason },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

export function ReopenPlace({ one, onClose }: OfOne) {
  return (
    <Form
      title={`${t("reopen")} · ${one.name}`}
      yes={t("reopen")}
      note={t("reopenHint")}
      done={t("recorded")}
      items={[
        { id: "on", label: t("onDay"), kind: "date", value: dayOf(new Date()) },
        { id: "reason", label: t("reason"), max: 200, free: true },
      ]}
      onSend={({ on = "", reason = "" }, once) =>
        told(
          api.POST("/v1/places/{place}/reopen", {
            params: { ...once, path: { place: one.place } },
            body: { on, reason },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

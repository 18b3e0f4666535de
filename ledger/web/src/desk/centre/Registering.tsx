// What is to take place, where, when, and for how many may sign up until when?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { Form } from "../../ui";
import { findPlaces, findTeams } from "../finding";
import { newId } from "../ids";
import { CATEGORIES, type Category, t } from "./words";

type Listed = components["schemas"]["ActivityListed"];

interface Props {
  /** Where one works; "": everywhere. */
  home: string;
  /** What is known of it; with an id, that one is changed. */
  was: Partial<Listed>;
  /** With its id, if one was registered or changed. */
  onClose: (made: string | null) => void;
}

export function Registering({ home, was, onClose }: Props) {
  const [ident] = useState(() => was.activity ?? newId("A"));
  const what = was.activity
    ? "edit"
    : was.category === "training"
      ? "registerTraining"
      : "register";
  const { place = "" } = was;
  return (
    <Form
      title={t(what)}
      yes={t(what)}
      done={t("recorded")}
      items={[
        { id: "name", label: t("name"), value: was.name, max: 128 },
        {
          id: "place",
          label: t("place"),
          kind: "find",
          find: findPlaces(home),
          value: place,
        },
        {
          id: "team",
          label: t("team"),
          kind: "find",
          find: findTeams(home),
          none: t("noTeam"),
          value: was.team,
          free: true,
        },
        {
          id: "category",
          label: t("category"),
          kind: "select",
          options: CATEGORIES.map((one) => ({ value: one, text: t(one) })),
          value: was.category,
        },
        { id: "kind", label: t("activityKind"), value: was.kind, free: true },
        {
          id: "starts_at",
          label: t("begins"),
          kind: "moment",
          value: was.starts_at ?? "",
          free: true,
        },
        { id: "ends_at", label: t("endsAt"), kind: "moment", value: was.ends_at ?? "", free: true },
        {
          id: "capacity",
          label: t("capacity"),
          hint: t("capacityHint"),
          kind: "whole",
          value: was.capacity ? String(was.capacity) : "",
          free: true,
        },
        {
          id: "sign_up_until",
          label: t("signUpUntil"),
          kind: "moment",
          value: was.sign_up_until ?? "",
          free: true,
        },
      ]}
      onSend={({ name = "", place = "", category, ...filled }, once) =>
        told(
          api.POST("/v1/activities/{activity}", {
            params: { ...once, path: { activity: ident } },
            body: {
              new: was.activity === undefined,
              name,
              place,
              category: category as Category,
              team: filled.team ?? null,
              kind: filled.kind ?? null,
              starts_at: filled.starts_at ?? null,
              ends_at: filled.ends_at ?? null,
              sign_up_until: filled.sign_up_until ?? null,
              capacity: filled.capacity ? Number(filled.capacity) : null,
            },
          }),
        )
      }
      onClose={(done) => onClose(done ? ident : null)}
    />
  );
}

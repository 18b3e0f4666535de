// What is said of a team? Forms that register, change and dissolve it, and say who is in it.
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { Form, type Item } from "../../ui";
import { findPlaces } from "../finding";
import { idsOf, newId } from "../ids";
import { to } from "../route";
import { type Kind, kindOf } from "./kinds";
import { t } from "./words";

type Whole = components["schemas"]["TeamWhole"];
type Member = components["schemas"]["MemberShown"];

interface Props {
  /** Where one works; "": everywhere. */
  home: string;
  kinds: readonly Kind[];
  onClose: (done: boolean) => void;
}

export function RegisterTeam({ home, kinds, at, onClose }: Props & { at: string }) {
  const [made] = useState(() => newId("T"));
  return (
    <Form
      title={t("registerTeam")}
      yes={t("registerTeam")}
      done={t("recorded")}
      items={[
        ...about(home, kinds, { place: at }),
        { id: "leader", label: t("leaderId"), max: 64, free: true },
        { id: "team", label: t("ownId"), hint: t("ownIdHint"), max: 64, free: true },
      ]}
      onSend={async ({ team = made, name = "", place = "", leader, ...said }, once) => {
        await told(
          api.POST("/v1/teams/{team}", {
            params: { ...once, path: { team } },
            body: {
              new: true,
              name,
              place,
              kind: said.kind ?? null,
              managers: idsOf(said.managers ?? ""),
              ...(leader && { leader }),
            },
          }),
        );
        location.hash = to("teams", team);
      }}
      onClose={onClose}
    />
  );
}

/** Changes it; one that is dissolved is set up again. */
export function ChangeTeam({ home, kinds, one, onClose }: Props & { one: Whole }) {
  const what = t(one.dissolved_at === null ? "edit" : "restore");
  return (
    <Form
      title={what}
      yes={what}
      done={t("recorded")}
      items={about(home, kinds, one)}
      onSend={({ name = "", place = "", kind = null, managers = "" }, once) =>
        told(
          api.POST("/v1/teams/{team}", {
            params: { ...once, path: { team: one.team } },
            body: {
              new: false,
              name,
              place,
              kind,
              managers: idsOf(managers),
            },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

function about(home: string, kinds: readonly Kind[], was: Partial<Whole>): Item[] {
  const { place = "" } = was;
  return [
    { id: "name", label: t("name"), value: was.name },
    {
      id: "kind",
      label: t("kind"),
      kind: "select",
      options: [
        { value: "", text: t("noKind") },
        ...kinds.map(({ key }) => ({ value: key, text: kindOf(key, kinds) })),
      ],
      value: was.kind,
      free: true,
    },
    {
      id: "place",
      label: t("place"),
      kind: "find",
      find: findPlaces(home),
      value: place,
    },
    {
      id: "managers",
      label: t("managers"),
      hint: t("managersHint"),
      value: was.managers?.join(", "),
      max: 2000,
      free: true,
    },
  ];
}

interface OfTeam {
  team: string;
  onClose: (done: boolean) => void;
}

export function Dissolve({ team, name, onClose }: OfTeam & { name: string }) {
  return (
    <Form
      title={`${t("dissolve")} · ${name}`}
      yes={t("dissolve")}
      danger
      note={t("dissolveHint")}
      done={t("recorded")}
      items={[{ id: "reason", label: t("reason"), max: 200 }]}
      onSend={({ reason = "" }, once) =>
        told(
          api.POST("/v1/teams/{team}/dissolve", {
            params: { ...once, path: { team } },
            body: { reason },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

export function Join({ team, onClose }: OfTeam) {
  return (
    <Form
      title={t("join")}
      yes={t("join")}
      done={t("recorded")}
      items={[
        { id: "volunteer", label: t("volunteerId"), max: 64 },
        {
          id: "role",
          label: t("role"),
          kind: "select",
          options: (["member", "leader"] as const).map((one) => ({ value: one, text: t(one) })),
        },
      ]}
      onSend={({ volunteer = "", role }, once) =>
        told(
          api.POST("/v1/teams/{team}/members", {
            params: { ...once, path: { team } },
            body: { volunteer, role: role === "leader" ? "leader" : "member" },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

export function Leave({ team, member, onClose }: OfTeam & { member: Member }) {
  return (
    <Form
      title={t("leaveOf", { name: member.name || member.volunteer })}
      yes={t("leave")}
      danger
      done={t("recorded")}
      items={[{ id: "reason", label: t("reason"), max: 200, free: true }]}
      onSend={({ reason = "" }, once) =>
        told(
          api.POST("/v1/teams/{team}/members/{volunteer}/leave", {
            params: { ...once, path: { team, volunteer: member.volunteer } },
            body: { reason },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

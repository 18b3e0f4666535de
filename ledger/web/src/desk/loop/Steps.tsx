// What has to be said for the next step of an order? One form for each step.
import { api, told } from "../../api";
import { Choice, Form, type Item, type Once, useAsked } from "../../ui";
import { idsOf } from "../ids";
import type { Whole } from "./Order";
import { t } from "./words";

type Kind = "team" | "volunteer";

export interface Wish {
  what:
    | "dispatch"
    | "accept"
    | "decline"
    | "reassign"
    | "cancel"
    | "finish"
    | "rate"
    | "callBack"
    | "reward";
  /** To whom, where that was chosen already. */
  party?: { kind: Kind; id: string };
}

interface Props {
  one: Whole;
  onClose: (done: boolean) => void;
}

export function Step({ wish, ...rest }: Props & { wish: Wish }) {
  switch (wish.what) {
    case "dispatch":
    case "reassign":
      return <Give {...rest} wish={wish} again={wish.what === "reassign"} />;
    case "accept":
      return <Accept {...rest} />;
    case "decline":
    case "cancel":
      return <Because {...rest} what={wish.what} />;
    case "finish":
      return <Finish {...rest} />;
    case "rate":
      return <Rate {...rest} />;
    case "callBack":
      return <CallBack {...rest} />;
    case "reward":
      return <Reward {...rest} />;
  }
}

const at = (one: Whole, once: Once) => ({ ...once, path: { order: one.id } });

function Give({ one, wish, again, onClose }: Props & { wish: Wish; again: boolean }) {
  const what = again ? "reassign" : "dispatch";
  const items: Item[] = [
    {
      id: "kind",
      label: t("party"),
      kind: "select",
      options: [
        { value: "team", text: t("team") },
        { value: "volunteer", text: t("volunteer") },
      ],
      value: wish.party?.kind,
    },
    { id: "id", label: t("partyId"), value: wish.party?.id, max: 64 },
    again
      ? { id: "reason", label: t("reason"), kind: "area", max: 1000 }
      : { id: "note", label: t("note"), free: true },
  ];
  return (
    <Form
      title={t(what)}
      yes={t(what)}
      done={t("recorded")}
      items={items}
      onSend={({ kind, id, reason = "", note = "" }, once) => {
        const party = kind === "volunteer" ? { volunteer: id } : { team: id };
        const params = at(one, once);
        return again
          ? told(api.POST("/v1/orders/{order}/reassign", { params, body: { ...party, reason } }))
          : told(api.POST("/v1/orders/{order}/dispatch", { params, body: { ...party, note } }));
      }}
      onClose={onClose}
    />
  );
}

function Accept({ one, onClose }: Props) {
  const { team, volunteers, volunteer } = one;
  const what = t(one.state === "accepted" ? "replan" : "accept");
  return (
    <Form
      title={what}
      yes={what}
      done={t("recorded")}
      items={[
        {
          id: "volunteers",
          label: t("who"),
          hint: t("whoHint"),
          value: volunteers.length > 0 ? volunteers.join(", ") : (volunteer ?? ""),
          free: true,
          ...(team && {
            below: (text: string, put: (text: string) => void) => (
              <Members team={team} chosen={idsOf(text)} onChoose={(ids) => put(ids.join(", "))} />
            ),
          }),
        },
        { id: "starts_at", label: t("starts"), kind: "moment", free: true },
        { id: "ends_at", label: t("ends"), kind: "moment", free: true },
      ]}
      onSend={({ volunteers: people = "", starts_at, ends_at }, once) =>
        told(
          api.POST("/v1/orders/{order}/accept", {
            params: at(one, once),
            body: {
              volunteers: idsOf(people),
              ...(starts_at && { starts_at }),
              ...(ends_at && { ends_at }),
            },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

/** Of a team that one may look at; of another the ids are written by hand. */
function Members({
  team,
  chosen,
  onChoose,
}: {
  team: string;
  chosen: readonly string[];
  onChoose: (ids: readonly string[]) => void;
}) {
  const found = useAsked(
    () => told(api.GET("/v1/teams/{team}", { params: { path: { team } } })),
    [team],
  );
  const members = found.value?.members ?? [];
  if (members.length === 0) return null;
  return (
    <fieldset class="plain picks">
      <legend>{t("members")}</legend>
      {members.map(({ volunteer, name }) => (
        <Choice
          key={volunteer}
          label={name ? `${name} ${volunteer}` : volunteer}
          checked={chosen.includes(volunteer)}
          onCheck={(goes) =>
            onChoose(goes ? [...chosen, volunteer] : chosen.filter((other) => other !== volunteer))
          }
        />
      ))}
    </fieldset>
  );
}

function Because({ one, what, onClose }: Props & { what: "decline" | "cancel" }) {
  return (
    <Form
      title={t(what)}
      yes={t(what)}
      danger
      done={t("recorded")}
      items={[{ id: "reason", label: t("reason"), kind: "area", max: 1000 }]}
      onSend={({ reason = "" }, once) => {
        const asked = { params: at(one, once), body: { reason } };
        return what === "decline"
          ? told(api.POST("/v1/orders/{order}/decline", asked))
          : told(api.POST("/v1/orders/{order}/cancel", asked));
      }}
      onClose={onClose}
    />
  );
}

function Finish({ one, onClose }: Props) {
  return (
    <Form
      title={t("finish")}
      yes={t("finish")}
      done={t("recorded")}
      items={[{ id: "note", label: t("note"), free: true }]}
      onSend={({ note = "" }, once) =>
        told(api.POST("/v1/orders/{order}/done", { params: at(one, once), body: { note } }))
      }
      onClose={onClose}
    />
  );
}

const STARS = ["5", "4", "3", "2", "1"] as const;

function Rate({ one, onClose }: Props) {
  return (
    <Form
      title={t("rate")}
      yes={t("rate")}
      done={t("recorded")}
      items={[
        {
          id: "stars",
          label: t("ratingAsk"),
          kind: "radio",
          options: STARS.map((stars) => ({ value: stars, text: t("stars", { stars }) })),
        },
        { id: "complaint", label: t("isComplaint"), kind: "check" },
        { id: "called", label: t("toldBy"), kind: "check" },
        {
          id: "comment",
          label: t("comment"),
          hint: t("textHint"),
          kind: "area",
          max: 1000,
          free: true,
        },
      ]}
      onSend={({ stars, complaint, called, comment = "" }, once) =>
        told(
          api.POST("/v1/orders/{order}/rate", {
            params: at(one, once),
            body: {
              stars: Number(stars),
              complaint: complaint === "true",
              comment,
              told_by: called ? "call-back" : "resident",
            },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

function CallBack({ one, onClose }: Props) {
  return (
    <Form
      title={t("callBack")}
      yes={t("callBack")}
      done={t("recorded")}
      items={[
        { id: "reached", label: t("reached"), kind: "check", value: "true" },
        { id: "note", label: t("callNote"), kind: "area", max: 1000 },
      ]}
      onSend={({ reached, note = "" }, once) =>
        told(
          api.POST("/v1/orders/{order}/call-back", {
            params: at(one, once),
            body: { reached: reached === "true", note },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

function Reward({ one, onClose }: Props) {
  const people = [...new Set([...one.volunteers, ...one.served])];
  const items: Item[] = people.flatMap((id) => {
    const name = one.names[id] || id;
    return [
      { id: `points ${id}`, label: t("pointsOf", { name }), kind: "number" as const, free: true },
      { id: `honour ${id}`, label: t("honourOf", { name }), free: true },
    ];
  });
  return (
    <Form
      title={t("reward")}
      yes={t("reward")}
      done={t("recorded")}
      note={people.length === 0 ? t("rewardNobody") : undefined}
      items={[...items, { id: "basis", label: t("basis"), kind: "area", max: 1000 }]}
      onSend={async (filled, once) => {
        const rewards = people
          .map((volunteer) => ({
            volunteer,
            points: filled[`points ${volunteer}`],
            honour: filled[`honour ${volunteer}`] ?? "",
          }))
          .filter(({ points, honour }) => points || honour)
          .map(({ points, ...given }) => ({ ...given, ...(points && { points }) }));
        if (rewards.length === 0) throw new Error(t("rewardMissing"));
        return told(
          api.POST("/v1/orders/{order}/reward", {
            params: at(one, once),
            body: { rewards, basis: filled.basis ?? "" },
          }),
        );
      }}
      onClose={onClose}
    />
  );
}

// What has to be said for the next step of an order? One dialog for each step.
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import { Choice, Select, TextArea, TextField, useAsked } from "../../ui";
import { Doing, type Once } from "../Doing";
import { idsOf, instant } from "../places";
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
  const [kind, setKind] = useState<Kind>(wish.party?.kind ?? "team");
  const [id, setId] = useState(wish.party?.id ?? "");
  const [note, setNote] = useState("");
  const what = again ? "reassign" : "dispatch";
  const party = { [kind]: id.trim() };
  const lacks = again && note.trim() === "" ? t("reasonMissing") : "";
  return (
    <Doing
      title={t(what)}
      yes={t(what)}
      done={t("recorded")}
      missing={id.trim() === "" ? t("partyMissing") : lacks}
      send={(once) =>
        again
          ? told(
              api.POST("/v1/orders/{order}/reassign", {
                params: at(one, once),
                body: { ...party, reason: note.trim() },
              }),
            )
          : told(
              api.POST("/v1/orders/{order}/dispatch", {
                params: at(one, once),
                body: { ...party, note: note.trim() },
              }),
            )
      }
      onClose={onClose}
    >
      <Select
        label={t("party")}
        value={kind}
        options={[
          { value: "team", text: t("team") },
          { value: "volunteer", text: t("volunteer") },
        ]}
        onText={(one) => setKind(one === "volunteer" ? "volunteer" : "team")}
      />
      <TextField label={t("partyId")} value={id} onText={setId} maxLength={64} />
      {again ? (
        <TextArea label={t("reason")} value={note} onText={setNote} rows={2} maxLength={1000} />
      ) : (
        <TextField label={t("note")} value={note} onText={setNote} maxLength={256} />
      )}
    </Doing>
  );
}

function Accept({ one, onClose }: Props) {
  const [people, setPeople] = useState(() =>
    one.volunteers.length > 0 ? one.volunteers.join(", ") : (one.volunteer ?? ""),
  );
  const [starts, setStarts] = useState("");
  const [ends, setEnds] = useState("");
  const chosen = idsOf(people);
  return (
    <Doing
      title={t(one.state === "accepted" ? "replan" : "accept")}
      yes={t(one.state === "accepted" ? "replan" : "accept")}
      done={t("recorded")}
      send={(once) => {
        const [starts_at, ends_at] = [instant(starts), instant(ends)];
        return told(
          api.POST("/v1/orders/{order}/accept", {
            params: at(one, once),
            body: {
              volunteers: chosen,
              ...(starts_at && { starts_at }),
              ...(ends_at && { ends_at }),
            },
          }),
        );
      }}
      onClose={onClose}
    >
      <TextField label={t("who")} hint={t("whoHint")} value={people} onText={setPeople} />
      {one.team && (
        <Members team={one.team} chosen={chosen} onChoose={(ids) => setPeople(ids.join(", "))} />
      )}
      <TextField label={t("starts")} type="datetime-local" value={starts} onText={setStarts} />
      <TextField label={t("ends")} type="datetime-local" value={ends} onText={setEnds} />
    </Doing>
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
  const [reason, setReason] = useState("");
  return (
    <Doing
      title={t(what)}
      yes={t(what)}
      danger
      done={t("recorded")}
      missing={reason.trim() === "" ? t("reasonMissing") : ""}
      send={(once) => {
        const asked = { params: at(one, once), body: { reason: reason.trim() } };
        return what === "decline"
          ? told(api.POST("/v1/orders/{order}/decline", asked))
          : told(api.POST("/v1/orders/{order}/cancel", asked));
      }}
      onClose={onClose}
    >
      <TextArea label={t("reason")} value={reason} onText={setReason} rows={2} maxLength={1000} />
    </Doing>
  );
}

function Finish({ one, onClose }: Props) {
  const [note, setNote] = useState("");
  return (
    <Doing
      title={t("finish")}
      yes={t("finish")}
      done={t("recorded")}
      send={(once) =>
        told(
          api.POST("/v1/orders/{order}/done", {
            params: at(one, once),
            body: { note: note.trim() },
          }),
        )
      }
      onClose={onClose}
    >
      <TextField label={t("note")} value={note} onText={setNote} maxLength={256} />
    </Doing>
  );
}

const STARS = [5, 4, 3, 2, 1] as const;

function Rate({ one, onClose }: Props) {
  const [stars, setStars] = useState<number>(5);
  const [complaint, setComplaint] = useState(false);
  const [called, setCalled] = useState(false);
  const [comment, setComment] = useState("");
  return (
    <Doing
      title={t("rate")}
      yes={t("rate")}
      done={t("recorded")}
      send={(once) =>
        told(
          api.POST("/v1/orders/{order}/rate", {
            params: at(one, once),
            body: {
              stars,
              complaint,
              comment: comment.trim(),
              told_by: called ? "call-back" : "resident",
            },
          }),
        )
      }
      onClose={onClose}
    >
      <fieldset class="plain">
        <legend>{t("ratingAsk")}</legend>
        <div class="row">
          {STARS.map((many) => (
            <Choice
              key={many}
              radio="stars"
              label={t("stars", { stars: many })}
              checked={stars === many}
              onCheck={() => setStars(many)}
            />
          ))}
        </div>
      </fieldset>
      <Choice label={t("isComplaint")} checked={complaint} onCheck={setComplaint} />
      <Choice label={t("toldBy")} checked={called} onCheck={setCalled} />
      <TextArea
        label={t("comment")}
        hint={t("textHint")}
        value={comment}
        onText={setComment}
        rows={2}
        maxLength={1000}
      />
    </Doing>
  );
}

function CallBack({ one, onClose }: Props) {
  const [reached, setReached] = useState(true);
  const [note, setNote] = useState("");
  return (
    <Doing
      title={t("callBack")}
      yes={t("callBack")}
      done={t("recorded")}
      missing={note.trim() === "" ? t("callNoteMissing") : ""}
      send={(once) =>
        told(
          api.POST("/v1/orders/{order}/call-back", {
            params: at(one, once),
            body: { reached, note: note.trim() },
          }),
        )
      }
      onClose={onClose}
    >
      <Choice label={t("reached")} checked={reached} onCheck={setReached} />
      <TextArea label={t("callNote")} value={note} onText={setNote} rows={2} maxLength={1000} />
    </Doing>
  );
}

type Given = Readonly<Record<string, string>>;

function Reward({ one, onClose }: Props) {
  const people = [...new Set([...one.volunteers, ...one.served])];
  const [points, setPoints] = useState<Given>({});
  const [honours, setHonours] = useState<Given>({});
  const [basis, setBasis] = useState("");
  const rewards = people
    .map((volunteer) => ({
      volunteer,
      points: (points[volunteer] ?? "").trim(),
      honour: (honours[volunteer] ?? "").trim(),
    }))
    .filter((given) => given.points !== "" || given.honour !== "")
    .map(({ volunteer, points, honour }) => ({
      volunteer,
      honour,
      ...(points !== "" && { points }),
    }));
  const missing =
    rewards.length === 0 ? t("rewardMissing") : basis.trim() === "" ? t("basisMissing") : "";
  return (
    <Doing
      title={t("reward")}
      yes={t("reward")}
      done={t("recorded")}
      missing={people.length === 0 ? t("rewardNobody") : missing}
      send={(once) =>
        told(
          api.POST("/v1/orders/{order}/reward", {
            params: at(one, once),
            body: { rewards, basis: basis.trim() },
          }),
        )
      }
      onClose={onClose}
    >
      {people.length === 0 && <p>{t("rewardNobody")}</p>}
      {people.map((id) => {
        const name = one.names[id] || id;
        return (
          <div class="pair" key={id}>
            <TextField
              label={t("pointsOf", { name })}
              inputMode="decimal"
              value={points[id] ?? ""}
              onText={(text) => setPoints({ ...points, [id]: text })}
              maxLength={20}
            />
            <TextField
              label={t("honourOf", { name })}
              value={honours[id] ?? ""}
              onText={(text) => setHonours({ ...honours, [id]: text })}
              maxLength={256}
            />
          </div>
        );
      })}
      <TextArea label={t("basis")} value={basis} onText={setBasis} rows={2} maxLength={1000} />
    </Doing>
  );
}

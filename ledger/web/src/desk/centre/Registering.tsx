// What is to take place, where, when, and for how many?
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import { Select, TextField } from "../../ui";
import { Doing } from "../Doing";
import { instant, type PlaceNode, PlaceSelect } from "../places";
import { dayOf } from "./days";
import { CATEGORIES, type Category, t } from "./words";

interface Props {
  places: readonly PlaceNode[];
  at: string;
  /** With its id, if one was registered. */
  onClose: (made: string | null) => void;
}

/** An id that nobody has taken: by the day, and at random. */
function newId(): string {
  const [first, second] = crypto.getRandomValues(new Uint32Array(2));
  return `A${dayOf(new Date()).replaceAll("-", "").slice(2)}-${first?.toString(36)}${second?.toString(36).slice(0, 2)}`;
}

export function Registering({ places, at, onClose }: Props) {
  const [id] = useState(newId);
  const [name, setName] = useState("");
  const [place, setPlace] = useState(at);
  const [team, setTeam] = useState("");
  const [category, setCategory] = useState<Category>("service");
  const [starts, setStarts] = useState("");
  const [ends, setEnds] = useState("");
  const [capacity, setCapacity] = useState("");
  const [until, setUntil] = useState("");
  const wrong = capacity.trim() !== "" && !/^[1-9]\d*$/.test(capacity.trim());
  const missing =
    name.trim() === ""
      ? t("nameMissing")
      : place === ""
        ? t("placeMissing")
        : wrong
          ? t("capacityWrong")
          : "";
  return (
    <Doing
      title={t("register")}
      yes={t("register")}
      done={t("recorded")}
      missing={missing}
      send={(once) => {
        const [starts_at, ends_at, sign_up_until] = [starts, ends, until].map(instant);
        return told(
          api.POST("/v1/activities/{activity}", {
            params: { ...once, path: { activity: id } },
            body: {
              name: name.trim(),
              place,
              category,
              ...(team.trim() && { team: team.trim() }),
              ...(starts_at && { starts_at }),
              ...(ends_at && { ends_at }),
              ...(sign_up_until && { sign_up_until }),
              ...(capacity.trim() && { capacity: Number(capacity) }),
            },
          }),
        );
      }}
      onClose={(done) => onClose(done ? id : null)}
    >
      <TextField label={t("name")} value={name} onText={setName} maxLength={128} />
      <PlaceSelect
        label={t("place")}
        places={places}
        value={place}
        none={t("placeMissing")}
        onText={setPlace}
      />
      <TextField label={t("teamId")} value={team} onText={setTeam} maxLength={64} />
      <Select
        label={t("category")}
        value={category}
        options={CATEGORIES.map((one) => ({ value: one, text: t(one) }))}
        onText={(one) => setCategory(CATEGORIES.find((known) => known === one) ?? "service")}
      />
      <TextField label={t("begins")} type="datetime-local" value={starts} onText={setStarts} />
      <TextField label={t("endsAt")} type="datetime-local" value={ends} onText={setEnds} />
      <TextField
        label={t("capacity")}
        inputMode="numeric"
        value={capacity}
        onText={setCapacity}
        maxLength={6}
      />
      <TextField label={t("signUpUntil")} type="datetime-local" value={until} onText={setUntil} />
    </Doing>
  );
}

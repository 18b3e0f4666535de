// What does a resident want? An order is placed at a station 点单.
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { Select, TextArea, TextField } from "../../ui";
import { Doing } from "../Doing";
import { idsOf, instant, type PlaceNode, PlaceSelect } from "../places";
import { t } from "./words";

type Channel = components["schemas"]["PlacingAsked"]["channel"];

const CHANNELS = ["station", "hotline", "app", "collected"] as const satisfies readonly Channel[];

/** The code of the order that was placed last: it is told once. */
export const fresh = signal<{ order: string; code: string } | null>(null);

interface Props {
  places: readonly PlaceNode[];
  at: string;
  /** With the order's number, if one was placed. */
  onClose: (made: string | null) => void;
}

export function Placing({ places, at, onClose }: Props) {
  const [place, setPlace] = useState(at);
  const [category, setCategory] = useState("");
  const [text, setText] = useState("");
  const [skills, setSkills] = useState("");
  const [wanted, setWanted] = useState("");
  const [channel, setChannel] = useState<Channel>("station");
  const missing =
    place === ""
      ? t("placeMissing")
      : category.trim() === ""
        ? t("categoryMissing")
        : text.trim() === ""
          ? t("textMissing")
          : "";
  return (
    <Doing
      title={t("place_one")}
      yes={t("place_one")}
      done={t("recorded")}
      missing={missing}
      send={async (once) => {
        const wanted_at = instant(wanted);
        const made = await told(
          api.POST("/v1/orders", {
            params: once,
            body: {
              place,
              category: category.trim(),
              text: text.trim(),
              skills: idsOf(skills),
              channel,
              ...(wanted_at && { wanted_at }),
            },
          }),
        );
        fresh.value = { order: made.id, code: made.rating_code };
      }}
      onClose={(done) => onClose(done ? (fresh.value?.order ?? null) : null)}
    >
      <PlaceSelect
        label={t("where")}
        places={places}
        value={place}
        none={t("placeMissing")}
        onText={setPlace}
      />
      <TextField label={t("category")} value={category} onText={setCategory} maxLength={128} />
      <TextArea
        label={t("text")}
        hint={t("textHint")}
        value={text}
        onText={setText}
        rows={3}
        maxLength={1000}
      />
      <TextField label={t("skills")} hint={t("skillsHint")} value={skills} onText={setSkills} />
      <TextField label={t("wanted")} type="datetime-local" value={wanted} onText={setWanted} />
      <Select
        label={t("channel")}
        value={channel}
        options={CHANNELS.map((one) => ({ value: one, text: t(`channel_${one}`) }))}
        onText={(one) => setChannel(CHANNELS.find((known) => known === one) ?? "station")}
      />
    </Doing>
  );
}

// What does a resident want? An order is placed at a station 点单.
import { signal } from "@preact/signals";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { Form } from "../../ui";
import { findPlaces } from "../finding";
import { idsOf } from "../ids";
import { t } from "./words";

type Channel = components["schemas"]["PlacingAsked"]["channel"];

const CHANNELS = ["station", "hotline", "app", "collected"] as const satisfies readonly Channel[];

/** The code of the order that was placed last: it is told once. */
export const fresh = signal<{ order: string; code: string } | null>(null);

interface Props {
  /** Where one works; "": everywhere. */
  home: string;
  at: string;
  /** With the order's number, if one was placed. */
  onClose: (made: string | null) => void;
}

export function Placing({ home, at, onClose }: Props) {
  return (
    <Form
      title={t("place_one")}
      yes={t("place_one")}
      done={t("recorded")}
      items={[
        {
          id: "place",
          label: t("where"),
          kind: "find",
          find: findPlaces(home),
          value: at,
        },
        { id: "category", label: t("category"), max: 128 },
        { id: "text", label: t("text"), hint: t("textHint"), kind: "area", max: 1000 },
        { id: "skills", label: t("skills"), hint: t("skillsHint"), free: true },
        { id: "wanted_at", label: t("wanted"), kind: "moment", free: true },
        {
          id: "channel",
          label: t("channel"),
          kind: "select",
          options: CHANNELS.map((one) => ({ value: one, text: t(`channel_${one}`) })),
        },
      ]}
      onSend={async (
        { place = "", category = "", text = "", skills, wanted_at, channel },
        once,
      ) => {
        const made = await told(
          api.POST("/v1/orders", {
            params: once,
            body: {
              place,
              category,
              text,
              skills: idsOf(skills ?? ""),
              channel: channel as Channel,
              ...(wanted_at && { wanted_at }),
            },
          }),
        );
        fresh.value = { order: made.id, code: made.rating_code };
      }}
      onClose={(done) => onClose(done ? (fresh.value?.order ?? null) : null)}
    />
  );
}

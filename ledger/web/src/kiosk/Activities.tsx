// At which activity? Large radio buttons: those that are on now first.
import { useState } from "preact/hooks";
import { clock, day } from "../i18n/format";
import { Icon, Notice, TextField } from "../ui";
import { activitiesAt, told } from "./programme";
import type { Activity } from "./store";
import { t } from "./words";

interface Props {
  now: number;
  chosen: string;
  onChoose: (activity: string) => void;
  /** Activities that are checked in to, with the time (ms). */
  open?: ReadonlyMap<string, number>;
}

export function Activities({ now, chosen, onChoose, open }: Props) {
  const { near, other } = activitiesAt(now);
  const listed = [...near, ...other].some(({ id }) => id === chosen);
  const [typing, setTyping] = useState(
    near.length + other.length === 0 || (chosen !== "" && !listed),
  );
  const zone = told.value?.programme.zone;
  const one = (activity: Activity) => (
    <label class="activity" key={activity.id}>
      <input
        type="radio"
        name="activity"
        checked={!typing && activity.id === chosen}
        onChange={() => {
          setTyping(false);
          onChoose(activity.id);
        }}
      />
      <span>
        <b>{activity.name}</b>
        <span class="soft">{when(activity, zone)}</span>
        {open?.has(activity.id) && (
          <span class="since">
            {t("openSince", {
              time: clock(new Date(open.get(activity.id) ?? 0).toISOString(), zone),
            })}
          </span>
        )}
      </span>
    </label>
  );
  return (
    <fieldset class="activities">
      <legend>{t("choose")}</legend>
      {near.length + other.length === 0 && <Notice tone="wait">{t("noActivities")}</Notice>}
      <div class="grid">{near.map(one)}</div>
      {other.length > 0 && (
        <details open={near.length === 0}>
          <summary>
            <Icon name="down" />
            {t("others")}（{other.length}）
          </summary>
          <div class="grid">{other.map(one)}</div>
        </details>
      )}
      <label class="activity">
        <input
          type="radio"
          name="activity"
          checked={typing}
          onChange={() => {
            setTyping(true);
            onChoose("");
          }}
        />
        <span>
          <b>{t("otherActivity")}</b>
        </span>
      </label>
      {typing && (
        <TextField
          label={t("activityNumber")}
          value={listed ? "" : chosen}
          onText={(text) => onChoose(text.trim())}
        />
      )}
    </fieldset>
  );
}

function when({ starts, ends }: Activity, zone: string | undefined): string {
  if (!starts) return "";
  const from = `${day(starts, zone)} ${clock(starts, zone)}`;
  return ends ? `${from}–${clock(ends, zone)}` : from;
}

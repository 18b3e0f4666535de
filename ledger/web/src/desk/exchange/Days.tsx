// Hours of which days? From one on, before another; without: all.
import { TextField } from "../../ui";
import { t } from "./words";

export interface Days {
  since: string;
  until: string;
}

export function DaysFields({ of, onChange }: { of: Days; onChange: (next: Days) => void }) {
  return (
    <div class="grid">
      <TextField
        label={t("since")}
        type="date"
        value={of.since}
        onText={(since) => onChange({ ...of, since })}
      />
      <TextField
        label={t("until")}
        type="date"
        value={of.until}
        onText={(until) => onChange({ ...of, until })}
      />
    </div>
  );
}

// What is taken along for another system, and does it name people?
import { useState } from "preact/hooks";
import { asked } from "../../api";
import { Button, Card, Choice, Select, TextField } from "../../ui";
import { save } from "../saving";
import { type Days, DaysFields } from "./Days";
import { isMeant, type Meaning } from "./Meaning";
import { tell } from "./sending";
import { t } from "./words";

const FORMATS = ["xlsx", "csv", "json", "jsonl"] as const;

export function Exporting({ meaning, mayReveal }: { meaning: Meaning; mayReveal: boolean }) {
  const [form, setForm] = useState<string>("xlsx");
  const [days, setDays] = useState<Days>({ since: "", until: "" });
  const [personal, setPersonal] = useState(false);
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const people = meaning.kind === "volunteers" && mayReveal;
  const reveals = people && personal;
  const take = async () => {
    setMissing(reveals && reason.trim() === "");
    if (reveals && reason.trim() === "") return;
    const said = {
      ...meaning,
      ...(meaning.kind === "hours" && days),
      form,
      reason: reveals ? reason.trim() : "",
    };
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify(said);
    await save(asked("/v1/exchange/export", { method: "POST", body, headers }), tell);
  };
  return (
    <Card>
      <div class="stack">
        {meaning.kind === "hours" && <DaysFields of={days} onChange={setDays} />}
        <div class="short">
          <Select
            label={t("form")}
            value={form}
            options={FORMATS.map((value) => ({ value, text: value.toUpperCase() }))}
            onText={setForm}
          />
        </div>
        {people && <Choice label={t("withIdentity")} checked={personal} onCheck={setPersonal} />}
        {reveals && (
          <TextField
            label={t("reason")}
            hint={t("reasonHint")}
            value={reason}
            onText={setReason}
            maxLength={200}
            {...(missing && { wrong: t("reasonMissing") })}
          />
        )}
        <div class="row">
          <Button look="primary" icon="download" disabled={!isMeant(meaning)} onPress={take}>
            {t("export")}
          </Button>
        </div>
      </div>
    </Card>
  );
}

// Which file of theirs is meant, and how is what comes of it kept as a file?
import { Button, FileField } from "../../ui";
import type { Form } from "./sending";
import { t } from "./words";

export function TheirFile({ onFile }: { onFile: (file: File | null) => void }) {
  return (
    <FileField
      label={t("file")}
      hint={t("fileHint")}
      accept=".csv,.xlsx,.json,.jsonl"
      onFile={onFile}
    />
  );
}

/** `word`: what such a file is called. */
export function SaveAs({
  word,
  onSave,
}: {
  word: "toMend" | "report";
  onSave: (form: Form) => unknown;
}) {
  return (
    <div class="row gap-s">
      {(["xlsx", "csv"] as const).map((form) => (
        <Button key={form} icon="download" onPress={() => onSave(form)}>
          {t(word, { form: form.toUpperCase() })}
        </Button>
      ))}
    </div>
  );
}

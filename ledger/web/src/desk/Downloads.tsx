// How is a table taken along? As XLSX or CSV, by `/v1/exports/`.
import { ButtonLink } from "../ui";
import { t } from "./words";

export function Downloads({ of, query }: { of: string; query: string }) {
  return (
    <div class="row gap-s">
      <ButtonLink icon="download" href={`/v1/exports/${of}.xlsx${query}`} download="">
        {t("download", { form: "XLSX" })}
      </ButtonLink>
      <ButtonLink icon="download" href={`/v1/exports/${of}.csv${query}`} download="">
        {t("download", { form: "CSV" })}
      </ButtonLink>
    </div>
  );
}

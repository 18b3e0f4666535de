// How do volunteers, teams, activities and hours come in from other systems, and go out to them?
import { useState } from "preact/hooks";
import { Card, Tabs } from "../../ui";
import { useFilter } from "../route";
import { Exporting } from "./Exporting";
import { Importing } from "./Importing";
import { first, type Meaning, MeaningFields } from "./Meaning";
import { Reconciling } from "./Reconciling";
import { t } from "./words";

interface Props {
  home: string;
  mayImport: boolean;
  mayReveal: boolean;
}

export default function Exchange({ home, mayImport, mayReveal }: Props) {
  const parts = (["import", "export", "reconcile"] as const).slice(mayImport ? 0 : 1);
  const [asked, setPart] = useFilter("tab", parts[0]);
  const part = parts.find((one) => one === asked) ?? parts[0];
  const [said, setMeaning] = useState<Meaning>(first(home));
  const meaning =
    part !== "import" && said.kind === "" ? { ...said, kind: "volunteers" as const } : said;
  return (
    <div class="stack gap-l">
      <h1>{t("exchange")}</h1>
      <Tabs
        label={t("exchange")}
        tabs={parts.map((id) => ({ id, title: t(id) }))}
        now={part ?? ""}
        onTab={setPart}
      >
        <div class="stack gap-l panel">
          <Card>
            <MeaningFields
              of={meaning}
              home={home}
              several={part === "import"}
              onChange={(part) => setMeaning((now) => ({ ...now, ...part }))}
            />
          </Card>
          {part === "import" ? (
            <Importing meaning={meaning} />
          ) : part === "export" ? (
            <Exporting meaning={meaning} mayReveal={mayReveal} />
          ) : (
            <Reconciling meaning={meaning} />
          )}
        </div>
      </Tabs>
    </div>
  );
}

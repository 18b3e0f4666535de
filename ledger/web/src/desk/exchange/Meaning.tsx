// What does a file mean? Which mapping, which kind of record, and at which place.
import { useState } from "preact/hooks";
import { api, told } from "../../api";
import type { components } from "../../api.types";
import { ButtonLink, FileField, Finder, Loaded, Select, Table, useAsked } from "../../ui";
import { findPlaces } from "../finding";
import { tell } from "./sending";
import { t } from "./words";

type Mapping = components["schemas"]["MappingShown"];
type Layout = Mapping["layouts"][number];
export type Kind = Layout["kind"];

export const KINDS: readonly Kind[] = ["volunteers", "teams", "activities", "hours"];

/** `own` is the text of an own mapping, which goes before the name of a shipped one. */
export interface Meaning {
  mapping: string;
  own: string;
  kind: Kind | "";
  place: string;
}

export const first = (home: string): Meaning => ({
  mapping: "mzt-061-2015",
  own: "",
  kind: "volunteers",
  place: home,
});

/** Whether it is said which mapping is meant. */
export const isMeant = ({ mapping, own }: Meaning): boolean => mapping !== "" || own !== "";

interface Props {
  of: Meaning;
  home: string;
  /** A file may have sheets of several kinds. */
  several?: boolean;
  /** Part of it is another now. */
  onChange: (part: Partial<Meaning>) => void;
}

export function MeaningFields({ of, home, several, onChange }: Props) {
  const mappings = useAsked(() => told(api.GET("/v1/exchange/mappings")), []);
  return (
    <Loaded of={mappings}>
      {({ items }) => {
        const known = items.find(({ name }) => name === of.mapping);
        const kinds = known ? known.layouts.map(({ kind }) => kind) : KINDS;
        const choose = (name: string) => {
          const next = items.find((one) => one.name === name)?.layouts.map(({ kind }) => kind);
          const kind = next && of.kind !== "" && !next.includes(of.kind) ? next[0] : of.kind;
          onChange({ mapping: name, own: "", kind: kind ?? "" });
        };
        return (
          <div class="stack">
            <div class="grid">
              <Select
                label={t("mapping")}
                value={of.mapping}
                options={[
                  ...items.map(({ name, title }) => ({ value: name, text: title || name })),
                  { value: "", text: t("ownMapping") },
                ]}
                onText={choose}
              />
              <Select
                label={t("kind")}
                value={of.kind}
                options={[
                  ...(several ? [{ value: "", text: t("allKinds") }] : []),
                  ...KINDS.filter((one) => kinds.includes(one)).map((one) => ({
                    value: one,
                    text: t(one),
                  })),
                ]}
                onText={(kind) => onChange({ kind: kind as Meaning["kind"] })}
              />
              <Finder
                label={t("place")}
                find={findPlaces(home)}
                value={of.place}
                none={t("everywhere")}
                onText={(place) => onChange({ place })}
              />
            </div>
            {of.mapping === "" ? (
              <Own items={items} onText={(own) => onChange({ own })} />
            ) : (
              known && <Columns layouts={known.layouts.filter((one) => matches(one, of.kind))} />
            )}
          </div>
        );
      }}
    </Loaded>
  );
}

const matches = ({ kind }: Layout, wanted: Kind | "") => wanted === "" || kind === wanted;

/** A mapping of one's own: a shipped one, changed. */
function Own({ items, onText }: { items: readonly Mapping[]; onText: (text: string) => void }) {
  const [template, setTemplate] = useState(items.at(-1)?.name ?? "");
  return (
    <div class="grid">
      <FileField
        label={t("ownFile")}
        accept=".yaml,.yml"
        onFile={async (file) => {
          try {
            onText(file === null ? "" : await file.text());
          } catch (error) {
            tell(error);
          }
        }}
      />
      <Select
        label={t("template")}
        value={template}
        options={items.map(({ name, title }) => ({ value: name, text: title || name }))}
        onText={setTemplate}
      />
      <div class="row">
        <ButtonLink
          icon="download"
          href={`/v1/exchange/mappings/${encodeURIComponent(template)}.yaml`}
          download={`${template}.yaml`}
        >
          {t("download")}
        </ButtonLink>
      </div>
    </div>
  );
}

function Columns({ layouts }: { layouts: readonly Layout[] }) {
  const rows = layouts.flatMap(({ kind, columns, not_kept }) => [
    ...columns.map((one) => ({ ...one, kind, why: "" })),
    ...Object.entries(not_kept).map(([heading, why]) => ({
      heading,
      kind,
      why,
      field: "",
      required: false,
      personal: false,
    })),
  ]);
  return (
    <details>
      <summary>{t("columns")}</summary>
      <Table
        caption={t("columns")}
        columns={[
          { id: "heading", title: t("column"), cell: (one) => one.heading },
          { id: "kind", title: t("kind"), cell: (one) => t(one.kind) },
          { id: "field", title: t("field"), cell: (one) => <code>{one.field}</code> },
          {
            id: "need",
            title: t("need"),
            cell: (one) =>
              one.why
                ? t("notKept", { why: one.why })
                : [one.required && t("required"), one.personal && t("personal")]
                    .filter(Boolean)
                    .join("、"),
          },
        ]}
        rows={rows}
        rowKey={(one) => `${one.kind}/${one.heading}`}
      />
    </details>
  );
}

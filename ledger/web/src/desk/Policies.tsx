// Which policies are in force, and which are proposed or drafted?
import { api, told } from "../api";
import type { components } from "../api.types";
import { Badge, Button, type Column, Loaded, Table, useAsked } from "../ui";
import { Drafting } from "./Drafting";
import { Proposal, Proposals } from "./Proposals";
import { to, useFilter } from "./route";
import { t } from "./words";

type Listed = components["schemas"]["PolicyListed"];

interface Props {
  /** The proposal that is looked at; "": a draft is worked on. */
  proposal: string;
  mayTry: boolean;
  mayAdopt: boolean;
}

export default function Policies({ proposal, mayTry, mayAdopt }: Props) {
  const policies = useAsked(() => told(api.GET("/v1/policies")), []);
  const proposals = useAsked(() => told(api.GET("/v1/policies/proposals")), [proposal]);
  const [chosen] = useFilter("version");
  return (
    <div class="stack gap-l">
      <h1>{t("policies")}</h1>
      <Loaded of={policies}>
        {({ items }) => {
          const now = items.find(({ state }) => state === "in-force") ?? items[0];
          const version = chosen || (now?.version ?? "");
          return (
            <>
              <Table
                caption={t("versions")}
                columns={columns()}
                rows={items}
                rowKey={(one) => `${one.effective_from}${one.version}`}
              />
              <Loaded of={proposals}>
                {({ items: proposed }) => <Proposals all={proposed} now={proposal} />}
              </Loaded>
              {proposal !== "" ? (
                <Proposal
                  key={proposal}
                  id={proposal}
                  all={items}
                  mayTry={mayTry}
                  mayAdopt={mayAdopt}
                  onDone={() => {
                    policies.reload();
                    proposals.reload();
                  }}
                />
              ) : (
                version !== "" && (
                  <Begun
                    key={version}
                    version={version}
                    all={items}
                    mayTry={mayTry}
                    mayAdopt={mayAdopt}
                  />
                )
              )}
            </>
          );
        }}
      </Loaded>
    </div>
  );
}

function columns(): Column<Listed>[] {
  return [
    { id: "title", title: t("title"), cell: (one) => one.title },
    { id: "from", title: t("from"), line: true, cell: (one) => one.effective_from },
    { id: "until", title: t("until"), line: true, cell: (one) => one.until ?? "" },
    {
      id: "state",
      title: t("state"),
      cell: (one) => (
        <Badge
          {...(one.state === "in-force"
            ? { tone: "good" as const }
            : one.state === "to-come"
              ? { tone: "wait" as const }
              : {})}
        >
          {t(one.state)}
        </Badge>
      ),
    },
    { id: "version", title: t("version"), cell: (one) => <code>{one.version}</code> },
    {
      id: "start",
      title: t("draft"),
      line: true,
      cell: (one) => (
        <Button
          onPress={() => {
            location.hash = to("policies", "", { version: one.version });
          }}
          label={`${t("startFrom")} ${one.version}`}
        >
          {t("startFrom")}
        </Button>
      ),
    },
  ];
}

interface BegunProps extends Omit<Props, "proposal"> {
  version: string;
  all: readonly Listed[];
}

function Begun({ version, ...rest }: BegunProps) {
  const policy = useAsked(
    () => told(api.GET("/v1/policies/{version}", { params: { path: { version } } })),
    [version],
  );
  return (
    <Loaded of={policy}>
      {({ text }) => <Drafting start={text} version={version} {...rest} />}
    </Loaded>
  );
}

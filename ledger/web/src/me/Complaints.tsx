// What did I complain about, and what was I answered? And a form, which says that nothing is ever deleted.
import { useState } from "preact/hooks";
import { api, told } from "../api";
import type { components } from "../api.types";
import { moment } from "../i18n/format";
import { Badge, Button, Card, Form } from "../ui";
import { type Complaint, of } from "./mine";
import { t } from "./words";

type About = components["schemas"]["Complaining"]["about"];

const ABOUT = {
  hours: "aboutHours",
  points: "aboutPoints",
  star: "aboutStar",
  redemption: "aboutRedemption",
  certificate: "aboutCertificate",
  other: "aboutOther",
} as const satisfies Record<About, string>;

const STATES = {
  open: ["complaintOpen", "wait"],
  upheld: ["complaintUpheld", "good"],
  rejected: ["complaintRejected", "bad"],
  explained: ["complaintExplained", "good"],
} as const;

export function Complaints({
  volunteer,
  complaints,
  onFiled,
}: {
  volunteer: string;
  complaints: readonly Complaint[];
  onFiled: () => void;
}) {
  const [open, setOpen] = useState(false);
  return (
    <Card title={t("complaints")}>
      {complaints.length === 0 && <p class="soft">{t("noComplaints")}</p>}
      <ol class="me-lines">
        {complaints.map((one) => (
          <Filed key={one.id} one={one} />
        ))}
      </ol>
      <Button wide onPress={() => setOpen(true)}>
        {t("complain")}
      </Button>
      {open && (
        <Complain
          volunteer={volunteer}
          onClose={(done) => {
            setOpen(false);
            if (done) onFiled();
          }}
        />
      )}
    </Card>
  );
}

function Filed({ one }: { one: Complaint }) {
  const [state, tone] = STATES[one.state as keyof typeof STATES] ?? STATES.open;
  return (
    <li>
      <div class="row ends">
        <b>
          {t(ABOUT[one.about as About] ?? "aboutOther")} {one.of}
        </b>
        <Badge tone={tone}>{t(state)}</Badge>
      </div>
      <p>{one.text}</p>
      <p class="soft small">{t("filedAt", { at: moment(one.filed_at) })}</p>
      {one.answer && one.answered_at && (
        <p>{t("answeredAt", { at: moment(one.answered_at), answer: one.answer })}</p>
      )}
    </li>
  );
}

function Complain({ volunteer, onClose }: { volunteer: string; onClose: (done: boolean) => void }) {
  return (
    <Form
      title={t("complain")}
      yes={t("complain")}
      done={t("complainDone")}
      items={[
        {
          id: "about",
          label: t("complainAbout"),
          kind: "select",
          options: Object.entries(ABOUT).map(([value, name]) => ({ value, text: t(name) })),
        },
        { id: "of", label: t("complainOf"), max: 200, free: true },
        {
          id: "text",
          label: t("complainText"),
          hint: t("nothingPersonal"),
          kind: "area",
          max: 2000,
        },
      ]}
      onSend={({ about, of: what = "", text = "" }, once) =>
        told(
          api.POST("/v1/volunteers/{volunteer}/complaints", {
            params: { ...of(volunteer).params, ...once },
            body: { about: about as About, of: what, text },
          }),
        )
      }
      onClose={onClose}
    />
  );
}

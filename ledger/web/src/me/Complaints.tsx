// What did I complain about, and what was I answered? And a form, which says that nothing is ever deleted.
import { useState } from "preact/hooks";
import { api, told, why } from "../api";
import type { components } from "../api.types";
import { moment } from "../i18n/format";
import { Badge, Button, Card, Dialog, Notice, Select, TextArea, TextField, toast } from "../ui";
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
        <Form
          volunteer={volunteer}
          onClose={() => setOpen(false)}
          onFiled={() => {
            setOpen(false);
            toast(t("complainDone"), "good");
            onFiled();
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

function Form({
  volunteer,
  onClose,
  onFiled,
}: {
  volunteer: string;
  onClose: () => void;
  onFiled: () => void;
}) {
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [about, setAbout] = useState<About>("hours");
  const [what, setWhat] = useState("");
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState<string>();
  const changed = <Value,>(set: (value: Value) => void) => {
    return (value: Value) => {
      set(value);
      setWrong(undefined);
      setKey(crypto.randomUUID()); // another request than the one that may have arrived
    };
  };
  const send = async () => {
    if (text.trim() === "") {
      setWrong(t("complainEmpty"));
      return;
    }
    try {
      await told(
        api.POST("/v1/volunteers/{volunteer}/complaints", {
          params: { ...of(volunteer).params, header: { "Idempotency-Key": key } },
          body: { about, of: what.trim(), text: text.trim() },
        }),
      );
      onFiled();
    } catch (error) {
      setWrong(why(error));
    }
  };
  return (
    <Dialog
      open
      title={t("complain")}
      onClose={onClose}
      foot={
        <>
          <Button onPress={onClose}>{t("cancel")}</Button>
          <Button look="primary" onPress={send}>
            {t("complain")}
          </Button>
        </>
      }
    >
      <Select
        label={t("complainAbout")}
        value={about}
        options={Object.entries(ABOUT).map(([value, name]) => ({ value, text: t(name) }))}
        onText={(value) => changed(setAbout)(value as About)}
      />
      <TextField label={t("complainOf")} value={what} maxLength={200} onText={changed(setWhat)} />
      <Notice tone="wait">{t("nothingPersonal")}</Notice>
      <TextArea
        label={t("complainText")}
        value={text}
        rows={4}
        maxLength={2000}
        onText={changed(setText)}
        wrong={wrong}
      />
    </Dialog>
  );
}

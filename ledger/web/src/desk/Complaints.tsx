// What do volunteers complain about, and what are they answered?
import { useState } from "preact/hooks";
import { api, told } from "../api";
import type { components } from "../api.types";
import { words } from "../i18n";
import { moment } from "../i18n/format";
import { Badge, Button, type Column, Form, Loaded, Select, Table, useAsked } from "../ui";
import { to, useFilter } from "./route";

type Complaint = components["schemas"]["ComplaintShown"];
type Outcome = components["schemas"]["Answering"]["outcome"];

const t = words({
  complaints: { zh: "申诉", en: "Complaints" },
  show: { zh: "显示", en: "Show" },
  waiting: { zh: "待答复", en: "Waiting" },
  all: { zh: "全部", en: "All" },
  nothingWaits: { zh: "没有待答复的申诉。", en: "No complaint waits for an answer." },
  filed: { zh: "提出时间", en: "Filed" },
  volunteer: { zh: "志愿者", en: "Volunteer" },
  about: { zh: "事由", en: "About" },
  text: { zh: "内容", en: "What is wrong" },
  state: { zh: "状态", en: "State" },
  by: { zh: "代为提出：{by}", en: "filed by {by}" },
  answer: { zh: "答复", en: "Answer" },
  told: { zh: "给志愿者的答复", en: "What the volunteer is told" },
  done: { zh: "已答复", en: "Answered" },
  nothingPersonal: {
    zh: "答复永久保存，无法删除：不要写姓名、电话、证件号、住址或病情。",
    en: "It is kept for ever and can't be deleted: no names, numbers, addresses or illnesses.",
  },
  open: { zh: "待答复", en: "Open" },
  upheld: { zh: "成立", en: "Upheld" },
  rejected: { zh: "不成立", en: "Rejected" },
  explained: { zh: "已说明", en: "Explained" },
  hours: { zh: "时长", en: "Hours" },
  points: { zh: "积分", en: "Points" },
  star: { zh: "星级", en: "Star" },
  redemption: { zh: "兑换", en: "Redemption" },
  certificate: { zh: "证明", en: "Certificate" },
  other: { zh: "其他", en: "Other" },
});

const ABOUT = ["hours", "points", "star", "redemption", "certificate", "other"] as const;
const OUTCOMES = ["upheld", "rejected", "explained"] as const satisfies readonly Outcome[];
const TONES = { open: "wait", upheld: "good", rejected: "bad", explained: "good" } as const;

export function Complaints({ mayAnswer }: { mayAnswer: boolean }) {
  const [show, setShow] = useFilter("show", "waiting");
  const answered = show === "all";
  const [chosen, setChosen] = useState<Complaint | null>(null);
  const complaints = useAsked(
    () => told(api.GET("/v1/complaints", { params: { query: { answered, limit: 200 } } })),
    [answered],
  );
  return (
    <div class="stack gap-l">
      <div class="row ends">
        <h1>{t("complaints")}</h1>
        <Select
          label={t("show")}
          value={show}
          options={[
            { value: "waiting", text: t("waiting") },
            { value: "all", text: t("all") },
          ]}
          onText={setShow}
        />
      </div>
      <Loaded of={complaints}>
        {({ items }) => (
          <Table
            caption={t("complaints")}
            columns={columns(mayAnswer, setChosen)}
            rows={items}
            rowKey={({ volunteer, id }) => `${volunteer} ${id}`}
            empty={<p>{t("nothingWaits")}</p>}
          />
        )}
      </Loaded>
      {chosen && (
        <Answer
          key={`${chosen.volunteer} ${chosen.id}`}
          complaint={chosen}
          onDone={(done) => {
            setChosen(null);
            if (done) complaints.reload();
          }}
        />
      )}
    </div>
  );
}

function aboutOf({ about, of }: Complaint): string {
  const known = ABOUT.find((one) => one === about);
  return [known ? t(known) : about, of].filter(Boolean).join(" ");
}

function columns(mayAnswer: boolean, choose: (one: Complaint) => void): Column<Complaint>[] {
  const found: Column<Complaint>[] = [
    {
      id: "filed",
      title: t("filed"),
      by: (one) => one.filed_at,
      cell: (one) => moment(one.filed_at),
    },
    {
      id: "volunteer",
      title: t("volunteer"),
      by: (one) => one.volunteer,
      cell: (one) => (
        <a href={to("volunteer", one.volunteer)}>
          {one.name ? `${one.name} ${one.volunteer}` : one.volunteer}
        </a>
      ),
    },
    { id: "about", title: t("about"), by: (one) => one.about, cell: aboutOf },
    {
      id: "text",
      title: t("text"),
      cell: (one) => (
        <div>
          {one.text}
          {one.filed_by && <p class="small soft">{t("by", { by: one.filed_by })}</p>}
        </div>
      ),
    },
    { id: "state", title: t("state"), cell: (one) => <State of={one} /> },
  ];
  if (mayAnswer)
    found.push({
      id: "answer",
      title: t("answer"),
      cell: (one) => (
        <Button onPress={() => choose(one)} label={`${t("answer")} ${one.volunteer}`}>
          {t("answer")}
        </Button>
      ),
    });
  return found;
}

function State({ of }: { of: Complaint }) {
  const state = of.state as keyof typeof TONES;
  return (
    <div>
      <Badge tone={TONES[state]}>{t(state)}</Badge>
      {of.answer && (
        <p class="small soft">
          {of.answer} {of.answered_by}
        </p>
      )}
    </div>
  );
}

function Answer({ complaint, onDone }: { complaint: Complaint; onDone: (done: boolean) => void }) {
  const { id, volunteer, text } = complaint;
  return (
    <Form
      title={`${t("answer")} · ${volunteer}`}
      yes={t("answer")}
      done={t("done")}
      items={[
        {
          id: "outcome",
          label: t("state"),
          kind: "radio",
          options: OUTCOMES.map((value) => ({ value, text: t(value) })),
          value: "explained",
        },
        { id: "answer", label: t("told"), hint: t("nothingPersonal"), kind: "area", max: 2000 },
      ]}
      onSend={({ outcome, answer = "" }) =>
        told(
          api.POST("/v1/complaints/{complaint}/answer", {
            params: { path: { complaint: id }, query: { volunteer } },
            body: { outcome: outcome as Outcome, answer },
          }),
        )
      }
      onClose={onDone}
    >
      <p>
        <b>{aboutOf(complaint)}</b>
      </p>
      <p>{text}</p>
    </Form>
  );
}

// Which stars do people have, by id, by list or by file?
import { useId, useState } from "preact/hooks";
import { api, asked, told, why } from "../api";
import type { components } from "../api.types";
import { count, exact, hours } from "../i18n/format";
import {
  Badge,
  Button,
  Card,
  type Column,
  Loaded,
  Notice,
  Select,
  Table,
  TextArea,
  toast,
  useAsked,
} from "../ui";
import { Downloads } from "./Downloads";
import { level } from "./Overview";
import { to, useFilter } from "./route";
import { save } from "./saving";
import { t } from "./words";

type List = components["schemas"]["ListShown"];
type One = List["items"][number];

const FORMS = {
  csv: "text/csv",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
} as const;

/** What is asked: a list by hand, or a file; it is sent again for a download. */
type Question = { body: BodyInit; type: string };

export function Stars() {
  const [text, setText] = useState("");
  const [question, setQuestion] = useState<Question | null>(null);
  const [list, setList] = useState<List | null>(null);
  const fileId = useId();
  const ids = text.split(/[\s,，;；、]+/).filter((one) => one !== "");
  const ask = async (next: Question) => {
    try {
      const answer = await send(next, "application/json");
      setList((await answer.json()) as List);
      setQuestion(next);
    } catch (error) {
      toast(why(error), "bad");
    }
  };
  const byHand = () => ask({ body: JSON.stringify({ volunteers: ids }), type: "application/json" });
  const byFile = async (file: File | undefined) => {
    if (file === undefined) return;
    const type = file.name.toLowerCase().endsWith(".xlsx") ? FORMS.xlsx : FORMS.csv;
    await ask({ body: await file.arrayBuffer(), type });
  };
  return (
    <div class="stack gap-l">
      <h1>{t("stars")}</h1>
      <Card>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (ids.length > 0) void byHand();
          }}
        >
          <TextArea
            label={t("idsLabel")}
            hint={t("idsHint")}
            value={text}
            onText={setText}
            rows={4}
          />
          <div class="row">
            <Button type="submit" look="primary" icon="search" disabled={ids.length === 0}>
              {t("ask")}
            </Button>
            <label class="button" for={fileId}>
              {t("file")}
            </label>
            <input
              class="sr-only"
              id={fileId}
              type="file"
              accept=".csv,.txt,.xlsx"
              onChange={(event) => {
                const [file] = event.currentTarget.files ?? [];
                void byFile(file);
                event.currentTarget.value = "";
              }}
            />
          </div>
        </form>
      </Card>
      {list !== null && question !== null && <Answer list={list} question={question} />}
      <ByStar />
    </div>
  );
}

function send(question: Question, accept: string): Promise<Response> {
  const headers = { "Content-Type": question.type, Accept: accept };
  return asked("/v1/stars/query", { method: "POST", body: question.body, headers });
}

function Answer({ list, question }: { list: List; question: Question }) {
  const known = list.items.length - list.unknown - list.elsewhere;
  const columns: Column<One>[] = [
    {
      id: "id",
      title: t("id"),
      by: (one) => one.volunteer,
      cell: (one) =>
        one.state === "known" ? (
          <a href={to("volunteer", one.volunteer)}>{one.volunteer}</a>
        ) : (
          one.volunteer
        ),
    },
    { id: "name", title: t("personName"), by: (one) => one.name, cell: (one) => one.name },
    {
      id: "place",
      title: t("place"),
      by: (one) => one.place,
      cell: (one) => one.place_name || one.place,
    },
    {
      id: "star",
      title: t("starLevel"),
      by: (one) => one.star ?? "",
      cell: (one) => (one.state === "known" ? level(one.star ?? "") : ""),
    },
    {
      id: "hours",
      title: t("hours"),
      number: true,
      by: (one) => one.seconds,
      cell: (one) => (one.state === "known" ? hours(one.seconds) : ""),
    },
    {
      id: "points",
      title: t("points"),
      number: true,
      by: (one) => Number(one.points),
      cell: (one) => (one.state === "known" ? exact(one.points) : ""),
    },
    {
      id: "state",
      title: t("state"),
      cell: (one) => (one.state === "known" ? "" : <Badge tone="wait">{t(one.state)}</Badge>),
    },
  ];
  return (
    <Card
      title={t("result")}
      more={
        <div class="row gap-s">
          <Button icon="download" onPress={() => save(send(question, FORMS.xlsx))}>
            {t("download", { form: "XLSX" })}
          </Button>
          <Button icon="download" onPress={() => save(send(question, FORMS.csv))}>
            {t("download", { form: "CSV" })}
          </Button>
        </div>
      }
    >
      <Notice tone={known === list.items.length ? "good" : "wait"} alert>
        {t("found", {
          known: count(known),
          unknown: count(list.unknown),
          elsewhere: count(list.elsewhere),
        })}
      </Notice>
      <Table
        caption={t("result")}
        columns={columns}
        rows={list.items}
        rowKey={({ volunteer }) => volunteer}
      />
    </Card>
  );
}

function ByStar() {
  const table = useAsked(() => told(api.GET("/v1/overview", { params: { query: {} } })), []);
  const [from, setFrom] = useFilter("from");
  return (
    <Loaded of={table}>
      {({ levels, area }) => {
        const chosen = from || (levels[1] ?? "");
        const query = `?from=${encodeURIComponent(chosen)}&place=${encodeURIComponent(area)}`;
        return (
          <Card title={t("listOf")}>
            <div class="short">
              <Select
                label={t("fromLevel")}
                value={chosen}
                options={levels.slice(1).map((one) => ({ value: one, text: level(one) }))}
                onText={setFrom}
              />
            </div>
            <Downloads of="stars" query={query} />
          </Card>
        );
      }}
    </Loaded>
  );
}

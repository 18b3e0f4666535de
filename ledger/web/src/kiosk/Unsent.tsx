// What has the ledger not got yet, and what did it not take?
import { useEffect, useState } from "preact/hooks";
import { ago, moment } from "../i18n/format";
import { Button, Card, Notice, Table } from "../ui";
import { nameOf } from "./programme";
import { rejected, tryRejectedAgain, unsent, waiting } from "./queue";
import { line, send } from "./sending";
import type { Mark } from "./store";
import { Title } from "./Title";
import { t } from "./words";

const SHOWN = 200;

export function Unsent() {
  const { count, oldest, rejected: aside } = unsent.value;
  const [marks, setMarks] = useState<{ waiting: Mark[]; rejected: Mark[] }>({
    waiting: [],
    rejected: [],
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the numbers say that the marks have changed
  useEffect(() => {
    void Promise.all([waiting(SHOWN), rejected()]).then(([waiting, rejected]) =>
      setMarks({ waiting, rejected }),
    );
  }, [count, aside]);
  return (
    <div class="stack gap-l">
      <Title back>{t("unsentTitle")}</Title>
      {oldest === null ? (
        <Notice tone="good">{t("unsentNone")}</Notice>
      ) : (
        <Notice tone="wait" icon={line.value === "down" ? "offline" : "clock"}>
          <p>
            {t("unsentText", {
              count,
              oldest: moment(new Date(oldest).toISOString()),
              ago: ago((Date.now() - oldest) / 1000),
            })}
          </p>
        </Notice>
      )}
      {count > 0 && (
        <div class="row">
          <Button look="primary" onPress={send}>
            {t("sendNow")}
          </Button>
        </div>
      )}
      {marks.waiting.length > 0 && <Marks caption={t("unsentTitle")} marks={marks.waiting} />}
      {aside > 0 && (
        <Card title={t("rejectedTitle")}>
          <p>{t("rejectedText", { count: aside })}</p>
          <div class="row">
            <Button
              onPress={async () => {
                await tryRejectedAgain();
                await send();
              }}
            >
              {t("again")}
            </Button>
          </div>
          <Marks caption={t("rejectedTitle")} marks={marks.rejected} reason />
        </Card>
      )}
    </div>
  );
}

function Marks({
  caption,
  marks,
  reason,
}: {
  caption: string;
  marks: readonly Mark[];
  reason?: boolean;
}) {
  const columns = [
    { id: "at", title: t("time"), cell: (one: Mark) => moment(new Date(one.at).toISOString()) },
    { id: "who", title: t("volunteer"), cell: (one: Mark) => one.volunteer },
    {
      id: "out",
      title: t("direction"),
      cell: (one: Mark) => t(one.claim ? "claimTitle" : one.out ? "checkOut" : "checkIn"),
    },
    { id: "what", title: t("activity"), cell: (one: Mark) => nameOf(one.activity) },
    ...(reason ? [{ id: "why", title: t("reason"), cell: (one: Mark) => one.reason }] : []),
  ];
  return <Table caption={caption} columns={columns} rows={marks} rowKey={({ id }) => id} />;
}

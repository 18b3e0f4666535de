// Which residents' orders are with me? What waits for me I take on, or give back.
import { useState } from "preact/hooks";
import { api, told, why } from "../api";
import type { components } from "../api.types";
import { moment } from "../i18n/format";
import { Badge, Button, Card, Dialog, Notice, TextArea, TextField, toast } from "../ui";
import { t } from "./words";

type Order = components["schemas"]["OrderShown"];
type Answer = { order: Order; yes: boolean };

interface Props {
  volunteer: string;
  orders: readonly Order[];
  onDone: () => void;
}

export function Orders({ volunteer, orders, onDone }: Props) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  return (
    <Card title={t("myOrders")}>
      <ol class="me-lines">
        {orders.map((one) => (
          <li key={one.id}>
            <div class="row ends">
              <b>{one.category}</b>
              <State of={one} />
            </div>
            <p>{one.text}</p>
            <p class="soft small">
              {[
                one.names[one.place] || one.place,
                one.starts_at
                  ? t("orderPlanned", { at: moment(one.starts_at) })
                  : one.wanted_at && t("orderWanted", { at: moment(one.wanted_at) }),
                one.state === "dispatched" &&
                  one.due_at &&
                  t("orderDue", { at: moment(one.due_at) }),
              ]
                .filter(Boolean)
                .join(" · ")}
            </p>
            {one.state === "dispatched" && (
              <div class="row">
                <Button
                  look="primary"
                  label={t("acceptTitle", { category: one.category })}
                  onPress={() => setAnswer({ order: one, yes: true })}
                >
                  {t("acceptOrder")}
                </Button>
                <Button
                  label={t("declineTitle", { category: one.category })}
                  onPress={() => setAnswer({ order: one, yes: false })}
                >
                  {t("declineOrder")}
                </Button>
              </div>
            )}
          </li>
        ))}
      </ol>
      {answer && (
        <Answering
          {...answer}
          volunteer={volunteer}
          onClose={(done) => {
            setAnswer(null);
            if (done) onDone();
          }}
        />
      )}
    </Card>
  );
}

function State({ of }: { of: Order }) {
  if (of.overdue && of.state === "dispatched") return <Badge tone="bad">{t("orderLate")}</Badge>;
  if (of.state === "dispatched") return <Badge tone="wait">{t("orderDispatched")}</Badge>;
  if (of.state === "accepted") return <Badge tone="good">{t("orderAccepted")}</Badge>;
  return <Badge>{t("orderOver")}</Badge>;
}

interface AnsweringProps extends Answer {
  volunteer: string;
  onClose: (done: boolean) => void;
}

function Answering({ order, yes, volunteer, onClose }: AnsweringProps) {
  const [key] = useState(() => crypto.randomUUID());
  const [starts, setStarts] = useState("");
  const [ends, setEnds] = useState("");
  const [people, setPeople] = useState(volunteer);
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState("");
  const send = async () => {
    if (!yes && reason.trim() === "") {
      setWrong(t("declineEmpty"));
      return;
    }
    const params = { header: { "Idempotency-Key": key }, path: { order: order.id } };
    try {
      if (yes)
        await told(
          api.POST("/v1/orders/{order}/accept", {
            params,
            body: {
              volunteers: people.split(/[\s,，;；、]+/).filter((id) => id !== ""),
              ...(starts && { starts_at: new Date(starts).toISOString() }),
              ...(ends && { ends_at: new Date(ends).toISOString() }),
            },
          }),
        );
      else
        await told(
          api.POST("/v1/orders/{order}/decline", { params, body: { reason: reason.trim() } }),
        );
    } catch (error) {
      setWrong(why(error));
      return;
    }
    toast(t(yes ? "orderAcceptDone" : "orderDeclineDone"), "good");
    onClose(true);
  };
  return (
    <Dialog
      open
      title={t(yes ? "acceptTitle" : "declineTitle", { category: order.category })}
      onClose={() => onClose(false)}
      foot={
        <Button look={yes ? "primary" : "danger"} onPress={send}>
          {t(yes ? "acceptOrder" : "declineOrder")}
        </Button>
      }
    >
      <p>{order.text}</p>
      {yes ? (
        <>
          {order.team && (
            <TextField
              label={t("whoGoes")}
              hint={t("whoGoesHint")}
              value={people}
              onText={setPeople}
            />
          )}
          <TextField
            label={t("startsAt")}
            type="datetime-local"
            value={starts}
            onText={setStarts}
          />
          <TextField label={t("endsAt")} type="datetime-local" value={ends} onText={setEnds} />
        </>
      ) : (
        <TextArea
          label={t("declineWhy")}
          value={reason}
          onText={setReason}
          rows={2}
          maxLength={1000}
        />
      )}
      {wrong && (
        <Notice tone="bad" alert>
          {wrong}
        </Notice>
      )}
    </Dialog>
  );
}

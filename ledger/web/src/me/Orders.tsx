// Which residents' orders are with me? What waits for me I take on, or give back.
import { useState } from "preact/hooks";
import { api, told } from "../api";
import type { components } from "../api.types";
import { moment } from "../i18n/format";
import { Badge, Button, Card, Form, type Item } from "../ui";
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
  const accepted: Item[] = [
    ...(order.team
      ? [{ id: "volunteers", label: t("whoGoes"), hint: t("whoGoesHint"), value: volunteer }]
      : []),
    { id: "starts_at", label: t("startsAt"), kind: "moment", free: true },
    { id: "ends_at", label: t("endsAt"), kind: "moment", free: true },
  ];
  return (
    <Form
      title={t(yes ? "acceptTitle" : "declineTitle", { category: order.category })}
      yes={t(yes ? "acceptOrder" : "declineOrder")}
      danger={!yes}
      done={t(yes ? "orderAcceptDone" : "orderDeclineDone")}
      items={yes ? accepted : [{ id: "reason", label: t("declineWhy"), kind: "area", max: 1000 }]}
      onSend={({ volunteers = volunteer, starts_at, ends_at, reason = "" }, once) => {
        const params = { ...once, path: { order: order.id } };
        if (!yes) return told(api.POST("/v1/orders/{order}/decline", { params, body: { reason } }));
        return told(
          api.POST("/v1/orders/{order}/accept", {
            params,
            body: {
              volunteers: volunteers.split(/[\s,，;；、]+/).filter((id) => id !== ""),
              ...(starts_at && { starts_at }),
              ...(ends_at && { ends_at }),
            },
          }),
        );
      }}
      onClose={onClose}
    >
      <p>{order.text}</p>
    </Form>
  );
}

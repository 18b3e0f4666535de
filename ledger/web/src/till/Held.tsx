// How long are the points on hold, and what is done with them?
import { useEffect, useState } from "preact/hooks";
import { Button, Card, Meter, Notice } from "../ui";
import { Lines } from "./Lines";
import { cancel, confirm, look } from "./serving";
import type { Basket } from "./store";
import { t } from "./words";

const HOLD = 300; // seconds, as `open` asks for

export function Held({ basket, toldAt }: { basket: Basket; toldAt: number }) {
  const left = useLeft(basket, toldAt);
  const over = left <= 0;
  useEffect(() => {
    if (over) void look();
  }, [over]);
  const refused = basket.lines.filter(({ state }) => state === "refused").length;
  const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
  return (
    <Card>
      <h1>{t("heldTitle")}</h1>
      <p class="till-left" role="timer">
        {t("left", { time })}
      </p>
      <Meter value={left} max={HOLD} label={t("left", { time })} />
      {refused > 0 && (
        <Notice tone="bad" alert>
          {t("partly", { count: refused })}
        </Notice>
      )}
      <Lines basket={basket} />
      <div class="row">
        <Button look="primary" icon="check" onPress={confirm}>
          {t(refused > 0 ? "confirmRest" : "confirm")}
        </Button>
        <Button look="danger" onPress={cancel}>
          {t(refused > 0 ? "cancelAll" : "cancel")}
        </Button>
      </div>
    </Card>
  );
}

/** Whole seconds, by the ledger's clock at the answer and what has passed here since. */
function useLeft(basket: Basket, toldAt: number): number {
  const whole = Date.parse(basket.expires_at ?? basket.now) - Date.parse(basket.now);
  const now = () => Math.max(0, Math.ceil((whole - (Date.now() - toldAt)) / 1000));
  const [left, setLeft] = useState(now);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another answer, another clock
  useEffect(() => {
    setLeft(now());
    const tick = setInterval(() => setLeft(now()), 500);
    return () => clearInterval(tick);
  }, [whole, toldAt]);
  return left;
}

// How far is the purchase? A scan, a basket, a hold, a receipt; or a connection that broke.
import { useState } from "preact/hooks";
import { Camera } from "../scan/Camera";
import { Button, Card, Notice, TextField } from "../ui";
import { Held } from "./Held";
import { Receipt } from "./Receipt";
import { Shelf } from "./Shelf";
import { finish, isCode, line, look, now, resend, said } from "./serving";
import { read } from "./Till";
import { t } from "./words";

export function Serving({ shop }: { shop: string }) {
  return (
    <div class="stack" aria-live="polite">
      {said.value && (
        <Notice tone={said.value.tone} alert>
          {said.value.text}
        </Notice>
      )}
      <Step shop={shop} />
    </div>
  );
}

function Step({ shop }: { shop: string }) {
  const one = now.value;
  if (!one) return <Scan shop={shop} />;
  if (one.asking && line.value !== "up") return <Lost />;
  if (one.asking) return <Asking />;
  if (one.basket?.state === "held") return <Held basket={one.basket} toldAt={one.toldAt} />;
  if (one.basket) return <Receipt basket={one.basket} onNext={finish} />;
  if (one.customer) return <Shelf customer={one.customer} />;
  return <Scan shop={shop} />;
}

function Scan({ shop }: { shop: string }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const submit = (event: Event) => {
    event.preventDefault();
    const code = text.replaceAll(" ", "");
    setWrong(!isCode(code));
    if (isCode(code)) read(shop, code);
  };
  return (
    <div class="stack">
      <h1>{t("scanTitle")}</h1>
      <p class="soft">{t("scanText")}</p>
      <div class="till-scan">
        <Camera onText={(found) => read(shop, found)} />
        <Card>
          <form class="stack" onSubmit={submit}>
            <TextField
              label={t("codeLabel")}
              hint={t("codeHint")}
              wrong={wrong ? t("codeWrong") : undefined}
              value={text}
              onText={setText}
            />
            <div class="row">
              <Button type="submit" look="primary">
                {t("go")}
              </Button>
            </div>
          </form>
        </Card>
      </div>
    </div>
  );
}

function Asking() {
  return (
    <Card>
      <h1>{t("askingTitle")}</h1>
      <div class="skeleton" />
    </Card>
  );
}

function Lost() {
  const one = now.value;
  const absent = line.value === "absent";
  if (one?.asking === "scan") {
    return (
      <Notice tone="wait" icon="offline" alert>
        <div class="stack">
          <p>{t("scanLost")}</p>
          <div class="row">
            <Button look="primary" onPress={resend}>
              {t("retry")}
            </Button>
            <Button onPress={finish}>{t("giveUp")}</Button>
          </div>
        </div>
      </Notice>
    );
  }
  if (!absent) {
    return (
      <Card>
        <h1>{t("lostTitle")}</h1>
        <Notice tone="wait" icon="offline" alert>
          {t("lostText")}
        </Notice>
        <p class="soft">
          {t("receiptNumber")} {one?.key}
        </p>
        <div class="row">
          <Button look="primary" onPress={look}>
            {t("askNow")}
          </Button>
        </div>
      </Card>
    );
  }
  return (
    <Card>
      <Notice tone="wait" alert>
        {t(one?.asking === "refund" ? "notRefunded" : "notArrived")}
      </Notice>
      <div class="row">
        <Button look="primary" onPress={resend}>
          {t("resend")}
        </Button>
        {/* one that is bought at once may still arrive: only its own answer ends it */}
        {!one?.atOnce && <Button onPress={finish}>{t("giveUp")}</Button>}
      </div>
    </Card>
  );
}

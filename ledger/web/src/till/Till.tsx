// Which shop, and what is done there? Redeem, refund, close the day.
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { api, told } from "../api";
import { listen } from "../scan/scanning";
import {
  Button,
  Card,
  kept,
  Loaded,
  Nobody,
  Notice,
  Page,
  TextField,
  toast,
  useAsked,
} from "../ui";
import { DayClose } from "./DayClose";
import { Refunds, receipt } from "./Refunds";
import { Serving } from "./Serving";
import { isCode, isReceipt, now, resume, scanned } from "./serving";
import { t } from "./words";

const PARTS = ["sell", "refunds", "close"] as const;
type Part = (typeof PARTS)[number];

const named = (): Part => PARTS.find((one) => one === location.hash.slice(1)) ?? "sell";
const part = signal<Part>(named());
addEventListener("hashchange", () => {
  if (location.hash !== "#main") part.value = named();
});

const [shopKept, keepShop] = kept("till.shop");
const chosen = signal(shopKept ?? "");

export function Till() {
  const session = useAsked(() => told(api.GET("/v1/session")), []);
  const may = session.value?.permissions.includes("redeem");
  const shop = session.value?.merchant ?? chosen.value;
  const ways = PARTS.map((one) => ({ href: `#${one}`, text: t(one), now: part.value === one }));
  return (
    <Page
      name={t("name")}
      ways={may && shop ? ways : undefined}
      tools={shop && may && <span class="badge">{shop}</span>}
    >
      <Loaded of={session}>
        {({ name, login, login_url, merchant }) =>
          login === null ? (
            <Nobody name={t("name")} login={login_url} />
          ) : !may ? (
            <Notice tone="wait">
              <h1>{t("name")}</h1>
              <p>{t("notTill", { name })}</p>
            </Notice>
          ) : shop ? (
            <Open shop={shop} fixed={merchant !== null} />
          ) : (
            <Shop />
          )
        }
      </Loaded>
    </Page>
  );
}

function Open({ shop, fixed }: { shop: string; fixed: boolean }) {
  useEffect(() => {
    void resume();
    const stop = new AbortController();
    listen((text) => read(shop, text), stop.signal);
    return () => stop.abort();
  }, [shop]);
  if (now.value === undefined) return <div class="skeleton" />;
  switch (part.value) {
    case "sell":
      return (
        <div class="stack gap-l">
          <Serving shop={shop} />
          {!fixed && now.value === null && (
            <div class="row">
              <Button look="plain" onPress={() => change("")}>
                {t("shopChange")}
              </Button>
            </div>
          )}
        </div>
      );
    case "refunds":
      return <Refunds shop={shop} />;
    case "close":
      return <DayClose shop={shop} />;
  }
}

/** What a scanner or the camera has read, wherever one is. */
export function read(shop: string, text: string): void {
  const code = text.replaceAll(" ", "").trim();
  if (isReceipt(code)) {
    receipt.value = code;
    location.hash = "refunds";
  } else if (!isCode(code)) {
    toast(t("notACode"), "bad");
  } else if (now.value && now.value.asking !== "scan") {
    if (now.value.code !== code) toast(t("busyFirst"), "bad");
  } else {
    location.hash = "sell";
    void scanned(shop, code);
  }
}

function change(shop: string): void {
  chosen.value = shop;
  keepShop(shop);
}

function Shop() {
  const [text, setText] = useState("");
  return (
    <Card>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) change(text.trim());
        }}
      >
        <TextField label={t("shop")} hint={t("shopHint")} value={text} onText={setText} />
        <div class="row">
          <Button type="submit" look="primary">
            {t("shopGo")}
          </Button>
        </div>
      </form>
    </Card>
  );
}

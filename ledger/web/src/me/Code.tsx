// What do I show at a till? A code that is another one each minute, and how long this one stays.
import { useCallback, useEffect, useState } from "preact/hooks";
import { api } from "../api";
import { Button, Card, Meter, Notice } from "../ui";
import { Qr } from "../ui/Qr";
import { of } from "./mine";
import { Part } from "./Part";
import { t } from "./words";

const MINUTE = 60;

interface Shown {
  code: string;
  /** When to ask for the next one, by this device's own running clock (ms), which nobody sets. */
  until: number;
}

async function fetched(volunteer: string): Promise<Shown> {
  const asked = performance.now();
  const { data, response } = await api.GET("/v1/volunteers/{volunteer}/code", of(volunteer));
  if (!data) throw new Error(response.statusText);
  // a phone's clock may be wrong by minutes: only the ledger's own count
  const told = Date.parse(response.headers.get("Date") ?? "");
  const left = Date.parse(data.changes) - (Number.isNaN(told) ? Date.now() : told);
  return { code: data.code, until: asked + Math.min(Math.max(left, 500), MINUTE * 1000) };
}

export function Code({ volunteer }: { volunteer: string }) {
  const [shown, setShown] = useState<Shown>();
  const [wrong, setWrong] = useState<unknown>();
  const [turn, setTurn] = useState(0);
  const [now, setNow] = useState(performance.now());
  const again = useCallback(() => setTurn((last) => last + 1), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each turn is another code
  useEffect(() => {
    let here = true;
    setWrong(undefined);
    fetched(volunteer).then(
      (found) => {
        if (!here) return;
        setNow(performance.now());
        setShown(found);
      },
      (error) => {
        if (!here) return;
        setShown(undefined); // an old code is worth nothing
        setWrong(error);
      },
    );
    return () => {
      here = false;
    };
  }, [volunteer, turn]);

  useEffect(() => {
    const tick = setInterval(() => setNow(performance.now()), 250);
    return () => clearInterval(tick);
  }, []);

  const left = shown ? Math.ceil((shown.until - now) / 1000) : 0;
  const over = shown !== undefined && now >= shown.until;
  useEffect(() => {
    if (over && !document.hidden) again();
  }, [over, again]);
  useEffect(() => {
    const back = () => !document.hidden && again();
    document.addEventListener("visibilitychange", back);
    return () => document.removeEventListener("visibilitychange", back);
  }, [again]);

  return (
    <Part title={t("codeTitle")}>
      <p>{t("codeLead")}</p>
      {wrong !== undefined && (
        <Notice tone="bad" alert>
          <p>{wrong instanceof Error ? wrong.message : String(wrong)}</p>
          <Button onPress={again}>{t("again")}</Button>
        </Notice>
      )}
      <Card>
        <div class="me-code">
          {shown ? (
            <>
              <Qr text={shown.code} label={t("codeLabel", { code: shown.code })} />
              <p class="me-left" aria-hidden="true">
                {t("seconds", { seconds: Math.max(0, left) })}
              </p>
              <Meter
                value={Math.max(0, left)}
                max={MINUTE}
                label={t("seconds", { seconds: Math.max(0, left) })}
              />
              <p class="soft small">{t("codeAloud")}</p>
              <p class="me-digits">{aloud(shown.code)}</p>
              <p class="sr-only" role="status">
                {t("codeNew")} {aloud(shown.code)}
              </p>
            </>
          ) : (
            <div class="skeleton me-wait" />
          )}
        </div>
      </Card>
    </Part>
  );
}

/** In groups that one can say: "V00000001-4839 2175". */
function aloud(code: string): string {
  const [, who = code, first = "", last = ""] = /^(.+)-(\d{4})(\d{4})$/.exec(code) ?? [];
  return `${who} - ${first} ${last}`;
}

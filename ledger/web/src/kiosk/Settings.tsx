// Which kiosk is this to be, and how does the ledger come to know it?
import { useEffect, useState } from "preact/hooks";
import { moment } from "../i18n/format";
import { Button, ButtonLink, Card, Choice, Notice, TextField, toast } from "../ui";
import { Qr } from "../ui/Qr";
import { canSign, device, keepsStorage, publicPem, setUp } from "./device";
import { ask, told } from "./programme";
import { prefix, returns, setPrefix, setReturns, show } from "./state";
import type { Device } from "./store";
import { Title } from "./Title";
import { t } from "./words";

export function Setup() {
  const [able, setAble] = useState(true);
  useEffect(() => void canSign().then(setAble), []);
  return (
    <div class="stack gap-l">
      <Title>{t("setupTitle")}</Title>
      {able ? (
        <>
          <p class="soft">{t("setupText")}</p>
          <Card>
            <Named go={t("create")} onDone={() => show({ is: "settings" })} />
          </Card>
        </>
      ) : (
        <Notice tone="bad" alert>
          {t("cantSign")}
        </Notice>
      )}
    </div>
  );
}

export function Settings() {
  const own = device.value;
  const [cleared, setCleared] = useState(false);
  useEffect(() => void keepsStorage().then((kept) => setCleared(!kept)), []);
  if (!own) return null;
  return (
    <div class="stack gap-l">
      <Title back>{t("settings")}</Title>
      {cleared && <Notice tone="wait">{t("mayBeCleared")}</Notice>}
      <Enrolment own={own} />
      <Card>
        <Named go={t("save")} onDone={() => toast(t("saved"), "good")} />
      </Card>
      <Card>
        <TextField
          label={t("prefixLabel")}
          hint={t("prefixHint")}
          value={prefix.value}
          onText={(text) => setPrefix(text.trim())}
        />
        <Choice label={t("returns")} checked={returns.value} onCheck={setReturns} />
        <Programme own={own} />
      </Card>
    </div>
  );
}

function Named({ go, onDone }: { go: string; onDone: () => void }) {
  const own = device.value;
  const [place, setPlace] = useState(own?.place ?? "");
  const [source, setSource] = useState(own?.source ?? "");
  const [wrong, setWrong] = useState<{ place?: string; source?: string }>({});
  const save = async () => {
    const name = source || suggested(place);
    const found = {
      ...(place === "" && { place: t("placeWrong") }),
      ...(!/^kiosk\/\S{1,200}$/.test(name) && { source: t("sourceWrong") }),
    };
    setWrong(found);
    if (Object.keys(found).length > 0) return;
    setSource(name);
    await setUp(name, place);
    await ask(place);
    onDone();
  };
  return (
    <>
      <TextField
        label={t("place")}
        hint={t("placeHint")}
        wrong={wrong.place}
        value={place}
        inputMode="numeric"
        onText={(text) => setPlace(text.trim())}
      />
      <TextField
        label={t("source")}
        hint={t("sourceHint")}
        wrong={wrong.source}
        value={source}
        placeholder={place && suggested(place)}
        onText={(text) => setSource(text.trim())}
      />
      <div class="row">
        <Button look="primary" onPress={save}>
          {go}
        </Button>
      </div>
    </>
  );
}

const OWN_PART = crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36).slice(-4) ?? "1";

/** A name that no other device has, by chance of one in a million. */
function suggested(place: string): string {
  return `kiosk/${place}-${OWN_PART}`;
}

function Enrolment({ own }: { own: Device }) {
  const pem = publicPem(own);
  const command = `vledger devices enrol ${own.source} --key kiosk.pem --place ${own.place}`;
  return (
    <Card title={t("enrolTitle")}>
      <p>{t("enrolText")}</p>
      <div class="enrol">
        <Qr text={pem} label={t("qrLabel")} />
        <div class="stack">
          <pre>{pem}</pre>
          <pre>{command}</pre>
          <div class="row">
            <ButtonLink
              href={URL.createObjectURL(new Blob([pem]))}
              download="kiosk.pem"
              icon="download"
            >
              {t("download")}
            </ButtonLink>
            <Button look="primary" onPress={() => show({ is: "start" })}>
              {t("begin")}
            </Button>
          </div>
        </div>
      </div>
    </Card>
  );
}

function Programme({ own }: { own: Device }) {
  const known = told.value;
  const refresh = async () => {
    const good = await ask(own.place);
    toast(t(good ? "refreshed" : "refreshFailed"), good ? "good" : "bad");
  };
  return (
    <div class="row ends">
      <span>
        {known
          ? t("programmeAt", {
              time: moment(new Date(known.at).toISOString()),
              count: known.programme.activities.length,
            })
          : t("programmeNone")}
      </span>
      <Button onPress={refresh}>{t("refresh")}</Button>
    </div>
  );
}

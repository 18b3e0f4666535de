// What can I take with me, and what was put right? Certificates; corrections and reviews, with their state.
import { useState } from "preact/hooks";
import { api, told } from "../api";
import { day, hours, moment } from "../i18n/format";
import { Badge, Button, Card, Form, Loaded, useAsked } from "../ui";
import { Complaints } from "./Complaints";
import { type Certificate, type HourRecord, of, type Review, type Story, story } from "./mine";
import { Part } from "./Part";
import { t } from "./words";

export function Affairs({ volunteer }: { volunteer: string }) {
  const certificates = useAsked(
    () => told(api.GET("/v1/volunteers/{volunteer}/certificates", of(volunteer))),
    [volunteer],
  );
  const asked = useAsked(
    () =>
      Promise.all([
        story(volunteer),
        told(api.GET("/v1/volunteers/{volunteer}/today", of(volunteer))),
        told(api.GET("/v1/volunteers/{volunteer}/complaints", of(volunteer))),
      ]),
    [volunteer],
  );
  return (
    <Part title={t("affairs")}>
      <Loaded of={certificates}>
        {({ items, issuer }) => (
          <Loaded of={asked}>
            {([found, today, complaints]) => (
              <div class="stack">
                <Card title={t("certificates")}>
                  {items.length === 0 && <p class="soft">{t("certNone")}</p>}
                  <ol class="me-lines">
                    {items.map((one) => (
                      <Issued key={one.number} one={one} />
                    ))}
                  </ol>
                  {issuer ? (
                    <Print issuer={issuer} volunteer={volunteer} onDone={certificates.reload} />
                  ) : (
                    <p class="soft">{t("certOffice")}</p>
                  )}
                </Card>
                <Complaints
                  volunteer={volunteer}
                  complaints={complaints.items}
                  onFiled={asked.reload}
                />
                <Corrections story={found} since={today.since} />
              </div>
            )}
          </Loaded>
        )}
      </Loaded>
    </Part>
  );
}

function Issued({ one }: { one: Certificate }) {
  return (
    <li>
      <div class="row ends">
        <b>{one.number}</b>
        <Badge tone={one.state === "valid" ? "good" : "bad"}>
          {t(one.state === "valid" ? "certValid" : "certRevoked")}
        </Badge>
      </div>
      <p>
        {t("certDays", { since: day(one.since), until: day(one.until), hours: hours(one.seconds) })}
      </p>
      <p class="soft small">
        {t("certIssued", { issuer: one.issuer, at: day(one.issued_at) })} {one.reason}
      </p>
    </li>
  );
}

function Print({
  issuer,
  volunteer,
  onDone,
}: {
  issuer: string;
  volunteer: string;
  onDone: () => void;
}) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look="primary" icon="download" wide onPress={() => setOpen(true)}>
        {t("certPrint")}
      </Button>
      <p class="soft small">{t("certKept")}</p>
      {open && (
        <Form
          title={t("certPrint")}
          yes={t("certPrint")}
          done={t("certDone")}
          items={[{ id: "remarks", label: t("certRemarks"), max: 200, free: true }]}
          onSend={async ({ remarks = "" }) => {
            const { data, response } = await api.POST("/v1/volunteers/{volunteer}/certificates", {
              ...of(volunteer),
              body: { remarks },
              parseAs: "blob",
            });
            const named = /filename="([^"]+)"/.exec(
              response.headers.get("Content-Disposition") ?? "",
            );
            save(data as unknown as Blob, named?.[1] ?? "certificate.pdf");
          }}
          onClose={(done) => {
            setOpen(false);
            if (done) onDone();
          }}
        >
          <p>{t("certAsk", { issuer })}</p>
        </Form>
      )}
    </>
  );
}

function save(paper: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(paper);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

interface Correction {
  record: number;
  day: string;
  old: number;
  /** Null: it does not count at all. */
  now: number | null;
  at: string;
}

/** What was taken back, and what the same visit comes to today. */
export function correctionsOf(rows: readonly HourRecord[]): Correction[] {
  const standing = rows.filter(({ reverses, reversed_by }) => reverses === null && !reversed_by);
  return rows
    .filter(({ reverses }) => reverses !== null)
    .flatMap((reversal) => {
      const old = rows.find(({ record }) => record === reversal.reverses);
      if (!old) return [];
      const now = standing.find(
        (row) =>
          row.check_in?.id === old.check_in?.id && row.check_in?.source === old.check_in?.source,
      );
      if (now?.counted_seconds === old.counted_seconds) return []; // written anew, unchanged
      return [
        {
          record: reversal.record,
          day: old.started_at,
          old: old.counted_seconds,
          now: now?.counted_seconds || null,
          at: reversal.recorded_at,
        },
      ];
    })
    .reverse();
}

/** `since`: when the check-in was that is open still, if one is. */
function Corrections({ story, since }: { story: Story; since: string | null }) {
  const found = correctionsOf(story.hours);
  const uncounted = story.uncounted.filter(
    ({ at, direction }) => direction !== "check-in" || at !== since,
  );
  return (
    <>
      <Card title={t("corrections")}>
        {found.length === 0 && <p class="soft">{t("noCorrections")}</p>}
        <ol class="me-lines">
          {found.map((one) => (
            <li key={one.record}>
              <p>
                {one.now === null
                  ? t("correctedAway", { day: day(one.day), old: hours(one.old) })
                  : t("correctedTo", {
                      day: day(one.day),
                      old: hours(one.old),
                      now: hours(one.now),
                    })}
              </p>
              <p class="soft small">{t("correctedAt", { at: moment(one.at) })}</p>
            </li>
          ))}
        </ol>
      </Card>
      {uncounted.length > 0 && (
        <Card title={t("uncounted")}>
          <ol class="me-lines">
            {[...uncounted].reverse().map((one) => (
              <li key={`${one.at} ${one.direction} ${one.activity}`}>
                {t(uncountedAs(one), { at: moment(one.at) })}
              </li>
            ))}
          </ol>
        </Card>
      )}
      {story.reviews.length > 0 && (
        <Card title={t("reviews")}>
          <ol class="me-lines">
            {story.reviews.map((one) => (
              <Reviewed key={one.id} review={one} />
            ))}
          </ol>
        </Card>
      )}
    </>
  );
}

/** Which words say why a mark does not count. */
function uncountedAs({ direction, why }: Story["uncounted"][number]) {
  if (direction === "check-in") return "noCheckOut";
  if (direction === "check-out") return "noCheckIn";
  return why === "no check-in before it" ? "claimNoCheckIn" : "claimIdle";
}

const RULES = ["claimed", "complaint", "two_places", "hours_a_day", "device", "buddies"] as const;

function Reviewed({ review }: { review: Review }) {
  const rule = RULES.find((one) => one === review.rule);
  const { ended_at, reason } = review.evidence;
  const withdrawn = review.state === "withdrawn";
  const name = withdrawn
    ? "reviewWithdrawn"
    : review.decision === null
      ? "reviewOpen"
      : review.decision === "void"
        ? "reviewVoid"
        : "reviewCount";
  return (
    <li>
      <div class="row ends">
        <b>{rule ? t(rule) : review.rule}</b>
        <Badge tone={name === "reviewOpen" ? "wait" : name === "reviewVoid" ? "bad" : "good"}>
          {t(name)}
        </Badge>
      </div>
      {rule === "claimed" && (
        <p>{t("claimSaid", { at: moment(String(ended_at)), reason: String(reason) })}</p>
      )}
      <p class="soft small">
        {moment(review.opened_at)} {review.reason}
      </p>
    </li>
  );
}

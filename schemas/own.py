"""What does the ledger itself put into the event log? Nobody can send these in."""

from typing import Literal

from pydantic import Field, JsonValue

from schemas.envelope import CloudEvent, Data, Identifier, Instant, Label, Source
from schemas.orders import OwnOrderEvent
from schemas.review import EventName


class Adoption(Data):
    """A policy (YAML) in force from the day `effective_from` (YYYY-MM-DD) on, until the next."""

    effective_from: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    text: str
    by: Label = ""
    note: str = ""


class PolicyAdopted(CloudEvent):
    """策略生效: `subject` is the policy's name, `time` when it was adopted."""

    type: Literal["volunteer.policy.adopted.v1"] = "volunteer.policy.adopted.v1"
    data: Adoption


class Review(Data):
    """Why a standing was reviewed; `policy` is the adoption that it was brought up to."""

    reason: Literal["policy", "time"]
    policy: int


class StandingReviewed(CloudEvent):
    """复核: the volunteer's (`subject`) standing was brought up to the policies and to `time`."""

    type: Literal["volunteer.standing.reviewed.v1"] = "volunteer.standing.reviewed.v1"
    data: Review


class Suspicion(Data):
    """The visit `of` is suspected under a safeguard of the policy; `evidence` is for people."""

    of: EventName
    rule: Identifier
    evidence: dict[str, JsonValue]


class ConductSuspected(CloudEvent):
    """存疑: a visit of the volunteer (`subject`) is held for review, found so at `time`."""

    type: Literal["volunteer.conduct.suspected.v1"] = "volunteer.conduct.suspected.v1"
    data: Suspicion


class Withdrawal(Data):
    """The suspicion that was withdrawn."""

    of: EventName
    rule: Identifier


class SuspicionWithdrawn(CloudEvent):
    """存疑撤销: marks that came later, or a policy, left nothing to suspect."""

    type: Literal["volunteer.conduct.cleared.v1"] = "volunteer.conduct.cleared.v1"
    data: Withdrawal


ConductEvent = ConductSuspected | SuspicionWithdrawn


class Receipt(Data):
    """Points that somebody gave away: `lots` are [last usable day, smallest units]."""

    transfer: Identifier
    giver: Identifier
    currency: Identifier
    units: int
    lots: list[tuple[str, int]] = Field(default_factory=list)


class PointsReceived(CloudEvent):
    """转赠到账: points given away have come to the volunteer (`subject`)."""

    type: Literal["volunteer.points.received.v1"] = "volunteer.points.received.v1"
    data: Receipt


class Lapse(Data):
    """The last day of a voucher is over."""

    voucher: Identifier


class VoucherExpired(CloudEvent):
    """券过期: nobody used the voucher of the volunteer (`subject`) in time."""

    type: Literal["volunteer.voucher.expired.v1"] = "volunteer.voucher.expired.v1"
    data: Lapse


class Settlement(Data):
    """Who had signed up and did not come (`absent`); of whom that turned out wrong (`lifted`).

    They came, as a check-in says that arrived later, or had withdrawn in time, or only waited.
    """

    absent: list[Identifier] = Field(default_factory=list)
    lifted: list[Identifier] = Field(default_factory=list)


class ActivitySettled(CloudEvent):
    """签到核对: some days after its end it was looked who came to the activity (`subject`)."""

    type: Literal["volunteer.activity.settled.v1"] = "volunteer.activity.settled.v1"
    data: Settlement


class PayoutLine(Data):
    """What one shop is paid, in fen (分)."""

    merchant: Identifier
    fen: int = Field(ge=1)


class Payout(Data):
    """What shops are to be paid for the time up to the end of `month`."""

    month: str = Field(pattern=r"^\d{4}-\d{2}$")
    lines: list[PayoutLine]
    by: Label = ""


class PayoutPrepared(CloudEvent):
    """付款批次: `subject` is the payout's id. What is in it is paid once."""

    type: Literal["volunteer.payout.prepared.v1"] = "volunteer.payout.prepared.v1"
    data: Payout


class Remittance(Data):
    """The bank has paid a payout, but for the merchants that `failed`: they are owed it again."""

    failed: list[PayoutLine] = Field(default_factory=list)
    fen: int = Field(ge=0, description="what was paid, in fen")
    reference: Label = ""
    by: Label = ""


class PayoutRemitted(CloudEvent):
    """付款完成 of a payout (`subject`)."""

    type: Literal["volunteer.payout.remitted.v1"] = "volunteer.payout.remitted.v1"
    data: Remittance


class Certified(Data):
    """So many `seconds` on `track` are certified, of the days `since` to `until` (both included).

    `records` are the hour records that this rests on; `index` is the place in the status list.
    Nothing personal: `digest` is that of the certificate's content (SHA-256, base64url), in which
    the holder stands as a salted hash.
    """

    number: Identifier
    index: int = Field(ge=0)
    issuer: Label
    since: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    until: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    track: Identifier
    seconds: int
    records: list[int]
    digest: Identifier


class CertificateIssued(CloudEvent):
    """出具志愿服务记录证明 to the volunteer (`subject`)."""

    type: Literal["volunteer.certificate.issued.v1"] = "volunteer.certificate.issued.v1"
    data: Certified


class Revocation(Data):
    """A certificate no longer holds; `corrected` is the reversal of an hour record, if that is why.

    The `reason` holds nothing personal.
    """

    number: Identifier
    reason: Label
    by: Label = ""
    corrected: int | None = None


class CertificateRevoked(CloudEvent):
    """撤销志愿服务记录证明 of the volunteer (`subject`). Final."""

    type: Literal["volunteer.certificate.revoked.v1"] = "volunteer.certificate.revoked.v1"
    data: Revocation


CertificateEvent = CertificateIssued | CertificateRevoked


class Enrolment(Data):
    """The device stands at `place` and speaks for it and below, a till for `merchants`.

    `app`: it is what volunteers' phones talk to (at any shop, transfers too). `key` is its public
    Ed25519 key, as in a JWK's `x`.
    """

    place: Identifier
    merchants: list[Identifier] = Field(default_factory=list)
    app: bool = False
    key: Identifier
    by: Label


class DeviceEnrolled(CloudEvent):
    """设备登记: the kiosk or till (`subject`: the source of its events) signs with a key."""

    type: Literal["volunteer.device.enrolled.v1"] = "volunteer.device.enrolled.v1"
    data: Enrolment


class KeyReplacement(Data):
    """The device's new public key; those before are good for events from before this one."""

    key: Identifier
    by: Label


class DeviceKeyReplaced(CloudEvent):
    """更换设备密钥 of a device (`subject`)."""

    type: Literal["volunteer.device.key-replaced.v1"] = "volunteer.device.key-replaced.v1"
    data: KeyReplacement


class KeyRevocation(Data):
    """The key, or with an empty `key` every key of the device, is good for nothing any more."""

    key: Identifier | Literal[""]
    reason: Label
    by: Label


class DeviceRevoked(CloudEvent):
    """吊销设备密钥 of a device (`subject`): nothing that it signed comes in from now on."""

    type: Literal["volunteer.device.revoked.v1"] = "volunteer.device.revoked.v1"
    data: KeyRevocation


class Vouching(Data):
    """A person answers for an arrival that was set aside because of its device."""

    reject: Identifier
    reason: Label
    by: Label


class DeviceVouched(CloudEvent):
    """人工担保: a reject (`subject`) is let in on a person's word."""

    type: Literal["volunteer.device.vouched.v1"] = "volunteer.device.vouched.v1"
    data: Vouching


DeviceEvent = DeviceEnrolled | DeviceKeyReplaced | DeviceRevoked | DeviceVouched


class RoleGrant(Data):
    """`role` is granted to whom the identity provider `issuer` calls `person`.

    `name` is how they were shown then. `scope`: at the place `of` and below, at that shop, or of
    that volunteer's own data.
    """

    issuer: Source
    person: Identifier
    name: Label = ""
    role: Identifier
    scope: Literal["place", "merchant", "volunteer"]
    of: Identifier
    since: Instant
    until: Instant | None = None
    by: Label


class RoleGranted(CloudEvent):
    """授权: `subject` is the grant's number."""

    type: Literal["volunteer.access.granted.v1"] = "volunteer.access.granted.v1"
    data: RoleGrant


class RoleWithdrawal(Data):
    """Who took a grant back, and why."""

    by: Label
    reason: Label = ""


class RoleWithdrawn(CloudEvent):
    """撤销授权 of the grant (`subject`), from `time` on. Final."""

    type: Literal["volunteer.access.withdrawn.v1"] = "volunteer.access.withdrawn.v1"
    data: RoleWithdrawal


AccessEvent = RoleGranted | RoleWithdrawn


class Restoration(Data):
    """From what the ledger was restored, and how far.

    `last_batch` is the last that came back. What other ids there were between it and the batch of
    this event is not in the ledger: messages that name them are void.
    """

    last_batch: int
    backup: str = ""
    made_at: Instant | None = None
    until: Instant | None = None
    note: str = ""


class LedgerRestored(CloudEvent):
    """账本恢复: the ledger (`subject`) was restored from a backup at `time`."""

    type: Literal["volunteer.ledger.restored.v1"] = "volunteer.ledger.restored.v1"
    data: Restoration


OwnEvent = (
    PolicyAdopted
    | StandingReviewed
    | ConductEvent
    | PointsReceived
    | VoucherExpired
    | ActivitySettled
    | PayoutPrepared
    | PayoutRemitted
    | CertificateEvent
    | DeviceEvent
    | AccessEvent
    | LedgerRestored
    | OwnOrderEvent
)

// How does the kiosk sign an event? As ledger/devices/keys.py checks it: Ed25519 over canonical JSON (RFC 8785).
import canonicalize from "canonicalize";
import type { Device } from "./store";

export interface Saying {
  readonly id: string;
  /** RFC 3339, with the zone. */
  readonly time: string;
  readonly type: string;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The CloudEvent as JSON, signed. */
export async function sign(saying: Saying, own: Device): Promise<string> {
  const event = {
    specversion: "1.0",
    source: own.source,
    datacontenttype: "application/json",
    ...saying,
    devicekey: own.key,
  };
  const text = canonicalize(event);
  if (text === undefined) throw new TypeError("this event has no canonical form");
  const signature = await crypto.subtle.sign(
    "Ed25519",
    own.privateKey,
    new TextEncoder().encode(text),
  );
  return JSON.stringify({ ...event, signature: base64url(new Uint8Array(signature)) });
}

export function base64url(octets: Uint8Array): string {
  return btoa(String.fromCharCode(...octets))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** An instant (ms) as RFC 3339 with the device's own offset, so that people read its wall clock. */
export function rfc3339(at: number): string {
  const offset = -new Date(at).getTimezoneOffset();
  const two = (number: number) => String(Math.floor(number)).padStart(2, "0");
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
  return new Date(at + offset * 60_000).toISOString().replace("Z", zone);
}

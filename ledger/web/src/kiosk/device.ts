// Which kiosk is this? Its name, its place, and a key that never leaves the browser.
import { signal } from "@preact/signals";
import { base64url } from "./signing";
import { type Device, keep, kept } from "./store";

/** Null until it was set up, undefined until it was looked up. */
export const device = signal<Device | null | undefined>(undefined);

export async function findDevice(): Promise<void> {
  device.value = (await kept<Device>("device")) ?? null;
}

/** Whether this browser can sign at all: a secure context, with Ed25519 (2025 and later). */
export async function canSign(): Promise<boolean> {
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign"]);
    return true;
  } catch {
    return false;
  }
}

/** Makes the kiosk's key, or moves the kiosk to another place with the key that it has. */
export async function setUp(source: string, place: string): Promise<void> {
  const known = device.value;
  const made: Device = known ? { ...known, source, place } : { source, place, ...(await newKey()) };
  await keep("device", made);
  device.value = made;
  await keepsStorage();
}

/** Asks the browser to keep what is stored, whatever space it needs; whether it promises to. */
export async function keepsStorage(): Promise<boolean> {
  return (await navigator.storage?.persist?.()) ?? false;
}

/**
 * Takes a device from the address (#device=…), as `vledger demo --serve` makes it: its name, its
 * place, and a key that is enrolled already. A kiosk that is another one stays what it is.
 */
export async function takeDevice(): Promise<void> {
  const given = new URLSearchParams(location.hash.slice(1)).get("device");
  if (given === null) return;
  history.replaceState(null, "", location.pathname + location.search); // it holds the key
  const text = new TextDecoder().decode(octets(given));
  const { source, place, d, x } = JSON.parse(text) as Record<
    "source" | "place" | "d" | "x",
    string
  >;
  if (device.value && device.value.source !== source) return;
  const jwk = { kty: "OKP", crv: "Ed25519", d, x };
  const privateKey = await crypto.subtle.importKey("jwk", jwk, "Ed25519", false, ["sign"]);
  const made: Device = { source, place, key: await thumbprint(x), public: x, privateKey };
  await keep("device", made);
  device.value = made;
}

async function newKey(): Promise<Pick<Device, "key" | "public" | "privateKey">> {
  const pair = (await crypto.subtle.generateKey("Ed25519", false, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const x = base64url(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
  return { key: await thumbprint(x), public: x, privateKey: pair.privateKey };
}

/** What a key is called: RFC 7638. */
async function thumbprint(x: string): Promise<string> {
  const jwk = new TextEncoder().encode(JSON.stringify({ crv: "Ed25519", kty: "OKP", x }));
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", jwk)));
}

function octets(text: string): Uint8Array {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (one) => one.charCodeAt(0));
}

/** What SubjectPublicKeyInfo says before the 32 octets of an Ed25519 key (RFC 8410). */
const SPKI = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/** The public key in PEM, which `vledger devices enrol` reads. */
export function publicPem(own: Device): string {
  const raw = atob(own.public.replaceAll("-", "+").replaceAll("_", "/"));
  const text = btoa(String.fromCharCode(...SPKI) + raw);
  return `-----BEGIN PUBLIC KEY-----\n${text}\n-----END PUBLIC KEY-----\n`;
}

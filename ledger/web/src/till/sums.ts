// What do exact amounts come to? Decimal texts in, decimal texts out; no floats between.

const scaleOf = (text: string): number => text.split(".")[1]?.length ?? 0;

const unitsOf = (text: string, scale: number): bigint => {
  const [whole = "0", part = ""] = text.split(".");
  return BigInt(whole + part.padEnd(scale, "0"));
};

function textOf(units: bigint, scale: number): string {
  if (scale === 0) return String(units);
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, "0");
  return `${units < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Each amount so many times, together. */
export function total(parts: readonly { amount: string; times: number }[]): string {
  const scale = Math.max(0, ...parts.map(({ amount }) => scaleOf(amount)));
  const units = parts.reduce(
    (sum, { amount, times }) => sum + unitsOf(amount, scale) * BigInt(times),
    0n,
  );
  return textOf(units, scale);
}

/** `a` less `b`. */
export const minus = (a: string, b: string): string =>
  total([
    { amount: a, times: 1 },
    { amount: b, times: -1 },
  ]);

export const isBelowZero = (text: string): boolean => text.startsWith("-");

// How are hours, points, money and times written? Exact: points and yuan are texts and never become floats.
import { lang, locale } from "./index";

/** Whole seconds as hours, their thousands set apart, and minutes. */
export function hours(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const whole = exact(String(Math.floor(minutes / 60)));
  const rest = minutes % 60;
  const parts =
    lang.value === "zh"
      ? ([`${whole} 小时`, `${rest} 分`] as const)
      : ([`${whole} h`, `${rest} min`] as const);
  if (minutes < 60) return parts[1];
  return rest === 0 ? parts[0] : parts.join(" ");
}

/** An exact decimal text, its thousands set apart: "12345.50" → "12,345.50". */
export function exact(text: string): string {
  const [whole = "", ...rest] = text.split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...rest].join(".");
}

export function yuan(text: string): string {
  return `¥${exact(text)}`;
}

export function count(number: number): string {
  return new Intl.NumberFormat(locale()).format(number);
}

/** A day and a time, each from an RFC 3339 text; `zone`: the place's (default: the device's). */
export function day(time: string, zone?: string): string {
  return format(time, { dateStyle: "medium" }, zone);
}

export function clock(time: string, zone?: string): string {
  return format(time, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, zone);
}

export function moment(time: string, zone?: string): string {
  return format(time, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" }, zone);
}

function format(time: string, options: Intl.DateTimeFormatOptions, zone?: string): string {
  return new Intl.DateTimeFormat(locale(), zone ? { ...options, timeZone: zone } : options).format(
    new Date(time),
  );
}

/** How long ago, in its largest whole unit. */
export function ago(seconds: number): string {
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  if (seconds < 60) return relative.format(0, "second");
  if (seconds >= 86_400) return relative.format(-Math.floor(seconds / 86_400), "day");
  if (seconds >= 3600) return relative.format(-Math.floor(seconds / 3600), "hour");
  return relative.format(-Math.floor(seconds / 60), "minute");
}

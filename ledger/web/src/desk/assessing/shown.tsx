// How are figures of an assessment written? The same on every tab of it.
import type { components } from "../../api.types";
import { lang } from "../../i18n";
import { count, exact } from "../../i18n/format";
import { Badge } from "../../ui";
import { to } from "../route";
import { t } from "./words";

type Schemas = components["schemas"];
export type Assessed = Schemas["Assessed"];
export type Line = Schemas["AssessedLine"];
export type Edition = Schemas["AssessmentEdition"];
export type Indicator = Schemas["IndicatorShown"];

/** The address of a place's assessment of a year. */
export function ofYear(place: string, year: number): string {
  return to("assessment", place, {
    year: year === new Date().getFullYear() ? "" : String(year),
  });
}

/** A score in hundredths, with both digits behind the point. */
export function scoreOf(hundredths: number): string {
  return (hundredths / 100).toFixed(2);
}

export function gradeName(edition: Edition, grade: string): string {
  const known = edition.grades.find((one) => one.grade === grade);
  return lang.value === "zh" ? (known?.title ?? grade) : grade;
}

export function titleOf(one: Indicator): string {
  return lang.value === "zh" ? one.title : one.english;
}

/** At least so many, or more than so many; whole numbers only are reached. */
export function dueText(due: string | null, reach: string): string {
  if (due === null) return "—";
  if (reach === "above") return t("moreThan", { due: exact(due) });
  const [whole = "", rest] = due.split(".");
  const needed = rest === undefined ? BigInt(whole) : BigInt(whole) + 1n;
  return t("atLeast", { due: exact(String(needed)) });
}

export function actualText({ actual }: Line): string {
  return actual === null ? "—" : count(actual);
}

/** What it is of what it is a share of, to the tenth of a percent. */
export function shareText({ actual, of }: Line): string {
  if (actual === null || !of) return "";
  const tenths = Math.floor((actual * 1000) / of);
  return `${Math.floor(tenths / 10)}.${tenths % 10}%`;
}

export function Met({ line }: { line: Line }) {
  if (line.met) return <Badge tone="good">{t("yes")}</Badge>;
  if (line.why) return <Badge tone="wait">{t("unknown")}</Badge>;
  return <Badge tone="bad">{t("no")}</Badge>;
}

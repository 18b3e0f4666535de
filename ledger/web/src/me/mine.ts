// What is told of one volunteer? The answers of the ledger, by their names, and the explanation, which is asked for once.
import { api, told } from "../api";
import type { components } from "../api.types";

type Schemas = components["schemas"];
export type Standing = Schemas["Standing"];
export type NextStar = Schemas["NextStar"];
export type Visit = Schemas["VisitShown"];
export type Posting = Schemas["PointsShown"];
export type Month = Schemas["MonthShown"];
export type Benefits = Schemas["Benefits"];
export type Honour = Schemas["HonourShown"];
export type Certificate = Schemas["CertificateShown"];
export type Complaint = Schemas["ComplaintShown"];

/** What `vledger explain --json` prints, as far as it is shown here. */
export interface Story {
  policies: { digest: string; title: string; source: string; effective_from: string }[];
  ladders: Ladder[];
  level_changes: LevelChange[];
  hours: HourRecord[];
  uncounted: { activity: string; direction: string; at: string; why: string }[];
  reviews: Review[];
}

export interface Clause {
  clause: string;
  text: string;
}

export interface Ladder {
  ladder: string;
  level: string | number | null;
  because?: { condition: string; at: string; clauses: Clause[]; hour_records: number[] };
}

export interface LevelChange {
  from: string | number | null;
  to: string | number | null;
  at: string;
  seconds: number;
  recorded_at: string;
}

export interface HourRecord {
  record: number;
  reverses: number | null;
  reversed_by: number | null;
  activity: string;
  started_at: string;
  ended_at: string;
  visit_seconds: number;
  counted_seconds: number;
  status: string;
  clauses: Clause[];
  check_in: Mark | null;
  check_out: Mark | null;
  /** What was claimed of a check-out that was forgotten. */
  claim: { reason: string; by: string | null; made_at: string } | null;
  recorded_at: string;
}

interface Mark {
  source: string;
  id: string;
  signed?: string;
}

export interface Review {
  id: string;
  state: string;
  rule: string;
  /** `source#id` of the check-in. */
  visit: string;
  evidence: Readonly<Record<string, unknown>>;
  opened_at: string;
  decision: string | null;
  reason: string | null;
}

const stories = new Map<string, Promise<Story>>();

/** The explanation, asked for once a visit of the page: it is long. */
export function story(volunteer: string): Promise<Story> {
  const known = stories.get(volunteer);
  if (known) return known;
  const asked = told(
    api.GET("/v1/volunteers/{volunteer}/explanation", { params: { path: { volunteer } } }),
  ) as Promise<unknown> as Promise<Story>;
  asked.catch(() => stories.delete(volunteer));
  stories.set(volunteer, asked);
  return asked;
}

/** `params` of a route below one volunteer. */
export const of = (volunteer: string) => ({ params: { path: { volunteer } } });

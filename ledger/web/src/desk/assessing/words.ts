// What does the yearly assessment say?
import { words } from "../../i18n";

export const t = words({
  assessment: { zh: "年度测评", en: "Assessment" },
  standing: { zh: "状态", en: "State" },
  titleOf: { zh: "{name} · {year} 年", en: "{name} · {year}" },
  year: { zh: "年度", en: "Year" },
  score: { zh: "得分", en: "Score" },
  grade: { zh: "等次", en: "Grade" },
  rank: { zh: "同级名次", en: "Rank among its like" },
  rankOf: { zh: "{rank} / {of}", en: "{rank} of {of}" },
  met: { zh: "达标指标", en: "Indicators met" },
  asOf: { zh: "截至 {day}", en: "as of {day}" },
  above: { zh: "上级", en: "Within" },
  download: { zh: "下载报告 {form}", en: "Report, {form}" },
  sections: { zh: "测评内容", en: "Parts of the assessment" },
  indicators: { zh: "指标", en: "Indicators" },
  missing: { zh: "缺项", en: "What is missing" },
  ranking: { zh: "排名", en: "Ranking" },
  trend: { zh: "历年", en: "Over the years" },
  checks: { zh: "抽查互查", en: "Checks" },
  indicator: { zh: "指标", en: "Indicator" },
  level: { zh: "级别", en: "Level" },
  due: { zh: "应有", en: "Due" },
  atLeast: { zh: "≥ {due}", en: "≥ {due}" },
  moreThan: { zh: "> {due}", en: "> {due}" },
  actual: { zh: "实有", en: "There" },
  share: { zh: "占比", en: "Share" },
  state: { zh: "达标", en: "Met?" },
  yes: { zh: "达标", en: "met" },
  no: { zh: "未达标", en: "not met" },
  unknown: { zh: "未知", en: "not known" },
  weight: { zh: "权重", en: "Weight" },
  clause: { zh: "依据", en: "Clause" },
  where: { zh: "看缺项", en: "Where?" },
  allIndicators: { zh: "全部指标", en: "All indicators" },
  whose: { zh: "场所或队伍", en: "Place or team" },
  lacking: { zh: "尚缺", en: "Lacking" },
  why: { zh: "说明", en: "Note" },
  nothingMissing: { zh: "没有缺项，全部达标", en: "Nothing is missing" },
  place: { zh: "场所", en: "Place" },
  siblings: { zh: "同级排名（{name}）", en: "Beside it, within {name}" },
  within: { zh: "下辖场所排名", en: "Places within, by rank" },
  nothingWithin: { zh: "没有下辖场所", en: "No places lie within" },
  trendChart: { zh: "历年得分", en: "Score by year" },
  result: { zh: "已定级", en: "filed" },
  running: { zh: "按现有数据计算，未定级", en: "by what is recorded, not filed" },
  filedBy: { zh: "定级人", en: "Filed by" },
  when: { zh: "时间", en: "When" },
  note: { zh: "说明", en: "Note" },
  conclude: { zh: "定级存档", en: "File the result" },
  concludeHint: {
    zh: "按此刻的计算结果定级：{score} 分。另定等次须写明理由；再次定级以后一次为准。",
    en: "The result as of now is filed: {score}. Another grade takes a reason; a later filing replaces it.",
  },
  byScore: { zh: "按得分（{grade}）", en: "By the score ({grade})" },
  filed: { zh: "已定级", en: "Filed" },
  "self-check": { zh: "县级自查", en: "County self-check" },
  "cross-review": { zh: "市级互查", en: "City cross-review" },
  "spot-check": { zh: "省级抽查", en: "Province spot check" },
  city: { zh: "市", en: "City" },
  centre: { zh: "中心", en: "Centre" },
  "sub-centre": { zh: "所", en: "Sub-centre" },
  station: { zh: "站", en: "Station" },
  team: { zh: "志愿服务队", en: "Team" },
  toDraw: { zh: "抽签", en: "Draw" },
  drawSample: { zh: "抽查抽签", en: "Draw a sample" },
  drawReview: { zh: "互查配对", en: "Draw a cross-review" },
  draws: { zh: "抽签记录", en: "Draws" },
  noDraws: { zh: "还没有抽签", en: "Nothing was drawn" },
  drawHint: {
    zh: "种子可用当众掷骰等随机结果；留空则随机生成。凭名单摘要和种子，任何人都能重抽核对。",
    en: "The seed may be dice thrown in public; left out, a random one is taken. By the digest of the list and the seed anybody can draw again.",
  },
  kind: { zh: "抽取对象", en: "Of which places" },
  size: { zh: "抽取数量", en: "How many" },
  seed: { zh: "种子", en: "Seed" },
  asOfDay: { zh: "名单截止日", en: "Places as of" },
  drawn: { zh: "抽中", en: "Drawn" },
  drawnOf: { zh: "{listed} 选 {size}", en: "{size} of {listed}" },
  digest: { zh: "名单摘要", en: "Digest of the list" },
  drawnAt: { zh: "抽签时间", en: "Drawn at" },
  by: { zh: "经办人", en: "By" },
  again: { zh: "重抽核对", en: "Draw again and compare" },
  same: { zh: "重抽一致：名单和结果都相同", en: "The same list, the same outcome" },
  other: {
    zh: "重抽不一致：今天的名单有 {listed} 个场所，请查登记变更",
    en: "It differs: the list has {listed} places today; see what was registered since",
  },
  reviewer: { zh: "核查单位", en: "Who looks" },
  reviews: { zh: "{reviewer} 查 {reviewed}", en: "{reviewer} looks at {reviewed}" },
  found: { zh: "核查记录", en: "Findings" },
  noFindings: { zh: "还没有核查记录", en: "Nothing was found yet" },
  toFind: { zh: "录入发现", en: "Enter a finding" },
  findAt: { zh: "录入发现 · {name}", en: "A finding at {name}" },
  selfCheck: { zh: "录入自查", en: "Enter a self-check" },
  stage: { zh: "环节", en: "Stage" },
  verdict: { zh: "结论", en: "Verdict" },
  verdict_met: { zh: "达标", en: "met" },
  verdict_unmet: { zh: "未达标", en: "not met" },
  verdict_doubtful: { zh: "存疑", en: "doubtful" },
  seen: { zh: "实见数量", en: "Counted there" },
  seenShort: { zh: "实见", en: "Seen" },
  recorded: { zh: "已记录", en: "Recorded" },
  drawnNow: { zh: "已抽签", en: "Drawn" },
});

const LEVELS = ["city", "centre", "sub-centre", "station", "team"] as const;

/** A level as the reader calls it. */
export function levelName(level: string): string {
  const known = LEVELS.find((one) => one === level);
  return known === undefined ? level : t(known);
}

const STAGES = ["self-check", "cross-review", "spot-check"] as const;

/** A stage of the checks as the reader calls it. */
export function stageName(stage: string): string {
  const known = STAGES.find((one) => one === stage);
  return known === undefined ? stage : t(known);
}

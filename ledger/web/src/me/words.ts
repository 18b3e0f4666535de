// What does a volunteer's page say? As one neighbour tells another.
import { plural, words } from "../i18n";

export const t = words({
  name: { zh: "我的", en: "My page" },
  hello: { zh: "您好，{name}", en: "Hello, {name}" },
  notVolunteer: {
    zh: "您以“{name}”登录，但这里是志愿者本人的页面。",
    en: "You are logged in as {name}, but this page is a volunteer's own.",
  },
  sections: { zh: "我的栏目", en: "My sections" },
  home: { zh: "首页", en: "Home" },
  hours: { zh: "时长", en: "Hours" },
  code: { zh: "兑换码", en: "Code" },
  points: { zh: "积分", en: "Points" },
  affairs: { zh: "办事", en: "Papers" },

  openNow: { zh: "正在服务：{activity}", en: "Serving now: {activity}" },
  openSince: {
    zh: "{time} 签到，已 {hours}。离开时别忘了签退。",
    en: "Checked in at {time}, {hours} ago. Remember to check out.",
  },
  starTitle: { zh: "我的星级", en: "My star" },
  noStar: { zh: "还没有星级", en: "No star yet" },
  star: { zh: "{level} 星级", en: "Star {level}" },
  total: { zh: "服务时长", en: "Hours served" },
  thisMonth: { zh: "本月", en: "This month" },
  available: { zh: "可用积分", en: "Points to spend" },
  toNext: { zh: "离 {next}还差 {hours}", en: "{hours} more for {next}" },
  pace: {
    zh: "按近 {days} 天的服务（{hours}），约 {day}达到",
    en: "At the pace of the last {days} days ({hours}) it is reached about {day}",
  },
  noPace: {
    zh: "近 {days} 天没有服务记录，再来一次就能算出日期",
    en: "No hours in the last {days} days: serve again to see a date",
  },
  takes: { zh: "下一级{next}的条件：{condition}", en: "{next} takes: {condition}" },
  highest: { zh: "已是最高一级，谢谢您！", en: "That is the highest star. Thank you!" },
  progress: { zh: "离下一级的进度", en: "Progress to the next star" },
  why: { zh: "为什么是这一级？", en: "Why this star?" },
  whyStar: {
    zh: "{at}达到 {level}：当时累计的服务符合条件“{condition}”，共依据 {count} 条时长记录。",
    en: "{level} was reached on {at}: the service until then met the condition “{condition}”, by {count} hour records.",
  },
  hoursReached: { zh: "累计满 {hours} 小时", en: "{hours} hours in all" },
  hoursOver: { zh: "累计超过 {hours} 小时", en: "more than {hours} hours in all" },
  whyNoStar: {
    zh: "累计的时长还没有达到最低一级的条件。",
    en: "The hours do not meet the condition of the lowest star yet.",
  },
  history: { zh: "星级的变化", en: "How it changed" },
  changed: {
    zh: "{at}：{from} → {to}（当时累计 {hours}）",
    en: "{at}: {from} → {to} (then {hours} in all)",
  },
  under: {
    zh: "依据《{title}》，自{day}起施行",
    en: "Under “{title}”, in force from {day}",
  },
  underAlways: { zh: "依据《{title}》", en: "Under “{title}”" },
  clause: { zh: "条款", en: "Clause" },

  benefits: { zh: "我的礼遇", en: "My benefits" },
  noBenefits: {
    zh: "现行办法和兑换目录里还没有按星级的礼遇。",
    en: "Neither the policy nor the catalogue has benefits by star yet.",
  },
  allBenefits: { zh: "其余 {count} 项", en: "{count} more" },
  costs: { zh: "{points} 分", en: "{points} points" },
  usually: { zh: "原价 {points} 分", en: "usually {points}" },
  from: { zh: "{level}起 {points} 分", en: "{points} points from {level}" },
  locked: { zh: "未达星级", en: "Not yet" },
  yours: { zh: "您可享", en: "Yours" },
  givenAmount: { zh: "{name} × {amount}", en: "{name} × {amount}" },
  claimToday: {
    zh: "到提供单位出示一次性兑换码即可享受。",
    en: "Show your one-time code where the benefit is had.",
  },
  showCode: { zh: "打开兑换码", en: "Open my code" },
  left: { zh: "可享 {left}/{amount}", en: "{left} of {amount} left" },
  where: { zh: "在哪里：{where}", en: "Where: {where}" },
  noEnd: { zh: "长期有效", en: "no last day" },
  granted: { zh: "{day}获得", en: "granted {day}" },
  usedTitle: { zh: "享受过的礼遇", en: "What I used" },
  usedUp: { zh: "已享受", en: "Used" },
  expiredBenefit: { zh: "已过期", en: "Expired" },
  withdrawn: { zh: "已取消", en: "Withdrawn" },
  honours: { zh: "我的荣誉", en: "My honours" },
  choose: { zh: "任选：{choices}", en: "Choose one: {choices}" },
  until: { zh: "到{day}为止", en: "until {day}" },

  byMonth: { zh: "按月", en: "By month" },
  visits: {
    zh: (v) => `${v.count} 次`,
    en: (v) => `${v.count} ${plural(v.count, "visit", "visits")}`,
  },
  monthMeter: { zh: "{month}：{hours}", en: "{month}: {hours}" },
  noHours: { zh: "还没有服务记录。", en: "No service yet." },
  allVisits: { zh: "每一次服务", en: "Every visit" },
  more: { zh: "再看一些", en: "Show more" },
  underReview: { zh: "待复核", en: "Under review" },
  pending: { zh: "待审批", en: "Waits" },
  whyHours: { zh: "怎么算的？", en: "How was it counted?" },
  came: {
    zh: "{from} 签到，{to} 签退，在场 {spent}，计入 {counted}。",
    en: "Checked in at {from}, out at {to}: {spent} there, {counted} counted.",
  },
  less: {
    zh: "计入少于在场：同一时间只算一次，或办法另有规定。",
    en: "Less is counted than was spent: time counts once only, or the policy says otherwise.",
  },
  recorded: { zh: "{at} 入账，记录号 {record}", en: "Recorded {at}, number {record}" },

  heldPoints: { zh: "{points} 分已预留", en: "{points} set aside" },
  debt: {
    zh: "欠 {points} 分：已兑换的积分因更正而不足",
    en: "{points} owed: a correction took back points that were spent",
  },
  expiringTitle: { zh: "快到期的积分", en: "Points that expire" },
  neverExpire: {
    zh: "按现行办法，您的积分不过期。",
    en: "By the policy in force your points do not expire.",
  },
  lastDay: { zh: "{day}为止可用", en: "last day {day}" },
  postings: { zh: "积分明细", en: "All entries" },
  noPoints: { zh: "还没有积分记录。", en: "No points yet." },
  earned: { zh: "服务所得", en: "Earned by service" },
  bought: { zh: "兑换 {item}", en: "Spent on {item}" },
  atShop: { zh: "{merchant}", en: "at {merchant}" },
  refunded: { zh: "退回 {item}", en: "Given back for {item}" },
  corrected: { zh: "更正：冲销 {id} 号", en: "Correction: takes back no. {id}" },
  undone: { zh: "已更正", en: "Corrected" },
  expired: { zh: "到期作废", en: "Expired" },
  other: { zh: "其他：{rule}", en: "Other: {rule}" },
  whyEarned: {
    zh: "这笔积分是 {at} 的服务得到的。",
    en: "These points were earned by the service of {at}.",
  },
  whySpent: {
    zh: "{at} 用积分兑换，从您的积分里扣除。",
    en: "Redeemed on {at}, taken from your points.",
  },
  whyCorrected: {
    zh: "账本只增不改：有迟到或改正的记录时，先冲销原来那笔，再按新的事实重记。",
    en: "The ledger is only added to: when a late or corrected record comes in, the old entry is taken back and written anew.",
  },

  codeTitle: { zh: "兑换码", en: "Redemption code" },
  codeLead: {
    zh: "请收银员扫这个码。每分钟换一次，用过即作废，请不要截图发给别人。",
    en: "Let the till scan this. It changes each minute and buys once: do not send pictures of it.",
  },
  codeLabel: { zh: "兑换码二维码：{code}", en: "QR code of {code}" },
  seconds: { zh: "{seconds} 秒后更换", en: "Changes in {seconds} s" },
  codeNew: { zh: "已换新码", en: "There is a new code" },
  again: { zh: "重试", en: "Try again" },
  codeAloud: { zh: "也可以念给收银员：", en: "Or read it to the till:" },

  certificates: { zh: "志愿服务记录证明", en: "Certificates" },
  certNone: { zh: "还没有开具过证明。", en: "None was issued yet." },
  certValid: { zh: "有效", en: "Valid" },
  certRevoked: { zh: "已撤销", en: "Revoked" },
  certDays: { zh: "{since}至{until}，{hours}", en: "{since} to {until}, {hours}" },
  certIssued: { zh: "{issuer}于{at}出具", en: "Issued {at} by {issuer}" },
  certPrint: { zh: "开具并下载证明", en: "Issue and download one" },
  certOffice: {
    zh: "这里不能自助开具，请到您的志愿服务组织办理。",
    en: "None can be printed here: ask your organisation.",
  },
  certAsk: {
    zh: "将由“{issuer}”出具一份新证明（PDF），写明您的姓名和证件号码。",
    en: "“{issuer}” will issue a new certificate (PDF) with your name and document number.",
  },
  certRemarks: { zh: "需要说明的事项（可不填）", en: "Remarks (may be left out)" },
  certDone: { zh: "证明已下载", en: "The certificate was downloaded" },
  certKept: {
    zh: "证明里有个人信息，账本不留副本；要再打印，请开具一份新的。",
    en: "Papers hold personal data and are not kept here: to print again, issue a new one.",
  },
  cancel: { zh: "取消", en: "Cancel" },

  corrections: { zh: "更正记录", en: "Corrections" },
  noCorrections: { zh: "没有更正过的记录。", en: "Nothing was corrected." },
  correctedTo: {
    zh: "{day}的服务：原记 {old}，更正为 {now}",
    en: "Service of {day}: was {old}, is now {now}",
  },
  correctedAway: {
    zh: "{day}的服务：原记 {old}，现不计入",
    en: "Service of {day}: was {old}, does not count now",
  },
  correctedAt: { zh: "{at} 更正入账", en: "Corrected {at}" },
  reviews: { zh: "复核", en: "Reviews" },
  claimed: { zh: "补签退", en: "Check-out claimed" },
  complaint: { zh: "居民投诉", en: "A resident complained" },
  two_places: { zh: "同时在两地", en: "At two places at once" },
  hours_a_day: { zh: "一天时长过长", en: "Too many hours in a day" },
  device: { zh: "签到过快", en: "Checked in too fast" },
  buddies: { zh: "总是结伴签到", en: "Always with the same person" },
  claimSaid: { zh: "申报 {at} 离开：{reason}", en: "Said to have left {at}: {reason}" },
  complaints: { zh: "申诉", en: "Complaints" },
  noComplaints: { zh: "没有申诉。", en: "No complaints." },
  complain: { zh: "提出申诉", en: "Complain" },
  complainAbout: { zh: "关于什么？", en: "What about?" },
  aboutHours: { zh: "时长", en: "Hours" },
  aboutPoints: { zh: "积分", en: "Points" },
  aboutStar: { zh: "星级", en: "Star" },
  aboutRedemption: { zh: "兑换", en: "A redemption" },
  aboutCertificate: { zh: "证明", en: "A certificate" },
  aboutOther: { zh: "其他", en: "Something else" },
  complainOf: { zh: "相关编号或日期（可不填）", en: "Its number or day (may be left out)" },
  complainText: { zh: "哪里不对？", en: "What is wrong?" },
  nothingPersonal: {
    zh: "账本永久保存，无法删除：不要写姓名、电话、证件号、住址或病情，只写哪里不对。",
    en: "It is kept for ever and can't be deleted: no names, numbers, addresses or illnesses, only what is wrong.",
  },
  complainEmpty: { zh: "请写明哪里不对", en: "Say what is wrong" },
  complainDone: { zh: "申诉已提交", en: "The complaint was filed" },
  complaintOpen: { zh: "等待答复", en: "Waits for an answer" },
  complaintUpheld: { zh: "成立", en: "Upheld" },
  complaintRejected: { zh: "不成立", en: "Rejected" },
  complaintExplained: { zh: "已说明", en: "Explained" },
  filedAt: { zh: "{at} 提出", en: "Filed {at}" },
  answeredAt: { zh: "{at} 答复：{answer}", en: "Answered {at}: {answer}" },
  reviewOpen: { zh: "等待复核", en: "Waits for a decision" },
  reviewCount: { zh: "复核后计入", en: "Counted after review" },
  reviewVoid: { zh: "复核后作废", en: "Void after review" },
  reviewWithdrawn: { zh: "已撤销", en: "Withdrawn" },
  uncounted: { zh: "没有计入的签到签退", en: "Marks that do not count" },
  noCheckOut: {
    zh: "{at} 签到，之后没有签退",
    en: "Checked in {at}, and never out",
  },
  claimIdle: {
    zh: "申报 {at} 离开：该次服务已由签退或更早的申报结束",
    en: "Said to have left {at}: a check-out or an earlier claim ended that visit",
  },
  claimNoCheckIn: {
    zh: "申报 {at} 离开，之前没有签到",
    en: "Said to have left {at}, and never checked in",
  },
  noCheckIn: { zh: "{at} 签退，之前没有签到", en: "Checked out {at}, and never in" },
});

const NEEDS_HOURS = /^hours (>=|>) (\d+(?:\.\d+)?)$/;

/** A condition of the policy language: in words where only hours decide, else as it is written. */
export function plainly(condition: string): string {
  const [, reach, hours = ""] = NEEDS_HOURS.exec(condition) ?? [];
  if (reach === undefined) return condition;
  return t(reach === ">" ? "hoursOver" : "hoursReached", { hours });
}

/** A level as people say it: a number of stars, or its name. */
export function levelName(level: string | number | null | undefined): string {
  if (level === null || level === undefined || level === 0) return t("noStar");
  return typeof level === "number" || /^\d+$/.test(level) ? t("star", { level }) : level;
}

// Which door is yours? The kiosk, the till, the desk or your own page.
import { words } from "../i18n";
import { Icon, type IconName, Page } from "../ui";
import "./door.css";

const t = words({
  name: { zh: "首页", en: "Home" },
  lead: { zh: "每一小时，都记得清楚", en: "Every hour, honestly kept" },
  text: {
    zh: "志愿服务时长、星级与积分的账本：只增不改，笔笔可查。",
    en: "The ledger of volunteer hours, stars and points: only ever added to, every line explained.",
  },
  kiosk: { zh: "签到台", en: "Kiosk" },
  kioskText: {
    zh: "签到、签退、团队签到，没有网络也能用",
    en: "Check in and out, alone or as a team; works without a network",
  },
  till: { zh: "收银台", en: "Till" },
  tillText: {
    zh: "信用超市：扫码兑换积分、退货、日结",
    en: "Credit supermarket: redeem points, refund, close the day",
  },
  desk: { zh: "工作台", en: "Desk" },
  deskText: {
    zh: "概览、星级查询、政策、审核与导出",
    en: "Overview, stars, policies, reviews and exports",
  },
  me: { zh: "我的", en: "My page" },
  meText: {
    zh: "我的时长、星级、积分、兑换码与证明",
    en: "My hours, star, points, redemption code and certificate",
  },
});

const DOORS: readonly { href: string; icon: IconName; name: "kiosk" | "till" | "desk" | "me" }[] = [
  { href: "/kiosk/", icon: "in", name: "kiosk" },
  { href: "/me/", icon: "person", name: "me" },
  { href: "/till/", icon: "basket", name: "till" },
  { href: "/desk/", icon: "book", name: "desk" },
];

export function Door() {
  return (
    <Page name={t("name")}>
      <div class="door">
        <div class="door-lead">
          <h1>{t("lead")}</h1>
          <p class="soft">{t("text")}</p>
        </div>
        <ul class="doors">
          {DOORS.map(({ href, icon, name }) => (
            <li key={href}>
              <a class="card" href={href}>
                <Icon name={icon} />
                <span>
                  <b>{t(name)}</b>
                  <span class="soft">{t(`${name}Text`)}</span>
                </span>
              </a>
            </li>
          ))}
        </ul>
      </div>
    </Page>
  );
}

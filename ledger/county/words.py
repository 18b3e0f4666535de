"""What are the places, people, activities and shops of the invented county called?"""

from collections.abc import Mapping
from datetime import time
from typing import NamedTuple

NAME = "青岚县"
AREA = "370199"
VOLUNTEERS = 600

TOWNS = {
    "城关街道": ("东关社区", "西关社区", "文庙社区", "向阳社区", "梨园社区"),
    "临溪镇": ("上溪村", "下溪村", "渡口村", "桑园村", "白石村"),
    "柳泉镇": ("柳泉村", "石磨村", "杏花村", "周家庄村", "新建村"),
    "石桥镇": ("石桥村", "前屯村", "后屯村", "陶坊村", "大槐树村"),
    "南岭镇": ("岭前村", "岭后村", "茶园村", "双井村", "云台村"),
    "枫林乡": ("枫林村", "红岩村", "竹溪村", "马鞍村", "清水村"),
}
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
OLDER = "秀兰 桂英 玉梅 淑珍 建国 志强 国庆 福生 春花 凤霞 德明 永贵 爱华 红梅 树林 秋菊"
YOUNGER = "雨桐 子轩 欣怡 浩然 梓涵 俊杰 思远 佳慧 晓东 婷婷 博文 静 磊 敏 洋 雪 鹏 丽娜"
METHODS = ("qr", "qr", "qr", "face", "card")


class Item(NamedTuple):
    """Something on a shelf of a credit supermarket, with its price in points."""

    name: str
    points: int


class Shop(NamedTuple):
    """信用超市. The ledger knows its `id` only."""

    id: str
    name: str
    shelf: tuple[Item, ...]


SHOPS = (
    Shop(
        "M01",
        "城关信用超市",
        (Item("牙膏", 6), Item("抽纸一提", 12), Item("洗衣液2kg", 25), Item("大米5kg", 30)),
    ),
    Shop(
        "M02",
        "柳泉信用超市",
        (Item("香皂两块", 5), Item("毛巾", 8), Item("食用油5L", 60), Item("保温杯", 40)),
    ),
    Shop("M03", "石桥便民理发店", (Item("理发一次", 10), Item("烫染半价券", 45))),
    Shop(
        "M04",
        "县医院健康驿站",
        (Item("血糖检测", 8), Item("洁牙券", 50), Item("体检套餐", 120)),
    ),
)


class Kind(NamedTuple):
    """A kind of activity: titles, when it starts and how long it takes, how many come."""

    name: str
    titles: tuple[str, ...]
    starts: time
    minutes: int
    crowd: tuple[int, int]


WEEKEND = (
    Kind("理论宣讲", ("板凳课堂听村史", "移风易俗小讲堂", "民法典进院落"), time(9), 95, (6, 14)),
    Kind("敬老助残", ("看望独居老人", "长者食堂帮厨", "助残手工坊"), time(9, 30), 150, (5, 12)),
    Kind("环境整治", ("清洁河岸", "美丽庭院共建", "楼道清理"), time(8), 180, (8, 20)),
    Kind("文明交通", ("文明路口劝导", "电动车头盔劝导"), time(7), 125, (6, 13)),
    Kind("义诊", ("义诊进村量血压测血糖", "中医推拿体验"), time(9), 185, (4, 10)),
    Kind("阅读推广", ("周末绘本故事会", "农家书屋共读"), time(14, 30), 120, (4, 10)),
    Kind("助学辅导", ("周末作业辅导", "科学小实验"), time(14), 150, (4, 10)),
    Kind("文化惠民", ("戏曲票友会", "广场舞公益教学"), time(15), 125, (6, 13)),
)
FIXED_DAYS = (5, 20)
FIXED = Kind("环境整治", ("志愿服务日洁净行动",), time(14), 150, (9, 22))
PATROL = Kind("平安巡防", ("平安夜巡",), time(21), 215, (4, 8))
LOOKOUT = Kind("森林防火", ("防火瞭望夜值",), time(19), 660, (1, 1))
DUTY = Kind("站点值守", ("站点开放值守",), time(13, 30), 215, (1, 1))
TEAMS = ("理论宣讲", "敬老助残", "环境整治", "阅读推广")
STATION_TEAMS = ("邻里互助", "文明劝导", "阅读陪伴")
ROOMS = ("理论宣讲室", "图书阅览室", "文化活动室", "科普体验室", "健身活动室")
SKILLS = ("急救", "摄影", "书法", "驾驶", "理发", "家电维修", "普通话主持", "心理疏导", "农技")
PARTY_UNITS = ("县教育局", "县卫生健康局", "县农业农村局", "县司法局", "城关街道办", "县供电公司")
LEAVING = ("迁往外地", "个人申请", "参军入伍", "健康原因")
SHARED = (
    ("000000", "中心报告厅", "场地"),
    ("001000", "城关街道排练厅", "场地"),
    ("000000", "流动宣讲车", "车辆"),
    ("003000", "投影仪与音响", "设备"),
)
"""Place, name and kind of what may be booked."""
LECTURES = "理论宣讲"
"""The kind of activity that is a lecture."""
ORDERED: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "敬老助残": (
        ("独居老人家中打扫和陪聊", ()),
        ("行动不便的老人上门理发", ("理发",)),
        ("长者食堂周末缺帮厨", ()),
    ),
    "义诊": (("村里老人多,盼一次量血压", ("急救",)), ("慢病老人用药咨询", ("急救",))),
    "环境整治": (("楼道堆物请帮忙清理", ()), ("河边垃圾清一清", ())),
}
"""What residents ask for, by kind of activity, and the skills that it takes."""
PRAISE = ("准时、热情", "很满意,谢谢", "做得细致", "老人很高兴", "")
WAITING = (
    ("便民服务", "老人家里灯泡坏了", ("家电维修",)),
    ("敬老助残", "轮椅老人想去赶集", ("驾驶",)),
    ("助学辅导", "孩子英语作业辅导", ()),
    ("便民服务", "洗衣机不转了", ("家电维修",)),
    ("文化惠民", "社区晚会缺主持", ("普通话主持",)),
    ("心理关爱", "丧偶老人需要陪伴", ("心理疏导",)),
    ("便民服务", "上门理发", ("理发",)),
    ("农技服务", "苹果树叶子发黄", ("农技",)),
)
"""Category, text and skills of orders that wait."""

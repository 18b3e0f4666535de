"""Constructs of the language, each in the smallest policy that shows it."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.policy import Decision, MissingSetting, Plan, check, load, run_cases

HEAD = "policy: t\nname: t\nmidnight: start\n"


def outcome(policy: str, events: list[dict[str, Any]], names: list[str], **case: Any) -> list[Any]:
    plan = load(HEAD + policy)
    context: Any = run_cases(plan, [{"id": "x", "events": events, "expect": {}, **case}])[0]
    assert context.verdict == "met", context.message
    expect = dict.fromkeys(names, "?")
    result = run_cases(plan, [{"id": "x", "events": events, "expect": expect, **case}])[0]
    assert result.verdict in ("failed", "met"), result.message
    return [result.actual[n] for n in names]


def service(day: str, hours: Any, **more: Any) -> dict[str, Any]:
    return {"type": "service", "date": day, "hours": hours, **more}


BASE = "facts: {service: visit}\nhours: [{id: h, on: service, overlap: once}]\n"


def test_caps_by_activity_and_day_and_what_flows_over() -> None:
    policy = """
facts: {service: visit}
hours: [{id: h, on: service, overlap: once, caps: [{max: 2, per: [activity, day], over: spare}]},
        {id: never, track: spare, on: service, when: false}]
"""
    events = [service("2024-01-01", 3, activity="A"), service("2024-01-01", 1, activity="B"),
              service("2024-01-02", 3, activity="A")]  # fmt: skip
    assert outcome(policy, events, ["hours", "spare"]) == [5, 2]


def test_a_visit_across_midnight_is_split_between_days() -> None:
    policy = (
        "facts: {service: visit}\n"
        "hours: [{id: h, on: service, overlap: once, caps: [{max: 2, per: day}]}]\n"
    )
    event = {"type": "service", "start": "2024-01-01T21:00", "end": "2024-01-02T04:00"}
    plan = load((HEAD + policy).replace("midnight: start", "midnight: split"))
    assert run_cases(plan, [{"id": 1, "events": [event], "expect": {"hours": 4}}])[0].verdict == (
        "met"
    )
    bare = load((HEAD + policy).replace("midnight: start\n", ""))
    asked = run_cases(bare, [{"id": 1, "events": [event], "expect": {"undetermined": "?"}}])[0]
    assert (asked.verdict, asked.asked) == ("met", "midnight")


def test_an_example_may_expect_a_rank_a_day_and_what_was_earned() -> None:
    policy = BASE + (
        "currencies: {points: {}}\n"
        "points: [{id: p, on: service, amount: floor(counted)},"
        " {id: q, on: service, amount: -1}]\n"
        "measures: {m: {sum: counted, of: service, window: year}}\n"
        "ladders: {star: {basis: hours, reach: at_least, levels: {gold: 2, top: 90}}}\n"
    )
    names = ["rank(star)", "since(star)", "earned(points)", "points", "m[2024]", "previous(m)"]
    assert outcome(policy, [service("2024-01-02", 3), service("2024-01-03", 4)], names) == [
        1, "2024-01-02", 7, 5, 7, 0,
    ]  # fmt: skip
    asked = run_cases(load(HEAD + policy), [{"id": "x", "expect": {"rank(stars)": 1}}])[0]
    assert asked.verdict == "error" and "did you mean 'star'" in asked.message


def test_an_example_that_demands_nothing_is_told_the_noughts_too() -> None:
    plan = load(HEAD + BASE + "measures: {m: {count: service}, n: {count: service}}\n")
    told = run_cases(plan, [{"id": "x", "state": {"m": 0}, "expect": {"undetermined": "?"}}])[0]
    assert told.message.endswith("the engine says hours=0, m=0")


def test_a_hold_ends_by_itself_unless_something_was_said() -> None:
    policy = """
facts:
  service: {kind: visit, attributes: {ok: {type: bool}}}
  confirm: {kind: amendment, amends: service}
calendar: {holidays: [2024-05-01, 2024-05-02, 2024-05-03], workdays: [2024-05-11]}
currencies: {points: {}}
measures: {may: {sum: counted, of: service, window: month}, times: {count: service}}
hours:
  - id: h
    on: service
    overlap: once
    hold: [{if: not fact.ok, counts: 0.5, awaits: "'公示'",
            until: "null if fact.ok == false else workdays_after(date_of(fact.end), 3)"}]
points: [{id: p, on: service, amount: floor(counted)}]
ladders: {star: {basis: hours, reach: at_least, demotion: always, levels: {1: 2}}}
"""
    names = ["hours", "points", "star", "may", "times"]
    done = service("2024-05-01", 2, id="v")
    said = {"type": "confirm", "of": "v", "date": "2024-05-02"}
    assert outcome(policy, [done], names, at="2024-05-08T23:59") == ["0.5", 0, 0, "0.5", 1]
    assert outcome(policy, [done], names, at="2024-05-09") == [2, 2, 1, 2, 1]
    later = service("2024-05-10", 1)
    assert outcome(policy, [done, later], names, at="2024-05-13") == ["2.5", 2, 1, "2.5", 2]
    assert outcome(policy, [done, {**said, "ok": True}], names, at="2024-05-02") == [2, 2, 1, 2, 1]
    assert outcome(policy, [done, {**said, "ok": False}], names, at="2024-06-30") == [
        "0.5", 0, 0, 0, 1,
    ]  # fmt: skip


def test_hours_of_the_night_and_of_holidays_count_more() -> None:
    policy = (
        "calendar: {holidays: [2024-10-01]}\nfacts: {service: visit}\n"
        "hours: [{id: h, on: service, amount: 'fact.hours + 0.5 * hours_during(22, 6)',"
        " factor: '2 if is_holiday(today) else 1'}]\n"
        "values: {noon: 'hours_during(9, 9)'}\n"
    )
    for day, start, hours, wanted in (
        ("2024-06-03", 20, 3, "3.5"),  # 20:00 to 23:00
        ("2024-06-03", 20, 6, 8),  # to 02:00
        ("2024-06-03", 5, 20, 22),  # 05:00 to 01:00: an hour in the morning, three in the night
        ("2024-06-03", 1, 48, 56),  # two whole nights
        ("2024-06-03", 6, 16, 16),
        ("2024-10-01", 9, 2, 4),
    ):
        done = {"type": "service", "start": f"{day}T{start:02}:00", "hours": hours}
        assert outcome(policy, [done], ["hours"]) == [wanted]
    [wrong] = run_cases(load(HEAD + policy), [{"id": 1, "expect": {"noon": 0}}])
    assert "two different hours" in wrong.message


def test_working_days_after_a_day_keep_to_the_calendar() -> None:
    policy = BASE + (
        "calendar: {holidays: [2024-10-01, 2024-10-02, 2024-10-03, 2024-10-04, 2024-10-07],"
        " workdays: [2024-09-29]}\n"
        "person: {d: date, n: number}\n"
        "values: {day: 'workdays_after(d, n)', back: 'workdays_between(d, day)'}\n"
    )
    for day, n, wanted in (
        ("2024-09-27", 1, "2024-09-29"), ("2024-09-30", 1, "2024-10-08"),
        ("2024-09-28", 0, "2024-09-28"), ("2024-09-28", 7, "2024-10-12"),
    ):  # fmt: skip
        given = {"d": day, "n": n}
        calendar = policy.replace("[2024-09-29]", "[2024-09-29, 2024-10-12]")
        assert outcome(calendar, [], ["day", "back"], state=given) == [wanted, n]
    result = run_cases(load(HEAD + policy), [
        {"id": n, "state": {"d": "2024-09-27", "n": n}, "expect": {"day": 1}} for n in (-1, "0.5")
    ])  # fmt: skip
    assert [one.verdict for one in result] == ["error", "error"]


def test_rounding_on_the_running_total_loses_no_remainder() -> None:
    policy = (
        "facts: {service: visit}\nhours: [{id: h, on: service, overlap: once, "
        "round: {to: 1, mode: down, per: total}}]\n"
    )
    assert outcome(policy, [service("2024-01-01", "1.5"), service("2024-01-02", "1.5")],
                   ["hours"]) == [3]  # fmt: skip


def test_over_what_time_left_over_is_added_up_is_asked_only_where_it_matters() -> None:
    plan = load(
        HEAD.replace("midnight: start\n", "") + "facts: {service: visit}\n"
        "hours: [{id: h, on: service, overlap: once, round: {to: 0.5, mode: down}}]\n"
    )
    key = "hours.h.round.per"

    def hours(length: str, second: str = "2024-01-02", **said: str) -> Any:
        events = [service("2024-01-01", length), service(second, "1.25")]
        night = {"type": "service", "start": "2024-02-01T22:00", "end": "2024-02-02T02:00"}
        case = {"id": 1, "events": [*events, night], "expect": {"hours": "?"}}
        result = run_cases(plan.with_settings(said), [case])[0]
        return result.actual.get("hours", result.message)

    assert hours("1.5") == "6.5"
    assert key in hours("1.25")
    assert key in hours("1.25", "2024-01-01")
    for scope, apart, together in (("visit", 6, 6), ("total", "6.5", "6.5")):
        assert hours("1.25", **{key: scope}) == apart
        assert hours("1.25", "2024-01-01", **{key: scope}) == together
    assert "midnight" in hours("1.25", **{key: "day"})
    assert "not visit, day or total" in hours("1", **{key: "week"})


def test_yearly_evaluation_by_the_calendar_with_reset_and_look_back() -> None:
    policy = """
facts:
  service: visit
  year_end: {timer: {every: year, on: 12-31}}
currencies: {points: {}}
measures: {hours_year: {sum: counted, of: service, window: year}}
hours: [{id: h, on: service, overlap: once}]
points:
  - {id: p, on: service, amount: floor(counted)}
  - {id: reset, on: year_end, amount: -floor(points / 2), counter: "'expiry'"}
ladders: {star: {basis: hours_year, reach: at_least, evaluate: year_end, demotion: always,
                 levels: {1: 4, 2: 10}}}
values: {last_year: previous(hours_year), in_2023: "hours_year[2023]"}
"""
    events = [service("2023-05-01", 12), service("2024-06-01", 5)]
    names = ["star", "points", "last_year", "in_2023"]
    assert outcome(policy, events, names, at="2024-07-01") == [2, 11, 12, 12]
    assert outcome(policy, events, names, at="2025-01-01") == [1, 6, 5, 12]


def test_academic_anniversary_and_rolling_windows() -> None:
    policy = (
        BASE
        + """
person: {joined: date}
measures:
  academic: {sum: counted, of: service, window: year from 09-01}
  anniversary: {sum: counted, of: service, window: since joined}
  rolling: {sum: counted, of: service, window: last 12 months}
"""
    )
    events = [service("2023-08-31", 1), service("2023-09-01", 2), service("2024-03-02", 4)]
    assert outcome(policy, events, ["academic", "anniversary", "rolling"], at="2024-08-31",
                   state={"joined": "2023-03-02"}) == [6, 4, 6]  # fmt: skip


def test_two_tracks_and_keyed_measures() -> None:
    policy = """
facts: {service: {kind: visit, attributes: {org: text}}}
measures: {by_org: {sum: counted, of: service, by: fact.org}}
hours:
  - {id: total, on: service, overlap: once}
  - {id: honour, track: honour_hours, on: service, overlap: once, factor: 1.5}
values: {at_a: "by_org['A']", all_orgs: sum(by_org), honours: honour_hours}
"""
    events = [service("2024-01-01", 2, org="A"), service("2024-01-02", 3, org="B")]
    assert outcome(policy, events, ["hours", "honours", "at_a", "all_orgs"]) == [5, "7.5", 2, 5]


def test_no_shows_suspend_and_time_restores() -> None:
    policy = """
person: {suspended_until: date}
facts: {absence: {}, signup: request}
measures: {absences: {count: absence, window: year}}
conduct: [{id: c, on: absence, when: absences >= 3, set: {suspended_until: "add_months(today, 6)"}}]
requests:
  - id: signup
    on: signup
    require: [{if: not known(suspended_until) or today >= suspended_until, else: 暂停服务}]
"""
    events: list[dict[str, Any]] = [
        {"type": "absence", "dates": ["2024-01-01", "2024-01-02", "2024-01-03"]},
        {"type": "signup", "date": "2024-07-02"}, {"type": "signup", "date": "2024-07-03"},
    ]  # fmt: skip
    plan = load(HEAD + policy)
    case = {"id": 1, "events": events, "expect": {"accepted": [False, True]}}
    result = run_cases(plan, [case])[0]
    assert result.verdict == "met", result.message
    refused = next(e for e in result.entries if isinstance(e, Decision))
    assert [r.reason for r in refused.refusals] == ["暂停服务"]


def test_a_later_approval_counts_the_visit_at_its_own_time() -> None:
    policy = """
facts:
  service: {kind: visit, attributes: {approved: {type: bool, default: false}}}
  approval: {kind: amendment, amends: service}
measures: {hours_year: {sum: counted, of: service, window: year}}
hours: [{id: h, on: service, overlap: once, require: [{if: fact.approved, else: 未审核}]}]
"""
    events = [service("2023-12-30", 2, id="V1"),
              {"type": "approval", "date": "2024-02-01", "of": "V1", "approved": True}]  # fmt: skip
    assert outcome(policy, events, ["hours", "hours_year"]) == [2, 0]
    plan = load(HEAD + policy)
    visit = plan.fact("V1", "service", "2023-12-30T08:00", "2023-12-30T10:00")
    approval = plan.fact("A1", "approval", "2024-02-01", of="V1", approved=True)
    state = plan.fold([approval, visit]).state
    assert state["hours"] == 7200
    assert state["hours_year"] == {"2023": 7200}


def test_dated_rules_and_parameters_follow_the_day_of_the_visit() -> None:
    policy = """
versions: {old: {from: 2020-01-01}, new: {from: 2024-01-01}}
params: {rate: {2020-01-01: 1, 2024-01-01: 2}}
facts: {service: visit}
currencies: {points: {}, bonus: {}}
hours: [{id: h, on: service, overlap: once}]
points:
  - {id: p, on: service, amount: params.rate * floor(counted)}
  - {id: b, on: service, versions: new, currency: bonus, amount: 1}
"""
    events = [service("2023-12-31", 2), service("2024-01-01", 2)]
    assert outcome(policy, events, ["points", "bonus"]) == [6, 1]


def test_marginal_tiers_on_the_year_and_highest_only() -> None:
    policy = """
facts: {service: visit, award: {attributes: {value: number}}}
currencies: {points: {scale: 1}, honours: {}}
measures: {best: {max: fact.value, of: award}}
hours: [{id: h, on: service, overlap: once}]
points:
  - {id: p, on: service, basis: counted, per: year,
     amount: "tiers(total, [[10, 1], [20, 0.5], [null, 0.1]])"}
  - {id: a, currency: honours, entitled: "default(best, 0)", falls: keep}
"""
    events = [service("2024-01-01", 8), service("2024-01-02", 8), service("2025-01-01", 3),
              {"type": "award", "value": 5}, {"type": "award", "value": 3}]  # fmt: skip
    assert outcome(policy, events, ["points", "honours"]) == [16, 5]


def test_step_by_step_tenure_and_a_level_on_an_exact_threshold() -> None:
    ladder = (
        BASE + "ladders: {star: {basis: hours, demotion: never, step_by_step: true, "
        "levels: {1: 2, 2: 4, 3: {need: 'hours >= 6 and star >= 2 and "
        "months_between(since(star), today) >= 12'}}}}\n"
    )
    plan = load(HEAD + ladder)
    exact = [{"id": 1, "events": [service("2024-01-01", 2)], "expect": {"undetermined": "含否"}}]
    assert run_cases(plan, exact)[0].asked == "ladders.star.reach"
    steps = plan.with_settings({"ladders.star.reach": "at_least"})
    events = [service("2024-01-01", 7), service("2024-01-02", 1), service("2024-01-03", 1)]
    assert run_cases(steps, [{"id": 1, "events": events, "expect": {"star": 2}}])[0].verdict == (
        "met"
    )
    late = [{"id": 1, "events": events, "at": "2025-01-03", "expect": {"star": 3}}]
    result = run_cases(steps, late)[0]
    assert result.verdict == "met", result.message


def test_a_setting_of_scope_is_only_asked_where_scopes_differ() -> None:
    policy = """
settings: {scope: {question: 每次还是每日?, choices: [visit, day]}}
facts: {service: visit}
hours: [{id: h, on: service, overlap: once, caps: [{max: 2, per: settings.scope}]}]
"""
    assert outcome(policy, [service("2024-01-01", 3), service("2024-01-02", 3)], ["hours"]) == [4]
    plan: Plan = load(HEAD + policy)
    with pytest.raises(MissingSetting):
        plan.fold([plan.fact("1", "service", "2024-01-01T08:00", "2024-01-01T10:00"),
                   plan.fact("2", "service", "2024-01-01T11:00", "2024-01-01T12:00")])  # fmt: skip


def test_a_rule_about_nothing_is_told() -> None:
    assert any("about no fact" in d.message for d in check(HEAD + "facts: {service: visit}\n"
                                                           "hours: [{id: h}]\n"))  # fmt: skip

"""How do the figures of a benchmark look? Up to four panels, as PNG or SVG."""

from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from ledger.bench.goals import goals
from ledger.bench.kafka import READING
from ledger.bench.result import BenchResult

matplotlib.use("Agg")

OURS, OTHERS, WRONG = "#c8553d", "#8aa4b8", "#bbbbbb"


def plot(result: BenchResult, file: Path) -> None:
    """Write the figure; the suffix of the file says which format."""
    rows = {_goals: len(goals(result)) + 2}
    if result.contests or result.kafka:
        rows[_rates] = 4 * len(result.contests) + len(result.kafka) + 2
    if result.tills or result.kafka_tills:
        rows[_waits] = len(result.tills) + len(result.kafka_tills) + 3
    if result.scale:
        rows[_scale] = 10
    with matplotlib.rc_context({"font.family": ["DejaVu Sans"], "font.size": 8}):
        figure = Figure(figsize=(11, 0.27 * sum(rows.values())), layout="constrained")
        places = figure.subplots(
            len(rows), squeeze=False, gridspec_kw={"height_ratios": list(rows.values())}
        )
        for axes, panel in zip(places.flat, rows, strict=True):
            panel(axes, result)
            axes.spines[["top", "right"]].set_visible(False)
        figure.suptitle(f"{result.events:,} events, {result.volunteers:,} volunteers")
        figure.savefig(file)


def _goals(axes: Any, result: BenchResult) -> None:
    found = [one for one in goals(result) if one.ratio is not None]
    ratios = [min(4.0, one.ratio or 0.0) for one in found]
    colours = [OURS if ratio >= 1 else WRONG for ratio in ratios]
    axes.barh([one.name for one in found], ratios, color=colours)
    axes.invert_yaxis()
    axes.axvline(1, color="#555555", lw=1)
    axes.set_title("Of each goal (1: reached; 4: four times or more)")


def _rates(axes: Any, result: BenchResult) -> None:
    bars = []
    for contest in result.contests:
        bars.append((f"{contest.database}: {contest.ledger.name}", contest.ledger, OURS))
        bars += [(f"{contest.database}: {one.name}", one, OTHERS) for one in contest.ceilings]
    bars += [
        (f"Kafka: {one.name}", one, OTHERS if one.name == READING else OURS) for one in result.kafka
    ]
    names, rates, colours = zip(*bars, strict=True)
    axes.barh(names, [one.per_second for one in rates], color=colours)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_title("Events a second")


def _waits(axes: Any, result: BenchResult) -> None:
    waits = (*result.tills, *result.kafka_tills)
    names = [f"{one.name}, {one.arrivals} a second" if one.arrivals else one.name for one in waits]
    for part, marker in (("p50", "o"), ("p99", "D"), ("p999", "|")):
        figures = [getattr(one.typical, part) for one in waits]
        axes.plot(figures, names, marker, color=OURS, label=part.replace("999", "99.9"))
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.grid(axis="y", color="#eeeeee")
    axes.set_xlabel("ms")
    axes.set_title("What a till waits")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))


def _scale(axes: Any, result: BenchResult) -> None:
    assert result.scale
    records, rates = zip(*result.scale.curve, strict=True)
    axes.plot(records, rates, color=OURS)
    small = result.scale.small
    axes.axhline(small.per_second, color=OTHERS, ls=":", label=f"at {small.records:,} records")
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_title("Events a second as the ledger grows (hour records)")
    axes.legend(frameon=False)

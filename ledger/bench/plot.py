"""How do the figures of a benchmark look? Up to four panels, as PNG or SVG."""

from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from ledger.bench.goals import goals
from ledger.bench.result import BenchResult

matplotlib.use("Agg")

OURS, OTHERS, WRONG = "#c8553d", "#8aa4b8", "#bbbbbb"


def plot(result: BenchResult, file: Path) -> None:
    """Write the figure; the suffix of the file says which format."""
    panels = [_goals]
    if result.contests or result.kafka:
        panels.append(_rates)
    if result.tills or result.kafka_tills:
        panels.append(_waits)
    if result.scale:
        panels.append(_scale)
    with matplotlib.rc_context({"font.family": ["DejaVu Sans"], "font.size": 8}):
        figure = Figure(figsize=(13, 4.5 * ((len(panels) + 1) // 2)), layout="constrained")
        places = figure.subplots((len(panels) + 1) // 2, min(2, len(panels)), squeeze=False)
        for axes in places.flat:
            axes.set_visible(False)
        for axes, panel in zip(places.flat, panels, strict=False):
            axes.set_visible(True)
            panel(axes, result)
            axes.spines[["top", "right"]].set_visible(False)
        figure.suptitle(f"{result.events:,} events, {result.volunteers:,} volunteers")
        figure.savefig(file)


def _bars(axes: Any, names: list[str], values: list[float], colours: list[str]) -> None:
    axes.barh(names, values, color=colours)
    axes.invert_yaxis()


def _goals(axes: Any, result: BenchResult) -> None:
    found = [one for one in goals(result) if one.ratio is not None]
    ratios = [min(4.0, one.ratio or 0.0) for one in found]
    _bars(axes, [one.name for one in found], ratios, [OURS if r >= 1 else WRONG for r in ratios])
    axes.axvline(1, color="#555555", lw=1)
    axes.set_title("Of each goal (1 = reached, 4 = four times or more)")


def _rates(axes: Any, result: BenchResult) -> None:
    names, values, colours = [], [], []
    for contest in result.contests:
        for one, colour in ((contest.ledger, OURS), *((c, OTHERS) for c in contest.ceilings)):
            names.append(f"{contest.database}: {one.name}")
            values.append(float(one.per_second))
            colours.append(colour)
    for one in result.kafka:
        names.append(f"Kafka: {one.name}")
        values.append(float(one.per_second))
        colours.append(OURS if one.workers else OTHERS)
    _bars(axes, names, values, colours)
    axes.set_xscale("log")
    axes.set_title("Events per second")


def _waits(axes: Any, result: BenchResult) -> None:
    for one in (*result.tills, *result.kafka_tills):
        typical = one.typical
        name = f"{one.name}, {one.arrivals}/s" if one.arrivals else one.name
        axes.plot(["p50", "p99", "p99.9"], typical[1:], marker="o", label=name)
    axes.set_yscale("log")
    axes.set_ylabel("ms")
    axes.set_title("What a till waits")
    axes.legend(frameon=False)


def _scale(axes: Any, result: BenchResult) -> None:
    assert result.scale
    records, rates = zip(*result.scale.curve, strict=True)
    axes.plot(records, rates, color=OURS)
    small = result.scale.small
    axes.axhline(small.per_second, color=OTHERS, ls=":", label=f"at {small.records:,} records")
    axes.set_ylim(bottom=0)
    axes.set_title("Events per second as the ledger grows (hour records)")
    axes.legend(frameon=False)

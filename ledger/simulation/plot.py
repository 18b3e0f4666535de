"""How does a simulation look? Four panels, as PNG or SVG."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.figure import Figure

from .result import Result, lorenz

matplotlib.use("Agg")

COLOURS = ("#8aa4b8", "#c8553d")
"""Today, draft."""

_CHINESE = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "SimHei",
    "PingFang SC",
)


def plot(result: Result, file: Path) -> None:
    """Write the figure; the suffix of the file says which format."""
    known = {font.name for font in font_manager.fontManager.ttflist}
    chinese = next((name for name in _CHINESE if name in known), None)
    family = [chinese, "DejaVu Sans"] if chinese else ["DejaVu Sans"]
    with matplotlib.rc_context({"font.family": family}):
        figure = Figure(figsize=(12, 8), layout="constrained")
        panels = figure.subplots(2, 2)
        _levels(panels[0, 0], result)
        _months(panels[0, 1], result)
        _ages(panels[1, 0], result)
        _lorenz(panels[1, 1], result)
        names = [f"{side.policy.id} {side.policy.digest[:6]}" for side in result.sides]
        figure.suptitle(f"{names[0]} → {names[1]}: {result.volunteers:,} volunteers")
        figure.savefig(file)


def _pair(axes: Any, labels: list[str], today: Any, draft: Any) -> None:
    places = np.arange(len(labels))
    axes.bar(places - 0.2, today, 0.4, label="today", color=COLOURS[0])
    axes.bar(places + 0.2, draft, 0.4, label="draft", color=COLOURS[1])
    axes.set_xticks(places, labels, rotation=45 if len(labels) > 8 else 0)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def _levels(axes: Any, result: Result) -> None:
    rows = [row for row in result.levels() if row[1] or row[2]]
    _pair(axes, [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])
    axes.set_title("Volunteers by level")
    axes.set_yscale("symlog")


def _months(axes: Any, result: Result) -> None:
    months = result.months.tail(24)
    axes.plot(months["month"], months["today"], label="issued today", color=COLOURS[0])
    axes.plot(months["month"], months["draft"], label="issued, draft", color=COLOURS[1])
    axes.plot(months["month"], months["spent"], label="spent", color="#555555", ls=":")
    axes.tick_params(axis="x", rotation=60)
    axes.set_title("Points by month (smallest units)")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def _ages(axes: Any, result: Result) -> None:
    groups = result.groups("age").sort("age")
    labels = groups["age"].to_list()
    size = groups["volunteers"].to_numpy().clip(min=1)
    _pair(axes, labels, groups["points_today"] / size, groups["points_draft"] / size)
    axes.set_title("Points per volunteer, by age")


def _lorenz(axes: Any, result: Result) -> None:
    fairness = result.fairness()
    for number, (side, name) in enumerate((("today", "today"), ("draft", "draft"))):
        share = lorenz(result.people[f"points_{side}"].to_list())
        step = max(1, len(share) // 2000)
        thin = [*share[::step], share[-1]]
        label = f"{name}: Gini {fairness[number].gini:.3f}"
        axes.plot(np.linspace(0, 1, len(thin)), thin, color=COLOURS[number], label=label)
    axes.plot([0, 1], [0, 1], color="#bbbbbb", lw=1)
    axes.set_title("Who holds the points (Lorenz curve)")
    axes.legend(frameon=False)

"""The four-monthly table as a picture: each period's count, and where the finds came from."""

# Matplotlib's own annotations leave keyword arguments unknown.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...config.codes import codes
from ..log.reports import YearReport

INK, PAPER, GRID = "#1b2430", "#ffffff", "#d7dde5"
SHADES = ("#9db7d5", "#5a86b5", "#1f5289")
GROUPS = ("#7a4f9a", "#2f7d6b", "#b06a1f")
SIZE_INCHES, DOTS_PER_INCH = (11.0, 5.5), 120
MOST_BARS = 8


def draw_vmr(years: Sequence[YearReport], basis: str, as_of: str, png: Path) -> None:
    """Draw the periods of all years beside the shares of the last.

    Parameters
    ----------
    years : sequence of YearReport
        At least one.
    basis, as_of : str
        As the table says them: a count without its basis is no figure.
    png : Path
        Where the picture goes; an older one is replaced.
    """
    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, facecolor=PAPER, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.2, 1))
    _draw_periods(left, years, basis)
    _draw_shares(right, years[-1])
    figure.suptitle(f"Contraband finds, as of {as_of}", x=0.01, ha="left", color=INK)
    figure.savefig(png)


def _draw_periods(axes: Axes, years: Sequence[YearReport], basis: str) -> None:
    width = 0.8 / 3
    for nth in range(3):
        at = [place + (nth - 1) * width for place in range(len(years))]
        counts = [year.periods[nth].total for year in years]
        bars = axes.bar(at, counts, width * 0.92, color=SHADES[nth], label=f"VMR {nth + 1}")
        labels = [f"{count:,.10g}" for count in counts]
        axes.bar_label(bars, labels, fontsize=8, color=INK, padding=2)
    names = [f"{year.year}\ntotal {year.total:,.10g}" for year in years]
    axes.set_xticks(range(len(years)), names)
    axes.set_ylabel(basis.replace("_", " "))
    axes.set_title("by four months", loc="left", color=INK)
    axes.set_ylim(top=max(1.0, axes.get_ylim()[1] * 1.1))
    axes.legend(frameon=False, ncols=3, loc="upper right")
    _plain(axes, "y")


def _draw_shares(axes: Axes, year: YearReport) -> None:
    lists = codes()
    groups = (
        ("what: ", year.by_category, lists.categories),
        ("where: ", year.by_place, lists.places),
        ("how: ", year.by_method, lists.methods),
    )
    names: list[str] = []
    shares: list[float] = []
    colors: list[str] = []
    for shade, (prefix, found, labels) in zip(GROUPS, groups, strict=True):
        for code, share in list(found.items())[: MOST_BARS // 2]:
            label = labels[code].label("en") if code in labels else code
            names.append(prefix + label)
            shares.append(100 * share)
            colors.append(shade)
    bars = axes.barh(range(len(names)), shares, color=colors)
    axes.bar_label(bars, [f"{share:.0f} %" for share in shares], fontsize=8, color=INK, padding=2)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlim(0, max([*shares, 1.0]) * 1.15)
    axes.set_xlabel("per cent of the year's count")
    axes.set_title(f"{year.year}: what, where, how", loc="left", color=INK)
    _plain(axes, "x")


def _plain(axes: Axes, grid: str) -> None:
    axes.grid(axis="y" if grid == "y" else "x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)

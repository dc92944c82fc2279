"""A bitstream as a picture: what every module takes of the FPGA, and how far the clocks are from what was asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from host.report.style import GRID, INK, MUTED, REFUSED, SERIES, legend, styled, title

__all__ = ["write_picture"]

_KINDS = ("LUT", "FF", "EBR", "DSP")
_WIDTH, _ROW, _REST = 9.0, 0.26, 2.6


def write_picture(record: Mapping[str, Any], path: Path) -> None:
    """Draw the record of a build into ``path``, as SVG or PNG by its name. Raises OSError, ValueError."""
    modules = record["modules"]
    with styled():
        clocks = len(record["clocks"])
        figure = Figure(figsize=(_WIDTH, _REST + _ROW * (len(modules) + clocks)), layout="constrained")
        above, below = figure.subplots(2, 1, height_ratios=(len(modules) + 2, clocks + 2))
        _draw_modules(above, record)
        _draw_clocks(below, record)
        figure.savefig(path, dpi=150)


def _draw_modules(axes: Axes, record: Mapping[str, Any]) -> None:
    """Draw, for each module, the share that it takes of the FPGA's cells of each kind."""
    modules, used = record["modules"], record["used"]
    names = sorted(modules, key=lambda name: modules[name].get("LUT", 0))
    bar = 0.8 / len(_KINDS)
    for number, kind in enumerate(_KINDS):
        shares = [100 * modules[name].get(kind, 0) / used[kind]["available"] for name in names]
        places = [place + bar * (len(_KINDS) / 2 - 0.5 - number) for place in range(len(names))]
        total = 100 * used[kind]["used"] / used[kind]["available"]
        axes.barh(places, shares, height=bar, color=SERIES[number], label=f"{kind} {total:.0f} %")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("% of the FPGA's")
    axes.grid(axis="y", visible=False)
    legend(axes)
    title(axes, f"{record['title']}, build {record['build']}", f"cells by module, profile {record['profile']['name']}")


def _draw_clocks(axes: Axes, record: Mapping[str, Any]) -> None:
    """Draw what every clock reaches, beside what was asked."""
    clocks = record["clocks"][::-1]
    axes.barh(range(len(clocks)), [clock["mhz"] for clock in clocks], height=0.6, color=[
        REFUSED if clock["mhz"] < clock["goal"] else SERIES[2] for clock in clocks])
    for place, clock in enumerate(clocks):
        axes.plot([clock["goal"]] * 2, [place - 0.4, place + 0.4], color=INK, linewidth=2)
        axes.annotate(f"{clock['mhz']:.1f} of {clock['goal']:g} MHz, {clock['slack_ns']:.2f} ns to spare",
                      (0, place), (6, 0), textcoords="offset points", va="center", color=GRID, fontsize=8)
    axes.set_yticks(range(len(clocks)), [clock["name"] for clock in clocks])
    axes.set_xlabel("MHz", color=MUTED)
    axes.grid(axis="y", visible=False)
    axes.set_title(f"seed {record['best']}, after routing", loc="left", fontsize=9, color=MUTED)

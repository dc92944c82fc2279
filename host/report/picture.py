"""All pictures of a run as one PNG."""

from pathlib import Path
from typing import BinaryIO

from matplotlib.figure import Figure

from host.report.data import RunData
from host.report.facts import tiles
from host.report.latency import draw_heat, draw_stages
from host.report.orders import draw_flow, draw_rules, draw_times
from host.report.style import INK, MUTED, styled
from host.report.trading import draw_book, draw_positions, draw_profit

__all__ = ["write_png"]

_INCHES = (14.0, 24.0)
_DPI = 110
_HEIGHTS = (1.4, 0.95, 0.95, 1.55, 1.15, 1.35, 1.55)


def write_png(data: RunData, file: BinaryIO | Path) -> None:
    """Write the pictures of a run as one PNG of 1,540 by 2,640 points. Raises OSError."""
    with styled():
        figure = Figure(_INCHES)
        grid = figure.add_gridspec(len(_HEIGHTS), 24, left=0.055, right=0.965, top=0.912, bottom=0.022, hspace=0.48,
                                   height_ratios=_HEIGHTS)
        draw_book(figure.add_subplot(grid[0, :]), data)
        draw_profit(figure.add_subplot(grid[1, :]), data)
        draw_positions(figure.add_subplot(grid[2, :]), data)
        draw_stages(figure.add_subplot(grid[3, 4:18]), data)
        draw_heat(figure.add_subplot(grid[4, :13]), data)
        draw_rules(figure.add_subplot(grid[4, 16:]), data)
        draw_flow(figure.add_subplot(grid[5, :]), data)
        draw_times(figure.add_subplot(grid[6, 5:]), data)
        figure.text(0.055, 0.986, data.title, fontsize=18, fontweight="bold", color=INK, va="top")
        shown = tiles(data)
        for place, tile in enumerate(shown):
            x = 0.055 + place * 0.91 / len(shown)
            figure.text(x, 0.966, tile.value, fontsize=16, fontweight="bold", color=INK, va="top")
            figure.text(x, 0.952, tile.name, fontsize=9, color=MUTED, va="top")
        figure.savefig(file, format="png", dpi=_DPI, metadata={"Software": None})

"""A run as one HTML page that needs nothing else: no network, no script, no other file."""

import io
import re
from collections.abc import Callable
from html import escape
from typing import TextIO

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from host.report.data import RunData
from host.report.facts import tiles
from host.report.latency import draw_heat, draw_stages
from host.report.orders import draw_flow, draw_rules, draw_times
from host.report.sheets import Sheet, sheets
from host.report.style import GRID, INK, MUTED, PAPER, styled
from host.report.trading import draw_book, draw_positions, draw_profit

__all__ = ["write_html"]

#: What is drawn, its name, inches, and the margins (left, right) that its labels take, as parts of the width.
_PLOTS: tuple[tuple[str, Callable[[Axes, RunData], None], tuple[float, float], tuple[float, float]], ...] = (
    ("book", draw_book, (12, 3.8), (0.06, 0.985)), ("profit", draw_profit, (12, 2.7), (0.06, 0.985)),
    ("positions", draw_positions, (12, 2.7), (0.06, 0.985)), ("stages", draw_stages, (12, 4.2), (0.22, 0.74)),
    ("heat", draw_heat, (12, 3.0), (0.07, 1.03)), ("flow", draw_flow, (12, 3.6), (0.01, 0.99)),
    ("rules", draw_rules, (12, 2.4), (0.11, 0.97)), ("times", draw_times, (12, 4.6), (0.24, 0.985)))
_ABOVE, _BELOW = 0.62, 0.3
#: Colours of the pictures that are variables of the page: on paper, on a dark screen.
_THEME = {INK: ("ink", "#1f2430", "#e7eaf0"), MUTED: ("muted", "#5d6676", "#98a2b3"),
          GRID: ("grid", "#dfe3ea", "#333a47"), PAPER: ("paper", "#fefefe", "#14171d")}
_STYLE = """
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.45 "DejaVu Sans", Verdana, system-ui, sans-serif }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px }
h1 { font-size: 26px; margin: 0 0 18px } h2 { font-size: 17px; margin: 36px 0 8px }
svg { width: 100%; height: auto; display: block; margin: 22px 0 }
.tiles { display: flex; flex-wrap: wrap; gap: 14px 34px; margin: 0 0 18px }
.tiles b { display: block; font-size: 24px } .tiles span, .note { color: var(--muted); font-size: 13px }
.tables { display: flex; flex-wrap: wrap; gap: 0 48px; align-items: flex-start }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums }
td, th { padding: 4px 14px 4px 0; border-bottom: 1px solid var(--grid); text-align: right; white-space: nowrap }
td.text, th.text { text-align: left } th { color: var(--muted); font-weight: normal }
td.long { white-space: normal }
"""


def write_html(data: RunData, file: TextIO) -> None:
    """Write the page of a run, in ASCII. The same data makes the same text. Raises OSError."""
    file.write(_page(data).encode("ascii", "xmlcharrefreplace").decode())


def _page(data: RunData) -> str:
    with styled():
        plots = [_svg(name, draw, inches, margins, data) for name, draw, inches, margins in _PLOTS]
    shown = "".join(f"<div><b>{escape(tile.value)}</b><span>{escape(tile.name)}</span></div>" for tile in tiles(data))
    notes = "".join(f'<p class="note">{escape(text)}</p>' for text in data.missing)
    variables = ["".join(f"--{one[0]}: {one[place]}; " for one in _THEME.values()) for place in (1, 2)]
    tables = "".join(_table(sheet) for sheet in sheets(data))
    lines = "\n".join(plots)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{escape(data.title)}</title>
<style>:root {{ {variables[0]}}}
@media (prefers-color-scheme: dark) {{ :root {{ {variables[1]}}} }}{_STYLE}</style></head>
<body><main><h1>{escape(data.title)}</h1>
<div class="tiles">{shown}</div>
{notes}
{lines}
<div class="tables">
{tables}</div>
</main></body></html>
"""


def _svg(name: str, draw: Callable[[Axes, RunData], None], inches: tuple[float, float], margins: tuple[float, float],
         data: RunData) -> str:
    """Return one picture as an element of the page. Its ids begin with ``name``, for they share the page."""
    figure = Figure(inches)
    height = inches[1]
    figure.subplots_adjust(left=margins[0], right=margins[1], top=1 - _ABOVE / height, bottom=_BELOW / height)
    draw(figure.add_subplot(), data)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True,
                   metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    text = text[text.index("<svg"):]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Within a page of HTML the names of these languages are known, and links to a place need none.
    text = re.sub(r' (?:xmlns|xmlns:xlink|version)="[^"]*"', "", text).replace("xlink:href", "href")
    text = re.sub(r'id="', f'id="{name}-', text)
    text = re.sub(r'href="#', f'href="#{name}-', text).replace("url(#", f"url(#{name}-")
    for colour, (variable, *_) in _THEME.items():
        text = text.replace(colour, f"var(--{variable})")
    return text.strip()


def _table(sheet: Sheet) -> str:
    """Return a table of the page."""
    def cells(row: tuple[str, ...], tag: str) -> str:
        return "".join(f'<{tag} class="{kind}">{escape(cell)}</{tag}>'
                       for cell, kind in zip(row, sheet.kinds, strict=True))

    head = f"<tr>{cells(sheet.columns, 'th')}</tr>" if any(sheet.columns) else ""
    body = "".join(f"<tr>{cells(row, 'td')}</tr>\n" for row in sheet.rows)
    note = f'<p class="note">{escape(sheet.note)}</p>' if sheet.note else ""
    return (f'<section><h2>{escape(sheet.title)}</h2><div class="wide"><table>{head}\n{body}</table></div>{note}'
            "</section>\n")

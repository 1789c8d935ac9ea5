"""Charts as SVG: the same bytes from the same numbers, letters as outlines so that no font is needed to read them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from entente.impact.geos import geos
from entente.impact.wording import number, percent

FONTS = Path(__file__).parent / "fonts"
INK, SOFT, LINE, STRONG, WARM = "#1a2330", "#536070", "#d5dbe2", "#1f4e79", "#b4532a"
_SIZE = (6.7, 2.7)


@contextmanager
def _figure(size: tuple[float, float] = _SIZE) -> Iterator[tuple[Any, Any]]:
    """A figure and its axes in the house style."""
    import matplotlib as mpl
    from matplotlib import font_manager
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    file = FONTS / "NotoSansCJKsc-Regular-subset.otf"
    if not any(font.fname == str(file) for font in font_manager.fontManager.ttflist):
        font_manager.fontManager.addfont(str(file))
    style: dict[Any, Any] = {
        "font.family": font_manager.FontProperties(fname=str(file)).get_name(),
        "font.size": 8.5,
        "svg.fonttype": "path",
        "svg.hashsalt": "entente",
        "axes.edgecolor": SOFT,
        "axes.labelcolor": SOFT,
        "xtick.color": SOFT,
        "ytick.color": SOFT,
        "text.color": INK,
        "axes.unicode_minus": True,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.grid(axis="y", color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(length=0)
        yield figure, axes


def _svg(figure: Any) -> str:
    sink = io.BytesIO()
    figure.savefig(sink, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = sink.getvalue().decode()
    return text[text.index("<svg") :]


def bars(years: Sequence[int], values: Mapping[str, Sequence[float]], lang: str) -> str:
    """Values by year, a group of bars each, numbers above."""
    with _figure() as (figure, axes):
        width = 0.8 / max(len(values), 1)
        for at, (name, heights) in enumerate(values.items()):
            places = [number_ + (at - (len(values) - 1) / 2) * width for number_ in range(len(years))]
            axes.bar(places, heights, width * 0.92, label=name, color=(STRONG, WARM)[at % 2])
            for place, height in zip(places, heights, strict=True):
                axes.text(place, height, number(height, lang), ha="center", va="bottom", fontsize=6.6, color=SOFT)
        axes.set_xticks(range(len(years)), [str(year) for year in years])
        axes.yaxis.set_major_formatter(lambda value, _: number(value, lang))
        axes.margins(y=0.12)
        axes.legend(frameon=False, ncols=2, loc="upper left", bbox_to_anchor=(0, 1.14), borderaxespad=0)
        return _svg(figure)


def lines(ends: Sequence[date], curves: Mapping[str, Sequence[float]], lang: str) -> str:
    """A curve for each release, the last one strong."""
    with _figure() as (figure, axes):
        for at, (name, values) in enumerate(curves.items()):
            last = at == len(curves) - 1
            axes.plot(
                ends,
                values,
                color=STRONG if last else WARM,
                linewidth=1.8 if last else 1.0,
                alpha=1.0 if last else 0.35 + 0.5 * at / len(curves),
                label=name,
            )
        axes.yaxis.set_major_formatter(lambda value, _: number(value, lang))
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False, loc="upper left")
        return _svg(figure)


def tiles(changes: Mapping[str, float | None], lang: str, withheld: str) -> str:
    """A tile-grid map: a square for each state, coloured by change; withheld ones are hatched and never zero."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    ramp = LinearSegmentedColormap.from_list("change", [STRONG, "#f3f6f9", WARM])
    with _figure((6.7, 4.1)) as (figure, axes):
        axes.set_axis_off()
        for code, geo in geos().items():
            if geo.tile is None:
                continue
            column, row = geo.tile
            value = changes.get(code)
            shade = "white" if value is None else ramp(0.5 + max(-0.5, min(0.5, value)))
            hatch = "////" if value is None else None
            axes.add_patch(
                Rectangle((column, -row), 0.94, 0.94, facecolor=shade, edgecolor=LINE, hatch=hatch, linewidth=0.6)
            )
            dark = value is not None and abs(value) > 0.3
            colour = "white" if dark else INK
            axes.text(
                column + 0.47,
                -row + 0.6,
                code.removeprefix("US-"),
                ha="center",
                va="center",
                fontsize=7.5,
                color=colour,
            )
            if value is not None:
                text = percent(value, lang)
                axes.text(column + 0.47, -row + 0.27, text, ha="center", va="center", fontsize=5.8, color=colour)
        axes.add_patch(
            Rectangle((5.2, -0.55), 0.5, 0.4, facecolor="white", edgecolor=LINE, hatch="////", linewidth=0.6)
        )
        axes.text(5.85, -0.35, withheld, va="center", fontsize=7, color=SOFT)
        axes.set_xlim(-0.1, 12)
        axes.set_ylim(-7.1, 1)
        axes.set_aspect("equal")
        return _svg(figure)

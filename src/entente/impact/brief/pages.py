"""A brief as a PDF (Typst) and as one HTML page (Jinja). Nothing is fetched; the same data give the same bytes."""

from __future__ import annotations

import base64
import io
import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from entente.impact.brief.charts import FONTS

_HERE = Path(__file__).parent
_FACES = {400: "NotoSansCJKsc-Regular-subset.otf", 700: "NotoSansCJKsc-Bold-subset.otf"}


def pdf(data: dict[str, Any]) -> bytes:
    """A tagged PDF; its date is the meeting's, so that no clock enters it."""
    import typst

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = {**data, "figures": [{**one, "file": f"{one['id']}.svg"} for one in data["figures"]]}
        for figure in data["figures"]:
            (folder / f"{figure['id']}.svg").write_text(figure["svg"], encoding="utf-8")
        (folder / "data.json").write_text(json.dumps(text, ensure_ascii=False), encoding="utf-8")
        (folder / "brief.typ").write_text((_HERE / "brief.typ").read_text(encoding="utf-8"), encoding="utf-8")
        moment = datetime.fromisoformat(data["meeting"]).replace(tzinfo=UTC)
        made: bytes = typst.compile(
            str(folder / "brief.typ"),
            root=str(folder),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            format="pdf",
            timestamp=int(moment.timestamp()),
            pdf_standards=["ua-1"],
        )
    return made


def html(data: dict[str, Any]) -> str:
    """One page that needs nothing beside it: charts inside, and for Chinese the letters too."""
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    faces = list(_embedded(data)) if data["lang"] == "zh" else []
    style = (_HERE / "brief.css").read_text(encoding="utf-8")
    return environment.get_template("brief.html.j2").render(data=data, words=data["words"], faces=faces, style=style)


def _embedded(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The letters that the page uses, cut out of the bundled font."""
    from fontTools import subset  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    used = {ord(letter) for text in _texts(data) for letter in text} | set(range(0x20, 0x7F))
    for weight, file in _FACES.items():
        options = subset.Options()
        options.flavor = "woff"
        options.recalc_timestamp = False
        cut = subset.Subsetter(options)
        font = TTFont(io.BytesIO(_face(file)), recalcTimestamp=False)
        cut.populate(unicodes=used)
        cut.subset(font)
        font.flavor = "woff"
        sink = io.BytesIO()
        font.save(sink)
        yield {"weight": weight, "data": base64.b64encode(sink.getvalue()).decode()}


@cache
def _face(file: str) -> bytes:
    return (FONTS / file).read_bytes()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if not value.startswith("<svg"):
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)

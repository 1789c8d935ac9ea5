"""What `entente impact` prints: tables for people, JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from entente.impact.revisions import Triangle
from entente.impact.series import Series

if TYPE_CHECKING:  # effects need the extra, and numbers are shown without it
    from entente.impact.claims import ClaimResult
    from entente.impact.effect import EffectResult

_COLOURS = {"supported": "green", "not_supported": "red", "not_established": "yellow"}
_POINTS = {"for": "+", "against": "−", "neither": "·"}


def _print(plain: Any) -> None:
    click.echo(json.dumps(plain, ensure_ascii=False, indent=2, allow_nan=False))


def _value(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def indicators(found: Sequence[tuple[str, str, str, str, int]], *, as_json: bool) -> None:
    """What the store holds."""
    names = ("indicator", "period", "basis", "kind", "places")
    if as_json:
        _print([dict(zip(names, row, strict=True)) for row in found])
        return
    table = Table(*names, box=None)
    for row in found:
        table.add_row(*map(str, row))
    Console().print(table)


def series(found: Series, *, as_json: bool) -> None:
    """A series with the vintage of each value."""
    meaning = found.meaning
    rows = [
        {
            "period": label,
            "value": _number(value),
            "suppressed": bool(hidden),
            "published": vintage.isoformat() if vintage else None,
            "source": {"sha256": source[0], "row": source[1]} if source else None,
        }
        for label, value, hidden, vintage, source in zip(
            found.labels,
            found.values.tolist(),
            found.suppressed.tolist(),
            found.vintages,
            found.source_rows,
            strict=True,
        )
    ]
    if as_json:
        names = ("indicator", "geo", "period_kind", "basis", "kind", "unit")
        _print({**{name: getattr(meaning, name) for name in names}, "values": rows})
        return
    click.echo(
        f"{meaning.indicator}, {meaning.geo}: {meaning.kind} values by {meaning.basis}, {meaning.period_kind}, "
        f"in {meaning.unit}."
    )
    table = Table("Period", "Value", "Published", box=None)
    table.columns[1].justify = "right"
    for row in rows:
        value = row["value"]
        shown = _value(float(value)) if isinstance(value, float) else ("suppressed" if row["suppressed"] else "missing")
        table.add_row(str(row["period"]), shown, str(row["published"] or "unknown"))
    Console().print(table)


def revisions(found: Sequence[Triangle], *, as_json: bool) -> None:
    """Releases side by side."""
    if as_json:
        _print([_triangle(one) for one in found])
        return
    if not found:
        click.echo("No release with a known day is held.")
    for one in found:
        mean, spread, count = one.bias()
        meaning = one.meaning
        click.echo(
            f"{meaning.indicator}, {meaning.geo}: {meaning.kind} values by {meaning.basis}, {meaning.period_kind}."
        )
        table = Table("Period", *(release.isoformat() for release in one.releases), box=None)
        for period, values in zip(one.periods, one.values.tolist(), strict=True):
            table.add_row(period, *("" if math.isnan(value) else _value(value) for value in values))
        Console().print(table)
        if count:
            around = "" if math.isnan(spread) else f", standard deviation {spread:.2%}"
            click.echo(
                f"From first to last release numbers changed by {mean:+.2%} on average{around} ({count} periods).\n"
            )


def _triangle(one: Triangle) -> dict[str, Any]:
    mean, spread, count = one.bias()
    meaning = one.meaning
    return {
        "indicator": meaning.indicator,
        "geo": meaning.geo,
        "period_kind": meaning.period_kind,
        "basis": meaning.basis,
        "kind": meaning.kind,
        "releases": [release.isoformat() for release in one.releases],
        "periods": {
            period: [_number(value) for value in values]
            for period, values in zip(one.periods, one.values.tolist(), strict=True)
        },
        "revision": {"mean": _number(mean), "sd": _number(spread), "periods": count},
    }


def effect(result: EffectResult, what: str, event: date, lang: str, *, as_json: bool) -> None:
    """A verdict, why, and all gates."""
    from entente.impact.plain import plain_effect
    from entente.impact.wording import explain

    said = explain(result, what, lang, event)
    if as_json:
        _print(plain_effect(result, said))
        return
    click.echo(click.style(said.verdict, fg=_COLOURS[result.verdict], bold=True))
    click.echo(said.sentence)
    click.echo()
    table = Table(said.method, "", "", box=None)
    for name, passed, found in said.gates:
        table.add_row(name, passed, found)
    Console().print(table)
    for text in said.assumptions:
        click.echo(f"· {text}")


def claims(found: Sequence[ClaimResult], lang: str, *, as_json: bool) -> None:
    """Claims with verdict and evidence."""
    from entente.impact.plain import plain_claim
    from entente.impact.wording import say

    if as_json:
        _print([plain_claim(one, lang) for one in found])
        return
    for one in found:
        verdict = click.style(say("verdict", one.verdict, lang), fg=_COLOURS[one.verdict], bold=True)
        click.echo(f"{verdict}  {one.text}")
        for line in one.evidence:
            click.echo(f"  {_POINTS[line.points]} {line.words}")
        click.echo()

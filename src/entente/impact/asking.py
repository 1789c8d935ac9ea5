"""A question about an indicator of the store: the outcome, and the same indicator of other places as controls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from entente.errors import InputError
from entente.impact.methods.problem import Problem
from entente.impact.periods import STEPS, add_months
from entente.impact.series import Series, aligned, find_series, require_monthly, whole_run
from entente.impact.store import IndicatorStore


def from_store(
    store: IndicatorStore,
    indicator: str,
    geo: str,
    event: date,
    controls: Sequence[str],
    *,
    as_of: date | None = None,
    scale: str | None = None,
    period_kind: str | None = None,
    basis: str | None = None,
    kind: str | None = None,
) -> Problem:
    """The unbroken part of the series around the event, with controls over the same periods.

    Args:
        store: where the values are.
        indicator: what is counted.
        geo: the place that the event touched.
        event: the day of the event.
        controls: places it did not touch; one that lacks a month is an error and never filled in. `INDICATOR@PLACE`
            names another indicator.
        as_of: only what was published by that day.
        scale: `ratio` or `difference`.
        period_kind: which periods, if the store holds several.
        basis: which basis, if the store holds several.
        kind: which kind, if the store holds several.

    Raises:
        InputError, UsageError: see `find_series`, `whole_run`, `require_monthly`.
    """

    def found(place: str) -> Series:
        other, _, where = place.rpartition("@")
        return find_series(
            store, other or indicator, where, period_kind=period_kind, basis=basis, kind=kind, as_of=as_of
        )

    outcome = found(geo)
    if outcome.meaning.period_kind == "months12":
        require_monthly(outcome)
    series = [whole_run(outcome, event), *(whole_run(found(place), event) for place in controls)]
    outcome, *others = aligned(series)
    step = STEPS[outcome.meaning.period_kind]
    after = next((at for at, start in enumerate(outcome.starts) if start <= event < add_months(start, step)), None)
    if after is None:
        raise InputError(
            f"The day {event} lies outside of what all series have.", remedy="Choose controls that cover it."
        )
    values = outcome.values
    return Problem(
        dates=outcome.starts,
        y=values,
        event=after,
        controls=np.column_stack([one.values for one in others]) if others else np.empty((len(values), 0)),
        names=tuple(controls),
        scale=scale or ("ratio" if (values >= 0).all() and (values > 0).any() else "difference"),
        per_year=12 // step,
    )

"""The weights file that a fit writes, in the format `entente-weights-1`: each weight with what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import yaml

from entente.leads.calibrate_report import Calibration, FittedValue
from entente.leads.score import HIT_FAMILY
from entente.leads.weights import FORMAT

_HEAD = """\
# Weights in milli-log-odds, fitted by `entente leads calibrate`. Use: entente screen ... --rules <this folder>
# Signs that no outcome bears, and caps that did not move, are left out: the present values hold.
"""
_PREFIX = f"{HIT_FAMILY}."


def weights_text(calibration: Calibration, today: date, source: Mapping[str, Any]) -> str:
    """YAML text of the weights file.

    Args:
        calibration: the fit.
        today: day of the fit, for the reasons.
        source: what it was fitted to (files and digests), kept under `fitted`.
    """
    rules: dict[str, Any] = {}
    kinds: dict[str, Any] = {}
    for value in calibration.weights:
        into = kinds if value.name.startswith(_PREFIX) else rules
        into[value.name.removeprefix(_PREFIX)] = {
            "weight": value.new,
            "reason": _reason(value, calibration, today, "bear this sign"),
        }
    caps = {
        value.name: {"weight": value.new, "reason": _reason(value, calibration, today, "bear signs of this family")}
        for value in calibration.caps
        if value.new != value.old
    }
    hit_cap = caps.pop(HIT_FAMILY, None)
    hits: dict[str, Any] = {"cap": hit_cap["weight"], "cap_reason": hit_cap["reason"]} if hit_cap else {}
    content = {
        "format": FORMAT,
        "rules": rules,
        "families": caps,
        "hits": {**hits, "kinds": kinds},
        "fitted": {"on": today.isoformat(), **source},
    }
    return _HEAD + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110)


def _reason(value: FittedValue, calibration: Calibration, today: date, bearing: str) -> str:
    counts = calibration.counts
    capped = f" The cap of its family lets {value.capped} of it count." if value.capped is not None else ""
    return (
        f"Fitted to {counts['used']} outcomes on {today.isoformat()}: {value.outcomes} of them {bearing}, "
        f"{value.confirmed} confirmed. Was {value.old}; 95 % interval {value.low} to {value.high}.{capped}"
    )

"""Weights: those of hits, and overlays that put fitted weights in the place of shipped ones.

A weights file (`format: entente-weights-1`) gives weights of rules, caps of families and weights of kinds of hits,
all in milli-log-odds, each as a number or as `{weight, reason}`. The shipped one gives hits only, since rules carry
their own; `entente leads calibrate` writes what outcomes have something to say on. `entente screen --rules DIR` reads
those it finds in DIR, the later over the earlier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from entente.errors import Place, RegisterError
from entente.screening import datafile
from entente.screening.rules import Rule, RuleSet

FORMAT = "entente-weights-1"
SHIPPED = Path(__file__).parent / "weights.yaml"
_SCHEMA = Path(__file__).parent / "weights.schema.json"


@dataclass(frozen=True, slots=True)
class HitWeights:
    """Weights of the hit family.

    Args:
        kinds: kind of hit -> weight in milli-log-odds, none negative; a kind left out weighs nothing.
        cap: the most that all kinds together add to a score.
        reasons: kind of hit -> why it weighs what it does.
    """

    kinds: Mapping[str, int]
    cap: int
    reasons: Mapping[str, str] = field(default_factory=dict)

    def table(self) -> pa.Table:
        """Kinds that weigh something, for an engine: kind, weight."""
        some = {kind: weight for kind, weight in self.kinds.items() if weight > 0}
        return pa.table({"kind": pa.array(some.keys(), pa.string()), "weight": pa.array(some.values(), pa.int64())})


def load_weights(ruleset: RuleSet, directories: Sequence[Path] = ()) -> tuple[RuleSet, HitWeights]:
    """The rule set with its weights and caps overlaid, and the weights of hits.

    Args:
        ruleset: as loaded.
        directories: folders whose weights files are laid over the shipped weights, in order.

    Raises:
        RegisterError: a file breaks the schema, or names a rule or family that does not exist.
    """
    hits = load_hit_weights()
    for path in datafile.yaml_files(directories):
        if datafile.peek_format(path) == FORMAT:
            data = _read(path)
            ruleset, hits = _overlay(ruleset, data, path), _overlay_hits(hits, data)
    return ruleset, hits


def load_hit_weights() -> HitWeights:
    """The shipped weights of hits."""
    return _overlay_hits(HitWeights({}, 0), _read(SHIPPED))


def _read(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = datafile.without_lines(datafile.read(path, _SCHEMA))
    return data


def _overlay_hits(base: HitWeights, data: Mapping[str, Any]) -> HitWeights:
    given = data.get("hits", {})
    kinds = given.get("kinds", {})
    return HitWeights(
        kinds={**base.kinds, **{kind: entry["weight"] for kind, entry in kinds.items()}},
        cap=given.get("cap", base.cap),
        reasons={**base.reasons, **{kind: entry["reason"] for kind, entry in kinds.items() if "reason" in entry}},
    )


def _overlay(ruleset: RuleSet, data: Mapping[str, Any], path: Path) -> RuleSet:
    weights = {name: _entry(entry) for name, entry in data.get("rules", {}).items()}
    caps = {name: _entry(entry)["weight"] for name, entry in data.get("families", {}).items()}
    _refuse_unknown(set(weights) - {rule.id for rule in ruleset.rules}, "rule", path)
    _refuse_unknown(set(caps) - set(ruleset.families), "family", path)
    return replace(
        ruleset,
        rules=tuple(_reweighed(rule, weights.get(rule.id, {})) for rule in ruleset.rules),
        families={name: replace(one, cap=caps.get(name, one.cap)) for name, one in ruleset.families.items()},
    )


def _entry(given: int | Mapping[str, Any]) -> Mapping[str, Any]:
    return {"weight": given} if isinstance(given, int) else given


def _reweighed(rule: Rule, entry: Mapping[str, Any]) -> Rule:
    """The rule with another weight; the reason for the old one says nothing of the new one."""
    if not entry:
        return rule
    return replace(rule, weight=entry["weight"], weight_reason=entry.get("reason", ""))


def _refuse_unknown(names: set[str], what: str, path: Path) -> None:
    if names:
        raise RegisterError(
            f"These weights name a {what} that does not exist: {min(names)}.",
            remedy="Give --rules the folder that defines it too, or fit anew with `entente leads calibrate`.",
            place=Place(str(path)),
        )

"""Thresholds of the gates. They were chosen on half of the states' series and measured on the other half."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Settings:
    """What the gates ask for.

    Args:
        level: confidence of the calibrated interval before it is widened for several tests.
        most_placebos: placebo dates, and placebo units, that are tried at most.
        fewest_placebos: placebo dates without which nothing is established.
        own_rate: share of placebo dates at which a method may cry effect before it is called unfit for the series.
        meaningful: the smallest change that would matter, as a share (0.2 is 20 %).
        early: periods by which a change may precede the event (data are late, people act on an announcement).
        space_rank: share of controls that may show as large an effect.
        hold: share of the effect that must remain in other windows.
        trust: placebos that a model's own error counts for before any is seen.
        prior: what that error is scaled by before any is seen.
    """

    level: float = 0.95
    most_placebos: int = 16
    fewest_placebos: int = 4
    own_rate: float = 0.34
    meaningful: float = 0.2
    early: int = 2
    space_rank: float = 0.15
    hold: float = 0.5
    trust: float = 10.0
    prior: float = 0.8

    def with_meaningful(self, share: float) -> Settings:
        """The same settings for another smallest change that would matter."""
        return replace(self, meaningful=share)


DEFAULT = Settings()

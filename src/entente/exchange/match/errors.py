"""Why a private match is refused or stopped."""

from __future__ import annotations

from entente.exchange.errors import ExchangeError


class MatchError(ExchangeError):
    """A private match is not possible, or was stopped."""

    code = "match"
    usual_remedy = "Read the run with `entente match status`; stop it if the other side cannot say what happened."


class MatchKeyError(MatchError):
    """A key of a set is not one of its kind, or its check digit fails."""

    code = "match-key"
    usual_remedy = "Correct the row; a wrong key would only miss its counterpart."


class LowEntropyError(MatchKeyError):
    """There are so few keys of this kind that they can all be tried; alone they are not matched."""

    code = "match-entropy"
    usual_remedy = "Add what makes it specific: a phone needs the name, a container or ship the week."


class ControlError(MatchError):
    """A control of this node forbids it: size, budget, overlap, purpose, kind or persons."""

    code = "match-control"
    usual_remedy = "Use a smaller set or wait; only who sets the policy of this peer can change the control."


class StepError(MatchError):
    """A message of a run that does not come now, from this side, or under these terms."""

    code = "match-step"
    usual_remedy = "Nothing was changed. Ask the other side which run it means."


class TranscriptError(MatchError):
    """The protocol bytes of the other side are not what an honest engine writes."""

    code = "match-transcript"
    usual_remedy = "Stop the run, keep the message as evidence, and ask the other side out of band."


class EscrowError(MatchError):
    """What was put away for the auditor cannot be read, or is not of this run."""

    code = "match-escrow"
    usual_remedy = "Give the auditor's key and the escrow of the same run."

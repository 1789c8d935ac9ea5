"""Whose signatures make a checkpoint good: a policy file in the form of C2SP tlog-policy.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <member>...
    quorum <name>|none

A policy that cannot be read in full is refused, and so is a checkpoint that does not meet it. `quorum none` has to be
written; a file without a quorum line is no policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from entente.errors import Place
from entente.exchange.errors import ExchangeError
from entente.exchange.ledger.checkpoint import SignedCheckpoint, open_checkpoint
from entente.exchange.ledger.errors import PolicyError
from entente.exchange.ledger.note import COSIGNATURE, ED25519, VerifierKey, parse_key, parse_note

MAX_POLICY = 256 * 1024
NONE = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """Members (witnesses or groups), and how many of them it takes."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs that may sign, witnesses by name, groups by name, and the name of the quorum."""

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, VerifierKey]
    groups: Mapping[str, Group]
    quorum: str

    def open(self, data: bytes) -> SignedCheckpoint:
        """A checkpoint that meets the policy.

        Raises:
            PolicyError: no log of the policy signed it, or too few witnesses did.
            NoteError, CheckpointError: malformed, or a signature of a known key does not verify.
        """
        note = parse_note(data)
        log = next((key for key in self.logs if note.line_of(key)), None)
        if log is None:
            raise PolicyError("No log of the policy signed the checkpoint.", remedy="Check which log was meant.")
        signed = open_checkpoint(data, log, self.witnesses.values())
        if not self._met(self.quorum, signed.times):
            raise PolicyError(
                f"Too few witnesses of the policy cosigned: {len(signed.times)} of {len(self.witnesses)}.",
                remedy="Wait for the next contact with the witnesses, or change the policy on purpose.",
            )
        return signed

    def _met(self, name: str, times: Mapping[VerifierKey, int]) -> bool:
        if name == NONE:
            return True
        if name in self.witnesses:
            return self.witnesses[name] in times
        group = self.groups[name]
        return sum(self._met(member, times) for member in group.members) >= group.needed


@dataclass
class _Reading:
    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[str, VerifierKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    quorum: str | None = None

    def log(self, words: Sequence[str]) -> None:
        """`log <vkey> [<url>]`."""
        _require(1 <= len(words) <= 2, "a log has a key and perhaps an address")
        key = parse_key(words[0])
        _require(key.kind == ED25519, "the key is not of a log")
        _require(key.public not in {other.public for other in self.logs}, "the log is there already")
        self.logs.append(key)

    def witness(self, words: Sequence[str]) -> None:
        """`witness <name> <vkey> [<url>]`."""
        _require(2 <= len(words) <= 3, "a witness has a name, a key and perhaps an address")
        key = parse_key(words[1])
        _require(key.kind == COSIGNATURE, "the key is not of a witness")
        _require(key.public not in {other.public for other in self.witnesses.values()}, "the witness is there already")
        self._new(words[0])
        self.witnesses[words[0]] = key

    def group(self, words: Sequence[str]) -> None:
        """`group <name> all|any|<k> <member>...`."""
        _require(len(words) >= 3, "a group has a name, a number and members")
        name, threshold, *members = words
        self._new(name)
        for member in members:
            _require(member in self.witnesses or member in self.groups, f"{member!r} is not defined above")
            _require(member not in self.used, f"{member!r} is a member twice")
            self.used.add(member)
        self.groups[name] = Group(_needed(threshold, len(members)), tuple(members))

    def set_quorum(self, words: Sequence[str]) -> None:
        """`quorum <name>|none`."""
        _require(self.quorum is None and len(words) == 1, "there is one quorum, with one name")
        known = words[0] == NONE or words[0] in self.witnesses or words[0] in self.groups
        _require(known, f"{words[0]!r} is not defined above")
        self.quorum = words[0]

    def _new(self, name: str) -> None:
        _require(name != NONE and name not in self.witnesses and name not in self.groups, f"{name!r} is taken")


def _needed(text: str, members: int) -> int:
    if text in {"all", "any"}:
        return members if text == "all" else 1
    _require(text.isascii() and text.isdecimal() and len(text) < 5, f"{text!r} is no number of members")
    _require(1 <= int(text) <= members, f"{text} of {members} members cannot be")
    return int(text)


def _require(good: bool, why: str) -> None:
    if not good:
        raise PolicyError(
            f"The policy cannot be read: {why}.", remedy="Correct the line; nothing is accepted until then."
        )


def parse_policy(data: bytes) -> Policy:
    """The policy in a file.

    Raises:
        PolicyError: any line that is not understood, with its number.
    """
    _require(len(data) <= MAX_POLICY, "it is too long")
    # The format takes names as bytes; Latin-1 keeps each byte apart, and keys are read as UTF-8 below.
    text = data.decode("latin-1")
    _require(all(ch in "\t\n" or (ch >= " " and ch != "\x7f") for ch in text), "it has control characters")
    reading = _Reading()
    for number, line in enumerate(text.split("\n"), 1):
        words = [word for word in line.replace("\t", " ").split(" ") if word]
        if words and not words[0].startswith("#"):
            _read_line(reading, words, number)
    if reading.quorum is None:
        raise PolicyError("The policy has no quorum.", remedy="Write `quorum none` if no witness is needed.")
    return Policy(tuple(reading.logs), reading.witnesses, reading.groups, reading.quorum)


def _read_line(reading: _Reading, words: Sequence[str], number: int) -> None:
    verbs: dict[str, Callable[[Sequence[str]], None]] = {
        "log": reading.log,
        "witness": reading.witness,
        "group": reading.group,
        "quorum": reading.set_quorum,
    }
    try:
        _require(words[0] in verbs, f"{words[0][:40]!r} is no word of a policy")
        verbs[words[0]]([_as_utf8(word) for word in words[1:]])
    except ExchangeError as error:
        raise PolicyError(error.message, remedy=error.remedy, place=Place(line=number)) from None


def _as_utf8(word: str) -> str:
    return word.encode("latin-1").decode("utf-8", errors="surrogateescape")

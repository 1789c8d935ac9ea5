"""The one root of all errors a person can meet, and its families.

Every error carries a sentence that says what is wrong, where (file, line, field) if there is a place, and a
remedy: what the person at the keyboard can do next. The command line prints them and exits with the code of
the family; nothing else in the project decides exit codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an input something is wrong; unknown parts are None."""

    file: str | None = None
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        parts = [self.file or "", f"line {self.line}" if self.line is not None else "", self.field or ""]
        return ", ".join(part for part in parts if part)


class EntenteError(Exception):
    """Root of all errors that are meant for a person.

    Args:
        message: what is wrong, in one sentence.
        remedy: what the person can do about it.
        place: where it is, if it is somewhere.
    """

    exit_code = 1

    def __init__(self, message: str, *, remedy: str, place: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {self.message}" if self.place and str(self.place) else self.message

    def __reduce__(self) -> tuple[object, ...]:
        # An exception with keyword-only arguments cannot be rebuilt by default, and worker processes send theirs back.
        return partial(type(self), remedy=self.remedy, place=self.place), (self.message,)


class UsageError(EntenteError):
    """The command, an option or a configuration does not make sense as given."""

    exit_code = 2


class InputError(EntenteError):
    """A file cannot be read, or what it holds is not what it should be."""

    exit_code = 2


class StrictError(EntenteError):
    """Rows were quarantined, and the person asked that this fails the run."""

    exit_code = 3


class RegisterError(EntenteError):
    """A control list or a rule file breaks a rule of its schema or contradicts itself."""

    exit_code = 2


class MissingComponentError(EntenteError):
    """An optional component (an extra, a JDK) that the request needs is not installed."""

    exit_code = 2

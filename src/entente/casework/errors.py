"""Why a command is refused. A refused command changes nothing and leaves no event."""

from __future__ import annotations

from typing import ClassVar

from entente.errors import EntenteError, InputError, Place


class CaseworkError(EntenteError):
    """Root of what can be wrong with a command.

    Args:
        message: what is wrong, in one sentence.
        remedy: what the person can do; the family's usual remedy if None.
        place: the field, if it is one.
    """

    code: ClassVar[str] = "refused"
    usual_remedy: ClassVar[str] = "Look at the object's present state; it says what can be done."

    def __init__(self, message: str, *, remedy: str | None = None, place: Place | None = None) -> None:
        super().__init__(message, remedy=remedy or self.usual_remedy, place=place)


class NotNowError(CaseworkError):
    """The command is not possible in this state."""

    code = "not-now"


class UnknownCommandError(CaseworkError):
    """No such machine or command."""

    code = "unknown-command"


class WrongActorError(CaseworkError):
    """Somebody else has to do this: a person, a peer or the node."""

    code = "wrong-actor"
    usual_remedy = "Have it done by whom the table of the machine names."


class FourEyesError(WrongActorError):
    """Two different people are needed, and one acted or the same one twice."""

    code = "four-eyes"
    usual_remedy = "Have a second person look at it and act too."


class FieldsError(CaseworkError):
    """A field is missing, unknown or of the wrong form."""

    code = "fields"
    usual_remedy = "Correct the field."


class GuardError(CaseworkError):
    """The command is known and complete, and a rule forbids it now."""

    code = "guard"


class ClockError(CaseworkError):
    """A moment has no time zone, or lies before the object's last event."""

    code = "clock"
    usual_remedy = "Set the node's clock and try again."


class CalendarError(CaseworkError):
    """No calendar of the country, or a term that is none."""

    code = "calendar"
    usual_remedy = "Set the date yourself and say where it comes from."


class TableError(InputError):
    """A machine's table contradicts itself."""

"""Why a use case of the desk is refused; nothing was changed."""

from __future__ import annotations

from entente.node.errors import NodeError


class DeskError(NodeError):
    """Root of what can be wrong with something asked of the desk."""


class NotAllowedError(DeskError):
    """The role of who asks does not allow it."""


class NotFoundError(DeskError):
    """There is no such object, or none that this person may see; the words are the same."""


class TwoPeopleError(DeskError):
    """Two different people are needed, and they are not two, or not the right ones."""


class OvertakenError(DeskError):
    """The object was changed since the act was prepared."""


class HeldError(DeskError):
    """A legal hold forbids it."""


def not_found(what: str) -> NotFoundError:
    """The one answer for what is not there and for what somebody may not see."""
    return NotFoundError(
        f"There is no {what} that you may see.", remedy="Ask who works on it whether you need to know."
    )

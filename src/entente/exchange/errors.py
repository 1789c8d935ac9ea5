"""Why something that came from, or goes to, another authority is refused.

Every error has a `code`: one short word that a signed rejection carries and that never changes its meaning. The
message and the remedy are for the person at this node; a peer is told the code only.
"""

from __future__ import annotations

from typing import ClassVar

from entente.errors import EntenteError, Place


class ExchangeError(EntenteError):
    """Root of what can be wrong with something exchanged.

    Args:
        message: what is wrong, in one sentence.
        remedy: what the person can do; the family's usual remedy if None.
        place: where it is, if it is somewhere.
    """

    code: ClassVar[str] = "refused"
    usual_remedy: ClassVar[str] = "Ask the sender to send it again; keep what came as evidence."

    def __init__(self, message: str, *, remedy: str | None = None, place: Place | None = None) -> None:
        super().__init__(message, remedy=remedy or self.usual_remedy, place=place)


class MalformedError(ExchangeError):
    """The bytes are not what the format says."""

    code = "malformed"


class OversizedError(MalformedError):
    """A part is larger, or nested deeper, than the format allows."""

    code = "oversized"


class JsonError(MalformedError):
    """The JSON is not strict: duplicate keys, NaN, numbers that other readers would round, broken text."""

    code = "json"


class Base64Error(MalformedError):
    """The base64 is not the canonical one, so that the same bytes could be written in two ways."""

    code = "base64"


class SuiteError(ExchangeError):
    """A cryptographic suite that is not known, not available here or not the one of the key."""

    code = "suite"
    usual_remedy = "Agree on a suite with the peer in person; suites are never negotiated by machines."


class SuiteRefusedError(SuiteError):
    """The suite is known but is not on the allow-list of this peer: a downgrade, or a mistake."""

    code = "suite-refused"


class SealError(ExchangeError):
    """What was sealed cannot be opened: another key, another header, or changed bytes."""

    code = "seal"


class SignatureError(ExchangeError):
    """A signature does not verify."""

    code = "signature"
    usual_remedy = "Treat the content as changed or forged. Keep it as evidence and ask the peer out of band."


class TooFewSignaturesError(SignatureError):
    """Fewer than two different officers, with two different keys, signed."""

    code = "too-few-signatures"


class KeyRefusedError(ExchangeError):
    """Root of what can be wrong with a key that somebody used."""

    code = "key"
    usual_remedy = "Compare fingerprints with the peer out of band before any key is trusted."


class UnknownKeyError(KeyRefusedError):
    """No paired party has this key."""

    code = "unknown-key"


class KeyRoleError(KeyRefusedError):
    """The key is of another role, or of another authority, than this use needs."""

    code = "key-role"


class ExpiredKeyError(KeyRefusedError):
    """The key was not valid at the time of use."""

    code = "expired-key"


class CompromisedKeyError(KeyRefusedError):
    """The key was in other hands by the time the signature is proven to have existed."""

    code = "compromised-key"


class KeyFileError(KeyRefusedError):
    """A private key file cannot be read with this passphrase, or is damaged."""

    code = "key-file"
    usual_remedy = "Give the passphrase or file that the key was written with."


class FingerprintError(KeyRefusedError):
    """A spoken fingerprint has a slip (its check digits fail), or is another one."""

    code = "fingerprint"
    usual_remedy = "Have the fingerprint read out again, and do not pair before it agrees."


class WrongRecipientError(ExchangeError):
    """The message is for somebody else."""

    code = "wrong-recipient"


class ForwardedError(ExchangeError):
    """The content was signed for another recipient, or by another authority than the one that sent it."""

    code = "forwarded"
    usual_remedy = "Do not use it. The author released it to somebody else; tell the author."


class ChannelError(ExchangeError):
    """The frame is of another channel."""

    code = "channel"


class SequenceGapError(ExchangeError):
    """Frames before this one are missing."""

    code = "gap"
    usual_remedy = "Ask for the missing sequences; the frame is taken when they are there."


class ReplayError(ExchangeError):
    """The sequence, or the content, was already taken; what was taken first stands."""

    code = "replay"
    usual_remedy = "Nothing is to be done; the first receipt is returned."


class ForkError(ExchangeError):
    """The frame does not follow the one that was taken before it: the peer signed two histories."""

    code = "fork"
    usual_remedy = "Keep both frames: together they prove that the peer signed two histories."


class ClockError(ExchangeError):
    """A time lies further ahead than the tolerated skew of clocks."""

    code = "clock"
    usual_remedy = "Compare the clocks of both nodes."


class MessageError(ExchangeError):
    """The content does not fit its message type."""

    code = "message"


class UnknownTypeError(MessageError):
    """No such message type, or no such version of it, is known here."""

    code = "unknown-type"
    usual_remedy = "Update Entente, or ask the sender which version it writes."


class PredicateError(MessageError):
    """A request or match does not say which precursor, shipment, seizure or case it follows from."""

    code = "predicate"
    usual_remedy = "Name the listing, shipment, seizure or case that the message follows from."


class ForeignRecallError(MessageError):
    """Somebody withdraws or replaces a message that is not theirs."""

    code = "foreign-recall"


class MarkingError(ExchangeError):
    """A handling marking is malformed."""

    code = "marking"


class HandlingRefusedError(ExchangeError):
    """The marking does not permit what was asked."""

    code = "handling"
    usual_remedy = "Ask the originator for its consent, or for a change of handling, as a signed message."


class LooseningError(HandlingRefusedError):
    """Somebody other than the originator tries to loosen a marking."""

    code = "loosening"


class AttachmentError(ExchangeError):
    """An attachment is damaged, cut short or another one than the content names."""

    code = "attachment"
    usual_remedy = "Fetch the damaged pieces again."


class RequestError(ExchangeError):
    """The request is signed for another method, path or body than the one that came, or is not signed."""

    code = "request"
    usual_remedy = "Send the request again. If it stays so, something between the nodes changes it."

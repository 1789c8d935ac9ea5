"""Tables of a node.

Rows of a channel are written by `transaction.ChannelTransaction` only, under the channel's lock. The entries of logs
and mirrors are never changed or deleted.
"""

from __future__ import annotations

from django.db import models

from entente.node.store import desk_models  # noqa: F401 - Django finds all tables by this module


class Peer(models.Model):
    """An authority that was invited here, with what it said of itself; nothing passes before it is confirmed."""

    name = models.CharField(max_length=64, primary_key=True)
    card = models.BinaryField()
    suites = models.CharField(max_length=64)  # accepted from it and used towards it, parted by spaces
    accepted = models.DateTimeField()
    confirmed = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)
    late = models.PositiveIntegerField(default=0)  # seconds; see `entente.exchange.keys.Use.late`
    url = models.CharField(max_length=500, blank=True)
    tls = models.CharField(max_length=64, blank=True)  # SHA-256 of its server's public key, hexadecimal
    told = models.PositiveIntegerField(default=0)  # how many of this node's own keys, in order, it knows


class PinnedKey(models.Model):
    """A public key of an authority (this one included), in the order in which it was pinned. None is ever deleted."""

    owner = models.CharField(max_length=64)
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=64)
    record = models.BinaryField()
    retired = models.DateTimeField(null=True)
    compromised = models.DateTimeField(null=True)

    class Meta:
        """One row a key."""

        constraints = (
            models.UniqueConstraint(fields=["owner", "key"], name="one_row_a_key"),
            models.UniqueConstraint(fields=["owner", "position"], name="one_key_a_position"),
        )


class Channel(models.Model):
    """A channel and its small state; its row is the lock of all that belongs to it."""

    name = models.CharField(max_length=200, unique=True)
    peer = models.OneToOneField(Peer, on_delete=models.PROTECT)
    ledger = models.BinaryField()  # state of this node's log: see `bookfile`
    book = models.BinaryField()
    met = models.DateTimeField(null=True)  # when the last parcel was taken


class Frame(models.Model):
    """A frame that was sent or taken: see `entente.exchange.store.Message`."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT)
    way = models.CharField(max_length=5)
    sequence = models.BigIntegerField()
    frame = models.CharField(max_length=64)
    content = models.CharField(max_length=64, db_index=True)
    sender = models.CharField(max_length=64)
    type = models.CharField(max_length=64)
    signed = models.BinaryField()
    blob = models.CharField(max_length=64)
    wire = models.CharField(max_length=64)
    refused = models.CharField(max_length=64)
    leaf = models.BigIntegerField()
    at = models.DateTimeField()
    receipted = models.BooleanField(default=False)

    class Meta:
        """A sequence is taken once in each direction."""

        constraints = (
            models.UniqueConstraint(fields=["channel", "way", "sequence"], name="one_frame_a_sequence"),
            models.CheckConstraint(condition=models.Q(way__in=["sent", "taken"]), name="frame_is_sent_or_taken"),
        )
        indexes = (
            models.Index(
                fields=["channel", "leaf"],
                name="frames_without_receipt",
                condition=models.Q(way="taken", receipted=False),
            ),
        )


class ContentKey(models.Model):
    """The key of a locked content. Backups of content leave this table out; deleting a row shreds the content."""

    content = models.CharField(max_length=64, primary_key=True)
    key = models.BinaryField()


class Ciphertext(models.Model):
    """Where a ciphertext stands in the packs: see `blobs`."""

    digest = models.CharField(max_length=64, primary_key=True)
    pack = models.CharField(max_length=64, db_index=True)
    start = models.BigIntegerField()
    size = models.BigIntegerField()


class Leaf(models.Model):
    """An entry of this node's log of a channel."""

    pk = models.CompositePrimaryKey("channel_id", "position")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, db_index=False)
    position = models.BigIntegerField()
    entry = models.BinaryField()


class MirrorLeaf(models.Model):
    """An entry of the peer's log of a channel, as it was shown."""

    pk = models.CompositePrimaryKey("channel_id", "position")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, db_index=False)
    position = models.BigIntegerField()
    entry = models.BinaryField()


class Outgoing(models.Model):
    """A sent frame without a receipt."""

    pk = models.CompositePrimaryKey("channel_id", "sequence")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, db_index=False)
    sequence = models.BigIntegerField()


class FrameReceipt(models.Model):
    """A receipt: of a taken frame the one this node gave, of a sent frame the one it got."""

    pk = models.CompositePrimaryKey("channel_id", "way", "sequence")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, db_index=False)
    way = models.CharField(max_length=5)
    sequence = models.BigIntegerField()
    receipt = models.BinaryField()


class EvidenceFile(models.Model):
    """What a peer signed that proves that it broke its word, as a file for a third party."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT)
    kind = models.CharField(max_length=32)
    digest = models.CharField(max_length=64, unique=True)
    data = models.BinaryField()
    at = models.DateTimeField()


class RejectionNote(models.Model):
    """A signed rejection, given here or got from a peer, for bytes that took no sequence."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT)
    way = models.CharField(max_length=5)  # "taken": this node rejected; "sent": the peer did
    digest = models.CharField(max_length=64)
    code = models.CharField(max_length=64)
    note = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        """The same bytes rejected for the same reason are kept once: a stranger must not fill the disk."""

        constraints = (
            models.UniqueConstraint(fields=["channel", "way", "digest", "code"], name="one_rejection_a_reason"),
        )


class Piece(models.Model):
    """A piece of an attachment, in the order in which messages name them; its bytes are a ciphertext file."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT)
    way = models.CharField(max_length=5)
    content = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, db_index=True)
    arrived = models.BooleanField(default=False)

    class Meta:
        """What is still to be fetched is found without looking at what is there."""

        indexes = (
            models.Index(
                fields=["channel", "id"],
                name="pieces_that_are_wanted",
                condition=models.Q(way="taken", arrived=False),
            ),
        )


class MatchPaper(models.Model):
    """What this node keeps of a private match beside its messages: see `entente.node.services.match_files`."""

    run = models.CharField(max_length=64, blank=True)  # hexadecimal; empty for what is of no run
    kind = models.CharField(max_length=8)
    data = models.BinaryField()

    class Meta:
        """One of each kind for a run."""

        constraints = (models.UniqueConstraint(fields=["run", "kind"], name="one_paper_of_a_kind"),)

"""Tables of the desk: people, casework objects and their events, leads, and the account of every act.

What names a person or a trade stands in columns called `secret`, encrypted under a key of its own for each object
(`desk_vault`); the other columns are what the desk sorts, counts and waits by. Rows are read by the `access_*`
modules of `entente.node.services.desk` and written by `desk_rows`, and by nobody else.
"""

# ruff: noqa: DJ008 - rows are shown by the desk, never by themselves
from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

ROLES = ("officer", "releasing-officer", "analyst", "liaison", "secretariat", "auditor", "administrator")
HANDS = ("person", "pair", "peer", "node")
NAME = 64
_TWO = Q(first__isnull=False) & Q(second__isnull=False) & ~Q(first=F("second"))


class Unit(models.Model):
    """A unit of the authority; who is in it sees its objects."""

    name = models.CharField(max_length=NAME, unique=True)


class Group(models.Model):
    """A need-to-know group: an object of a group is seen by its members only, whatever their unit."""

    name = models.CharField(max_length=NAME, unique=True)


class Person(AbstractBaseUser):
    """A person of this authority. Nobody is ever deleted: the account names them."""

    name = models.CharField(max_length=NAME, unique=True)
    folded = models.CharField(max_length=NAME, unique=True)  # one person under two spellings is one person
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True)
    key = models.BinaryField(null=True)  # public key record of who is no officer but acts as one of two
    is_active = models.BooleanField(default=True)
    made = models.DateTimeField()

    objects: ClassVar[BaseUserManager[Self]] = BaseUserManager()

    USERNAME_FIELD = "name"
    REQUIRED_FIELDS: ClassVar[list[str]] = []


class Membership(models.Model):
    """A person in a need-to-know group."""

    group = models.ForeignKey(Group, on_delete=models.PROTECT)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)

    class Meta:
        """Once is enough."""

        constraints = (models.UniqueConstraint(fields=["group", "person"], name="one_membership"),)


class Grant(models.Model):
    """A role of a person, given by two others; the first people of a node are its founders."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    role = models.CharField(max_length=20)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    founding = models.BooleanField(default=False)
    first = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    second = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        """Two others give a role, or the node is being founded."""

        constraints = (
            models.UniqueConstraint(fields=["person", "role"], condition=Q(until=None), name="one_grant_of_a_role"),
            models.CheckConstraint(condition=Q(role__in=ROLES), name="role_is_known"),
            models.CheckConstraint(
                condition=Q(founding=True) | (_TWO & ~Q(person=F("first")) & ~Q(person=F("second"))),
                name="two_others_give_a_role",
            ),
        )


class Delegation(models.Model):
    """A role that one person lends to another for a time."""

    giver = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20)
    start = models.DateTimeField()
    end = models.DateTimeField()

    class Meta:
        """To another person, and for a time."""

        constraints = (
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="delegated_to_another"),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="delegation_ends"),
        )


class Conflict(models.Model):
    """A conflict of interest: the person neither sees nor changes the object."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    object = models.CharField(max_length=NAME, db_index=True)
    at = models.DateTimeField()

    class Meta:
        """Once is enough."""

        constraints = (models.UniqueConstraint(fields=["person", "object"], name="one_conflict"),)


class CaseObject(models.Model):
    """A casework object as it stands: what its events add up to."""

    object = models.CharField(max_length=NAME, primary_key=True)
    machine = models.CharField(max_length=16)
    side = models.CharField(max_length=6)
    counterpart = models.CharField(max_length=NAME, blank=True)
    at = models.CharField(max_length=32)
    events = models.PositiveIntegerField()
    since = models.DateTimeField(db_index=True)
    due = models.DateTimeField(null=True)
    wake = models.DateTimeField(null=True)  # when the node has to look at it by itself
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True)
    group = models.ForeignKey(Group, on_delete=models.PROTECT, null=True)
    secret = models.BinaryField()
    erased = models.DateTimeField(null=True)

    class Meta:
        """Work lists, and what the node wakes for."""

        indexes = (
            models.Index(fields=["machine", "at", "since"], name="objects_by_state"),
            models.Index(fields=["wake"], name="objects_that_wake", condition=Q(wake__isnull=False)),
        )


class CaseEvent(models.Model):
    """Something that happened to an object. Never changed, never deleted."""

    pk = models.CompositePrimaryKey("object_id", "number")
    object = models.ForeignKey(CaseObject, on_delete=models.PROTECT, db_index=False)
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    command = models.CharField(max_length=32)
    hand = models.CharField(max_length=6)
    first = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    second = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    peer = models.CharField(max_length=NAME, blank=True)
    message = models.CharField(max_length=NAME, blank=True)
    source = models.CharField(max_length=32, blank=True)
    target = models.CharField(max_length=32)
    sends = models.CharField(max_length=64, blank=True)
    sent = models.CharField(max_length=NAME, blank=True)  # id of the content that it sent
    signed = models.BinaryField(null=True)  # SHA-256 of what two people signed where nothing was sent
    secret = models.BinaryField()

    class Meta:
        """A pair is two different people, who signed; nothing is sent by fewer."""

        constraints = (
            models.CheckConstraint(
                condition=(Q(hand="pair") & _TWO & (~Q(sent="") | Q(signed__isnull=False)))
                | (Q(hand="person", first__isnull=False, second__isnull=True))
                | (Q(hand="peer", first__isnull=True, second__isnull=True) & ~Q(peer="") & ~Q(message=""))
                | (Q(hand="node", first__isnull=True, second__isnull=True)),
                name="event_by_whom_it_may_be",
            ),
            models.CheckConstraint(condition=Q(sends="") | Q(hand="pair"), name="two_people_send"),
        )


class CaseIndex(models.Model):
    """By which an object is found: ids of messages that made, changed or answered it, and references."""

    object = models.ForeignKey(CaseObject, on_delete=models.PROTECT)
    kind = models.CharField(max_length=9)  # content, reference
    value = models.CharField(max_length=NAME)  # its SHA-256

    class Meta:
        """Found by value."""

        constraints = (models.UniqueConstraint(fields=["kind", "value", "object"], name="one_index_entry"),)


class Dispatch(models.Model):
    """A message that an event sent to a peer, until the peer's receipt has come."""

    object = models.ForeignKey(CaseObject, on_delete=models.PROTECT)
    number = models.PositiveIntegerField()  # of the event
    content = models.CharField(max_length=NAME)
    peer = models.CharField(max_length=NAME)
    sequence = models.BigIntegerField()
    settled = models.CharField(max_length=8, blank=True)  # received, refused
    code = models.CharField(max_length=NAME, blank=True)

    class Meta:
        """A content goes to a peer once."""

        constraints = (models.UniqueConstraint(fields=["content", "peer"], name="one_dispatch"),)
        indexes = (models.Index(fields=["peer", "sequence"], name="dispatches_open", condition=Q(settled="")),)


class Waiting(models.Model):
    """A message that fits no object, or that a rule refused, or that a peer refused: for a person to look at."""

    content = models.CharField(max_length=NAME)
    part = models.PositiveIntegerField(default=0)
    sender = models.CharField(max_length=NAME)
    type = models.CharField(max_length=64)
    reason = models.CharField(max_length=500)
    object = models.CharField(max_length=NAME, blank=True, default="")  # that it is about: who sees it sees this
    at = models.DateTimeField()
    settled = models.DateTimeField(null=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True)
    how = models.CharField(max_length=200, blank=True)

    class Meta:
        """Once for each thing that a message asks."""

        constraints = (models.UniqueConstraint(fields=["content", "part", "sender"], name="one_wait"),)


class Proposal(models.Model):
    """An act that needs two people, until both have signed it."""

    id = models.CharField(max_length=32, primary_key=True)
    kind = models.CharField(max_length=32)  # case, or the name of another act
    object = models.CharField(max_length=NAME, blank=True, db_index=True)
    command = models.CharField(max_length=32, blank=True)
    number = models.PositiveIntegerField(default=0)  # events of the object when it was prepared
    prepared = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    first = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    second = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=9, blank=True)  # done, refused, overtaken
    secret = models.BinaryField()

    class Meta:
        """Two different people, both of whom signed what is done."""

        constraints = (
            models.CheckConstraint(
                condition=Q(second__isnull=True) | (Q(first__isnull=False) & ~Q(first=F("second"))),
                name="proposal_signed_by_two",
            ),
            models.CheckConstraint(condition=~Q(outcome="done") | _TWO, name="done_by_two"),
        )


class AccountLeaf(models.Model):
    """An entry of the account. Never changed, never deleted."""

    position = models.BigIntegerField(primary_key=True)
    entry = models.BinaryField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=2 * NAME + 3, blank=True)
    act = models.CharField(max_length=64)
    object = models.CharField(max_length=NAME, blank=True, db_index=True)


class AccountHead(models.Model):
    """The tree over the account; its one row is the lock of all that the desk writes."""

    size = models.BigIntegerField(default=0)
    peaks = models.BinaryField(default=b"")
    checkpoint = models.BinaryField(default=b"")


class LegalHold(models.Model):
    """A hold on an object: nothing of it is erased until the hold is lifted."""

    object = models.CharField(max_length=NAME, db_index=True)
    reference = models.CharField(max_length=200)
    placed = models.DateTimeField()
    placed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    lifted = models.DateTimeField(null=True)
    first = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    second = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        """One person places a hold, two lift it."""

        constraints = (models.CheckConstraint(condition=Q(lifted=None) | _TWO, name="two_lift_a_hold"),)


class RetentionRule(models.Model):
    """How long objects of a machine are kept after their last event, once nothing more is to be done."""

    machine = models.CharField(max_length=16, primary_key=True)
    days = models.PositiveIntegerField()
    first = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    second = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        """Two people set it."""

        constraints = (models.CheckConstraint(condition=_TWO, name="two_set_retention"),)


class LeadRun(models.Model):
    """A screening run whose leads were taken in."""

    digest = models.CharField(max_length=64, primary_key=True)  # SHA-256 of its leads.parquet
    at = models.DateTimeField()
    leads = models.PositiveIntegerField()


class Lead(models.Model):
    """A lead or a sample row of a run, and what officers made of it."""

    lead = models.CharField(max_length=16, primary_key=True)
    run = models.CharField(max_length=64, db_index=True)  # the last one that had it
    kind = models.CharField(max_length=6)
    rank = models.PositiveIntegerField(null=True)
    score = models.BigIntegerField()
    n_records = models.PositiveIntegerField()
    n_hits = models.PositiveIntegerField()
    n_in_force = models.PositiveIntegerField()
    first_date = models.DateField()
    last_date = models.DateField()
    substances = models.TextField()  # parted by spaces
    routes = models.TextField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True)
    secret = models.BinaryField()
    outcome = models.CharField(max_length=9, blank=True)
    decided = models.DateField(null=True)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        """The work list, best first."""

        indexes = (models.Index(fields=["kind", "rank"], name="leads_by_rank"),)

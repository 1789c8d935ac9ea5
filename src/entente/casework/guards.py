"""Rules that a table names and data cannot say. Each returns, or raises `GuardError` with what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from entente.casework import times
from entente.casework.derive import minutes_digest
from entente.casework.errors import GuardError
from entente.casework.model import Asked, folded
from entente.errors import Place
from entente.exchange import strict

MANDATORY = ("basis", "exporter", "importer", "goods", "entry", "dispatch", "due")
"""What article 12, paragraph 10 (a), asks for, the reply date, and why it is notified at all."""


def missing(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """What a notification lacks: mandatory fields, and the addresses of exporter and importer."""
    absent = [name for name in MANDATORY if not fields.get(name)]
    absent += [f"{who}.address" for who in ("exporter", "importer") if who not in absent and not _address(fields, who)]
    if fields.get("basis") == "national-law" and not fields.get("legal-basis"):
        absent.append("legal-basis")
    return tuple(absent)


def _address(fields: Mapping[str, Any], who: str) -> bool:
    return bool(fields[who].get("address"))


def _refuse(message: str, *, field: str | None = None, remedy: str | None = None) -> None:
    raise GuardError(message, place=Place(field=field) if field else None, remedy=remedy)


def _notification_complete(asked: Asked) -> None:
    if absent := missing(asked.after):
        _refuse(f"The notification lacks {', '.join(absent)}.", field=absent[0], remedy="Complete the draft.")


def _due_ahead(asked: Asked) -> None:
    due = times.due_at(asked.after, "due")
    if due is None or due <= asked.now:
        _refuse("The reply date is missing or has passed.", field="due", remedy="Set a reply date ahead.")


def _silent(asked: Asked) -> None:
    if "answer" in asked.before:
        _refuse("There is a reply; it decides.")
    if not times.passed(asked.before, "due", asked.now):
        _refuse("The reply date has not passed, or the time stands still.", remedy="Wait for it.")


def _due_passed(asked: Asked) -> None:
    if not times.passed(asked.before, "due", asked.now):
        _refuse("The reply date has not passed.")
    if asked.before.get("overdue"):
        _refuse("It is recorded as overdue already.")


def _due_unanswered(asked: Asked) -> None:
    due = times.due_at(asked.before, "due")
    if due is None or times.frozen(asked.before):
        _refuse("Nothing is due, or the time stands still.")
    last = [strict.read_moment(entry["entry-at"], what="entry-at") for entry in asked.before.get("reminders", ())]
    if last and asked.now - last[-1] < timedelta(days=1):
        _refuse("It was reminded of within a day.")


def _dispatch_passed(asked: Asked) -> None:
    if not times.passed(asked.before, "dispatch", asked.now):
        _refuse("The day of dispatch is not over everywhere, or is not set.")


def _day_passed(asked: Asked) -> None:
    if not times.passed(asked.before, "due", asked.now):
        _refuse("The day is not over everywhere, or is not set.")


def _not_frozen(asked: Asked) -> None:
    if times.frozen(asked.before):
        _refuse("The time stands still already.")
    thaws = asked.before.get("thaws", ())
    if thaws and asked.data["from"] < thaws[-1]["until"]:
        _refuse("It cannot have stood still before it last ran again.", field="from")


def _frozen(asked: Asked) -> None:
    if not times.frozen(asked.before):
        _refuse("The time runs.")
    if asked.data["until"] < asked.before["freezes"][-1]["from"]:
        _refuse("It cannot run again before it stood still.", field="until")


def _reply_reasoned(asked: Asked) -> None:
    answer = asked.data["answer"]
    if answer in {"objection", "suspend"} and "reason" not in asked.data:
        _refuse("An objection or a suspension needs its reason.", field="reason")
    if answer == "query" and not asked.data.get("questions"):
        _refuse("A query needs its questions.", field="questions")


def _known_there(asked: Asked) -> None:
    if "content" not in asked.before:
        _refuse(
            "The other side knows it by no message.", remedy="Wait until the node has sent it, or use the other way."
        )


def _stood_there(asked: Asked) -> None:
    shown = {"exported": "exported", "no-objection": "answer", "unanswered": "proceeding"}[asked.data["stands-at"]]
    if shown not in asked.before or (shown == "answer" and asked.before["answer"] != "no-objection"):
        _refuse("It never stood there.", field="stands-at")


def _was_shared(asked: Asked) -> None:
    if not asked.before.get("sent-shares"):
        _refuse("Nobody was told of it.", remedy="Use the command discard.")


def _share_asked(asked: Asked) -> None:
    """The node reports a sending that two people asked for, once for each time they did."""
    to = asked.data["to"]
    wanted, told = (sum(one["to"] == to for one in asked.before.get(name, ())) for name in ("shares", "sent-shares"))
    if told >= wanted:
        _refuse("Nobody asked for it to be shared with that authority.", field="to", remedy="Use the command share.")


def _never_shared(asked: Asked) -> None:
    if asked.before.get("shares"):
        _refuse("Others were told of it.", remedy="Use the command withdraw, which tells them.")


def _task_told(asked: Asked) -> None:
    told = any(entry["event"] == "task" for entry in asked.before.get("told", ()))
    if asked.data["event"] == "task-done" and not told:
        _refuse("The other side gave no task.", field="event")


def _came_elsewhere(asked: Asked) -> None:
    if "elsewhere" not in asked.before:
        _refuse("It came through this exchange and is answered through it.", remedy="Use the command reply.")


def _different_goods(asked: Asked) -> None:
    if asked.data["result"] == "different" and not asked.data.get("goods"):
        _refuse("If something else arrived, say what.", field="goods")
    if asked.data["result"] == "not-arrived" and "goods" in asked.data:
        _refuse("If nothing arrived, there are no goods.", field="goods")


def _live(asked: Asked, entries: str, ended: tuple[tuple[str, str], ...]) -> dict[int, Mapping[str, Any]]:
    """Entries of a list by their number, without those that were taken out."""
    gone: set[int] = set()
    for name, key in ended:
        for entry in asked.before.get(name, ()):
            gone |= set(entry[key]) if isinstance(entry[key], list) else {entry[key]}
    return {entry["entry"]: entry for entry in asked.before.get(entries, ()) if entry["entry"] not in gone}


def _links(asked: Asked) -> dict[int, Mapping[str, Any]]:
    return _live(asked, "links", (("unlinks", "link"),))


def _items(asked: Asked) -> dict[int, Mapping[str, Any]]:
    return _live(asked, "items", (("strikes", "item"), ("splits", "items")))


def _link_there(asked: Asked) -> None:
    if asked.data["link"] not in _links(asked):
        _refuse("There is no such tie.", field="link")


def _traced_by_link(asked: Asked) -> None:
    sure = any(link["confidence"] in {"established", "likely"} for link in _links(asked).values())
    if asked.data["found"] == "traced" and not sure:
        _refuse("No tie is established or likely, so it is not traced.", field="found")


def _request_complete(asked: Asked) -> None:
    fields = asked.after
    for name in ("due", "predicate"):
        if name not in fields:
            _refuse(f"The request lacks {name}.", field=name, remedy="Complete the draft.")
    if (fields["use"] == "evidence" or "controlled-delivery" in fields) and "legal-basis" not in fields:
        _refuse("Evidence and controlled delivery need their legal basis.", field="legal-basis")
    if fields.get("urgency", "routine") != "routine" and "urgency-reason" not in fields:
        _refuse("Urgency needs its reason.", field="urgency-reason")
    delivery = fields.get("controlled-delivery")
    if delivery and not asked.now < times.moment(delivery, "window-end") > times.moment(delivery, "window-start"):
        _refuse("The window of the controlled delivery is over or ends before it begins.", field="controlled-delivery")


def _answer_complete(asked: Asked) -> None:
    answer = asked.data["answer"]
    if answer in {"full", "partial"} and "text" not in asked.data:
        _refuse("An answer needs its text.", field="text")
    if answer == "declined" and "reason" not in asked.data:
        _refuse("A refusal needs its reason.", field="reason")


def _delivery_agreed(asked: Asked) -> None:
    agreed = asked.data["answer"] in {"full", "partial"} and "controlled-delivery" in asked.before
    if agreed and "delivery-basis" not in asked.data:
        _refuse(
            "Article 11: a controlled delivery is agreed case by case; say under which decision.",
            field="delivery-basis",
        )


def _onward_to(asked: Asked) -> None:
    if asked.data["action"] == "share" and "to" not in asked.data:
        _refuse("Sharing needs the authority that it would be shared with.", field="to")


def _not_closed_unanswered(asked: Asked) -> None:
    if asked.state and asked.state.side == "theirs" and asked.at in {"received", "acknowledged", "partly-answered"}:
        _refuse("The asking authority still waits.", remedy="Answer, or decline with a reason.")


def _item_complete(asked: Asked) -> None:
    kind = asked.data["kind"]
    if kind == "evidence" and "sha256" not in asked.data:
        _refuse("Evidence needs the hash of its bytes.", field="sha256")
    if kind not in {"note", "task", "decision"} and "reference" not in asked.data:
        _refuse(f"A {kind} needs its reference.", field="reference")


def _item_there(asked: Asked) -> None:
    if asked.data["item"] not in _items(asked):
        _refuse("There is no such item in the case.", field="item")


def _task_there(asked: Asked) -> None:
    item = _items(asked).get(asked.data["item"])
    if item is None or item["kind"] != "task":
        _refuse("There is no such task in the case.", field="item")


def _items_there(asked: Asked) -> None:
    if set(asked.data["items"]) - set(_items(asked)):
        _refuse("Not all of these items are in the case.", field="items")


def _items_movable(asked: Asked) -> None:
    _items_there(asked)
    _into_other(asked)


def _into_other(asked: Asked) -> None:
    if asked.state and asked.data["into"] == asked.state.object:
        _refuse("A case cannot go on in itself.", field="into")


def _from_other(asked: Asked) -> None:
    if asked.state and asked.data["origin"] == asked.state.object:
        _refuse("A case cannot take in itself.", field="origin")


def _not_absorbed(asked: Asked) -> None:
    one = (asked.data["origin"], asked.data["origin-item"])
    if any(one == (entry.get("origin"), entry.get("origin-item")) for entry in asked.before.get("items", ())):
        _refuse("This item was taken in already.", field="origin-item")


def _member(asked: Asked) -> None:
    if asked.by.names[0] not in asked.before.get("members", ()):
        _refuse(f"{asked.by.names[0]} has no part in this.")


def _sender_member(asked: Asked) -> None:
    if asked.by.names[0] not in asked.data["members"]:
        _refuse(f"{asked.by.names[0]} convenes a meeting that it is no member of.", field="members")


def countered(at: str, position: str) -> str:
    """What a counter-statement makes of a commitment in a state: the word that its table knows."""
    agrees = position == "agrees"
    if at in {"proposed", "declined"}:
        return "accepted" if agrees else "declined"
    if at in {"reported", "disputed"}:
        return "verified" if agrees else "disputed"
    return "kept" if agrees else "disputed"


def _countered_fits(asked: Asked) -> None:
    if asked.data["standing"] != countered(asked.at, asked.data["position"]):
        _refuse("The answer does not lead there.", field="standing")


LONGEST = timedelta(days=14)
"""The longest window of a deconfliction query; a longer one would be a way of fishing."""


def _coarse(asked: Asked) -> None:
    start = strict.read_day(asked.after["window-start"], what="window-start")
    end = strict.read_day(asked.after["window-end"], what="window-end")
    if not timedelta() <= end - start <= LONGEST:
        _refuse(f"The window must be at most {LONGEST.days} days and end after it begins.", field="window-end")


def _metered(asked: Asked) -> None:
    if asked.data["used"] >= asked.data["most"]:
        _refuse("The queries of this period are used up.", remedy="Wait for the next period, or have it raised.")


def _contact_was_asked(asked: Asked) -> None:
    if asked.data["answer"] == "contact-given" and (asked.at != "contact-asked" or "contact" not in asked.data):
        _refuse("No contact was asked for, or none is named.", field="contact")


def _acts(asked: Asked, field: str) -> bool:
    return folded(asked.after.get(field, "")) in map(folded, asked.by.names)


def _supervisor_other(asked: Asked) -> None:
    if not folded(asked.data["supervisor"]) or _acts(asked, "supervisor"):
        _refuse("The supervisor is another person than the one who tells.", field="supervisor")


def _supervisor_acts(asked: Asked) -> None:
    if not _acts(asked, "supervisor"):
        _refuse("The supervisor who was told must be one of the two.")


def _owner_acts(asked: Asked) -> None:
    if not _acts(asked, "owner"):
        _refuse("The owner must be one of the two; nobody consents for the owner.", field="owner")


def _agenda_there(asked: Asked) -> None:
    if not asked.after.get("agenda"):
        _refuse("There is no agenda.", field="agenda")


def _same_minutes(asked: Asked) -> None:
    if asked.data["sha256"] != asked.before.get("minutes-sha256"):
        _refuse("These are not the words that are signed.", field="sha256")
    if asked.data["authority"] not in asked.before.get("members", ()):
        _refuse("Who signs is no member.", field="authority")


def _other_minutes(asked: Asked) -> None:
    if asked.at in {"minuted", "closed"} and asked.data["sha256"] == asked.before.get("minutes-sha256"):
        _refuse("These are the same words; it is a signature.")


def _minutes_match(asked: Asked) -> None:
    if minutes_digest(asked.data["minutes"]) != asked.data["sha256"]:
        _refuse("The minutes are not what their digest says.", field="sha256")


def _own_signature(asked: Asked) -> None:
    if asked.data["authority"] != asked.by.names[0]:
        _refuse("Nobody signs for another authority.", field="authority")


def _all_signed(asked: Asked) -> None:
    signed = {entry["authority"] for entry in asked.before.get("signatures", ())}
    if absent := sorted(set(asked.before["members"]) - signed):
        _refuse(f"Not signed by {', '.join(absent)}.")


GUARDS: Mapping[str, Callable[[Asked], None]] = {
    "notification-complete": _notification_complete,
    "due-ahead": _due_ahead,
    "silent": _silent,
    "due-passed": _due_passed,
    "due-unanswered": _due_unanswered,
    "dispatch-passed": _dispatch_passed,
    "day-passed": _day_passed,
    "not-frozen": _not_frozen,
    "frozen": _frozen,
    "reply-reasoned": _reply_reasoned,
    "known-there": _known_there,
    "stood-there": _stood_there,
    "was-shared": _was_shared,
    "never-shared": _never_shared,
    "share-asked": _share_asked,
    "task-told": _task_told,
    "came-elsewhere": _came_elsewhere,
    "different-goods": _different_goods,
    "link-there": _link_there,
    "traced-by-link": _traced_by_link,
    "request-complete": _request_complete,
    "answer-complete": _answer_complete,
    "delivery-agreed": _delivery_agreed,
    "onward-to": _onward_to,
    "not-closed-unanswered": _not_closed_unanswered,
    "item-complete": _item_complete,
    "item-there": _item_there,
    "task-there": _task_there,
    "items-there": _items_there,
    "items-movable": _items_movable,
    "into-other": _into_other,
    "from-other": _from_other,
    "not-absorbed": _not_absorbed,
    "member": _member,
    "sender-member": _sender_member,
    "countered-fits": _countered_fits,
    "coarse": _coarse,
    "metered": _metered,
    "contact-was-asked": _contact_was_asked,
    "supervisor-other": _supervisor_other,
    "supervisor-acts": _supervisor_acts,
    "owner-acts": _owner_acts,
    "agenda-there": _agenda_there,
    "same-minutes": _same_minutes,
    "other-minutes": _other_minutes,
    "minutes-match": _minutes_match,
    "own-signature": _own_signature,
    "all-signed": _all_signed,
}

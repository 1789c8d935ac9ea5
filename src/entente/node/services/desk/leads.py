"""Leads of a screening run: taken in, looked at, decided, or opened as a case; and the outcomes out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from entente.casework.model import State
from entente.casework.views import OUTCOMES
from entente.casework.views import outcomes as outcomes_of
from entente.leads.finished import open_run
from entente.node.services.desk import access_people, opening
from entente.node.services.desk.access_cases import access_states
from entente.node.services.desk.access_leads import LeadLine, access_decided, access_lead, access_leads
from entente.node.services.desk.errors import DeskError
from entente.node.services.desk.recording import writing
from entente.node.services.desk.rules import Who, check_machine, use_case
from entente.node.services.desk.runfiles import batches
from entente.node.services.desk.viewing import check_purpose
from entente.node.services.parts import Parts
from entente.node.store import desk_account, desk_leads
from entente.node.store.desk_account import Entry

DECISIONS = tuple(OUTCOMES.values())


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a run: leads in all, and those that are new here."""

    run: str
    leads: int
    new: int


@dataclass(frozen=True, slots=True)
class LeadView:
    """A lead as somebody opened it: its line, and the parties, reasons, records, hits and flags behind it."""

    line: LeadLine
    says: Mapping[str, Any]


@use_case
def import_run(
    parts: Parts, who: Who, folder: Path, *, unit: str = "", tell: Callable[[int], None] = lambda _: None
) -> Imported:
    """Take in the leads of a screening run.

    A lead keeps its id from run to run: one that is there is brought up to date, and keeps its outcome. Killed at any
    point, the import is simply run again.

    Args:
        parts: the node.
        who: who takes it in.
        folder: what `entente screen --out` wrote.
        unit: whose new leads are; that of who takes them in if empty.
        tell: hears how many are in.

    Raises:
        UsageError, InputError: the folder holds no finished run, or was changed after it.
        DeskError: there is no such unit.
    """
    number = access_people.unit_id(parts.alias, unit) if unit else who.unit
    if unit and number is None:
        raise DeskError(f"There is no unit {unit!r}.", remedy="Write it as it is spelt.")
    run = open_run(folder)
    digest = str(run.record["results"]["leads.parquet"])
    done, new = 0, 0
    for rows in batches(folder, run.record["results"]):
        with writing(parts):
            fresh = desk_leads.put_leads(parts.alias, digest, number, rows)
            facts = {"run": digest, "leads": len(rows), "new": fresh}
            desk_account.append(parts.alias, Entry(parts.clock(), (who.name,), "import-leads", more=facts))
        done, new = done + len(rows), new + fresh
        tell(done)
    with writing(parts):
        desk_leads.put_run(parts.alias, digest, parts.clock(), done)
        facts = {"run": digest, "leads": done}
        desk_account.append(parts.alias, Entry(parts.clock(), (who.name,), "import-run", more=facts))
    return Imported(digest, done, new)


@use_case
def listed(
    parts: Parts, who: Who, kind: str = "lead", after: int = 0, most: int = 50, *, undecided: bool = False
) -> Sequence[LeadLine]:
    """A page of leads, best first, behind a rank; or of sample rows."""
    return access_leads(parts.alias, who, kind, after, most, undecided=undecided)


@use_case
def opened(parts: Parts, who: Who, lead: str, purpose: str) -> LeadView:
    """Open a lead; who opened it, and what for, stands in the account before it is shown.

    Raises:
        NotFoundError: there is no such lead for this person.
        DeskError: no such purpose.
    """
    check_purpose(purpose)
    with writing(parts):
        line, says = access_lead(parts.alias, who, lead)
        desk_account.append(parts.alias, Entry(parts.clock(), (who.name,), "open-lead", lead, purpose))
    return LeadView(line, says)


@use_case
def decide(parts: Parts, who: Who, lead: str, outcome: str, day: date | None = None) -> None:
    """Say what a lead was, without a case: a sample row, or one that a look at its papers settles.

    Args:
        parts: the node.
        who: who decides.
        lead: its id.
        outcome: confirmed, cleared or open.
        day: when it was decided; today if None.

    Raises:
        NotFoundError: there is no such lead for this person.
        DeskError: no such outcome, or a day to come.
    """
    today = parts.clock().date()
    if outcome not in DECISIONS or (day or today) > today:
        raise DeskError("This is no outcome.", remedy=f"Say {', '.join(DECISIONS)}, and a day that has come.")
    with writing(parts):
        access_lead(parts.alias, who, lead)
        desk_leads.decide(parts.alias, lead, outcome, day or today, who.id)
        entry = Entry(parts.clock(), (who.name,), "decide-lead", lead, more={"outcome": outcome})
        desk_account.append(parts.alias, entry)


@use_case
def open_case(parts: Parts, who: Who, lead: str, title: str, purpose: str, *, group: str = "") -> State:
    """Open a case from a lead.

    Args:
        parts: the node.
        who: who opens it.
        lead: its id.
        title: of the case; it stands in work lists, so it names nobody.
        purpose: what the case is for, one of `rules.PURPOSES`; the account keeps it with the lead and the case.
        group: a need-to-know group, in place of the unit.

    Raises:
        NotFoundError: there is no such lead for this person.
        DeskError: no such purpose.
        CaseworkError: the title is none.
    """
    check_machine(who, "case")
    check_purpose(purpose)
    with writing(parts):
        access_lead(parts.alias, who, lead)
        desk_account.append(parts.alias, Entry(parts.clock(), (who.name,), "open-lead", lead, purpose))
    data = {"title": title, "purpose": purpose, "lead": lead}
    return opening.begin(parts, who, "case", "open", data, group=group, purpose=purpose)


@use_case
def outcomes(parts: Parts, who: Who) -> Iterator[dict[str, str]]:
    """Rows for `entente leads calibrate`: of closed cases, and of leads that were decided without one.

    Only what the person may see is told.
    """
    closed = (state for state in access_states(parts.alias, who, "case") if state.at == "closed")
    yield from outcomes_of(closed)
    for lead, outcome, day in access_decided(parts.alias, who):
        yield {"lead_id": lead, "outcome": outcome, "decided_on": day.isoformat() if day else "", "note": ""}

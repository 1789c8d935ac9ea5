"""As-of answers against an oracle that walks day by day, and lists that survive being written and read."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.substances import Direction, Form, findings
from entente.substances.asof import NEAREST
from entente.substances.dates import cut_points, overlap, parse_loose_day
from entente.substances.document import parse_document
from entente.substances.model import BEGINNING, FOREVER
from entente.substances.tables import coverage_spans
from substances_toy import PARTIAL, list_text, register_of

FIRST = date(2019, 12, 1)
DAYS = st.integers(0, 500).map(lambda n: FIRST + timedelta(days=n))
LOOSE = DAYS.flatmap(lambda day: st.sampled_from([f"{day:%Y}", f"{day:%Y-%m}", day.isoformat()]))
DESTINATIONS = st.none() | st.lists(st.sampled_from(["MM", "LA", "US"]), min_size=1, unique=True)
FORMS = st.lists(st.sampled_from(["salt", "ester"]), unique=True)
DIRECTIONS = st.lists(st.sampled_from(["export", "import", "transit"]), min_size=1, unique=True)


@st.composite
def raw_listings(draw):
    rows = []
    for number in range(draw(st.integers(0, 4))):
        start = draw(LOOSE)
        row = {
            "id": f"toy:{number}",
            "substance": "examplin",
            "category": "Schedule 1",
            "effective_from": start,
            "quote": draw(st.text("abc: #-é碱", min_size=1).filter(str.strip)),
            "quote_lang": "en",
            "confidence": "low",
            "forms": draw(FORMS),
            "directions": draw(DIRECTIONS),
        }
        destinations = draw(DESTINATIONS)
        if destinations is not None:
            row["destination_scope"] = destinations
        if draw(st.booleans()):
            row["effective_to"] = (parse_loose_day(start)[1] + timedelta(days=draw(st.integers(1, 300)))).isoformat()
        rows.append(row)
    return rows


@st.composite
def registers(draw):
    coverage = "    - {from: 2020-02-01, to: 2020-09-01, state: complete}" if draw(st.booleans()) else PARTIAL
    rows = draw(raw_listings())
    text = list_text(coverage=coverage)
    return rows, register_of(text + (yaml.safe_dump({"listings": rows}, allow_unicode=True) if rows else ""))


def walked(row: dict, day: date) -> str:
    """In time, by walking: the days on which it surely holds, perhaps holds, is yet to come, or is over."""
    first, last = parse_loose_day(row["effective_from"])
    end = date.fromisoformat(row["effective_to"]) if "effective_to" in row else None
    perhaps = {first + timedelta(days=n) for n in range((last - first).days)}
    if day in perhaps:
        return "effective_date_imprecise"
    if day < first:
        return "before_effective"
    return "in_force" if end is None or day < end else "after_repeal"


def oracle(row: dict, day: date, destination: str | None, direction: str, forms: list[str]) -> str:
    failures = [
        name
        for name, fails in (
            ("form_outside_scope", not set(forms) <= set(row["forms"])),
            ("destination_outside_scope", "destination_scope" in row and destination not in row["destination_scope"]),
            ("direction_outside_scope", direction not in row["directions"]),
        )
        if fails
    ]
    time = walked(row, day)
    if not failures:
        return time
    return failures[0] if time == "in_force" else "no_listing"


@settings(max_examples=150, deadline=None)
@given(registers(), DAYS, st.sampled_from(["MM", "US", "DE"]), st.sampled_from(["export", "import", "transit"]), FORMS)
def test_every_answer_is_what_walking_day_by_day_finds(made, day, destination, direction, forms):
    rows, register = made
    form = Form.BASE
    for name in forms:
        form |= Form[name.upper()]
    found = findings(
        register, "examplin", day, "CN", destination=destination, direction=Direction[direction.upper()], form=form
    )
    reasons = {row["id"]: oracle(row, day, destination, direction, forms) for row in rows}
    in_force = sorted(key for key, reason in reasons.items() if reason == "in_force")
    if in_force:
        assert [f.listing.id for f in found] == in_force
        assert {f.status for f in found} == {"listed"}
        return
    (only,) = found
    assert only.reason == min(reasons.values(), key=NEAREST.index, default="no_listing")
    covered = register.instruments["toy"].covers(day)
    may_clear = covered and only.reason != "effective_date_imprecise"
    assert only.status == ("not_listed" if may_clear else "unknown_coverage")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(DAYS, st.integers(1, 200), st.sampled_from(["complete", "partial"])), max_size=4))
def test_combined_coverage_is_what_each_day_says(parts):
    lines = [f"    - {{from: {s}, to: {s + timedelta(days=n)}, state: {state}}}" for s, n, state in parts]
    register = register_of(list_text(coverage="\n".join(lines) or PARTIAL))
    spans = coverage_spans(register.instruments.values())
    assert (spans[0][0], spans[-1][1]) == (BEGINNING, FOREVER)
    assert all(a[1] == b[0] and a[2] != b[2] for a, b in pairwise(spans))
    for day in (FIRST + timedelta(days=n) for n in range(0, 720, 3)):
        said = next(state for start, end, state in spans if start <= day < end)
        states = {state for s, n, state in parts if s <= day < s + timedelta(days=n)}
        assert said == ("complete" if states == {"complete"} else "partial")


@settings(max_examples=100, deadline=None)
@given(raw_listings())
def test_a_list_survives_being_written_and_read(rows):
    text = yaml.safe_dump({"listings": rows}, allow_unicode=True)
    assert parse_document(text.encode(), "x.yaml").data == {"listings": rows}


@given(DAYS, st.integers(1, 90), DAYS, st.integers(1, 90))
def test_overlap_is_a_common_day(first, n, second, m):
    days = {first + timedelta(days=i) for i in range(n)} & {second + timedelta(days=i) for i in range(m)}
    assert overlap((first, first + timedelta(days=n)), (second, second + timedelta(days=m))) == bool(days)


@given(st.lists(st.tuples(DAYS, DAYS)))
def test_cut_points_are_sorted_and_keep_both_ends(spans):
    points = cut_points(spans, BEGINNING, FOREVER)
    assert points == sorted(set(points))
    assert (points[0], points[-1]) == (BEGINNING, FOREVER)


@given(DAYS)
def test_a_looser_date_holds_the_day(day):
    for text in (f"{day:%Y}", f"{day:%Y-%m}", day.isoformat()):
        first, last = parse_loose_day(text)
        assert first <= day <= last

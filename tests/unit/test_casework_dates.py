"""Working days against published lists, terms, deadlines through zones, and quantities."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework_data import GOODS, NOTIFICATION, NOW
from entente.casework.deadlines import Reply, Standing, deadlines, reply
from entente.casework.engine import begin, transition
from entente.casework.errors import CalendarError
from entente.casework.model import Command, node, pair, person
from entente.casework.reconcile import Finding, reconcile
from entente.casework.terms import (
    EVERY,
    Invocation,
    Invocations,
    Invoked,
    Term,
    invocations,
    propose,
    read_terms,
    term_for,
)
from entente.casework.workdays import calendar, calendars
from entente.errors import InputError

# As the authorities publish them: Office of Personnel Management, federal holidays 2026; State Council notice for 2026;
# Federal Labour Law, article 74, for 2026.
US_2026 = "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"
CN_2026 = (
    "01-01 01-02 02-16 02-17 02-18 02-19 02-20 02-23 04-06 05-01 05-04 05-05 06-19 09-25 10-01 10-02 10-05 10-06 10-07"
)
CN_2026_WORK = "01-04 02-14 02-28 05-09 09-20 10-10"
MX_2026 = "01-01 02-02 03-16 05-01 09-16 11-16 12-25"


def days(text: str, year: int = 2026) -> set[date]:
    return {date.fromisoformat(f"{year}-{part}") for part in text.split()}


def year(number: int) -> list[date]:
    first = date(number, 1, 1)
    return [first + timedelta(days=n) for n in range(366) if (first + timedelta(days=n)).year == number]


@pytest.mark.parametrize(
    ("country", "off", "work"), [("US", US_2026, ""), ("CN", CN_2026, CN_2026_WORK), ("MX", MX_2026, "")]
)
def test_a_year_as_it_was_published(country, off, work):
    found = {day: calendar(country).day(day).working for day in year(2026)}
    assert {day for day, working in found.items() if working is False and day.weekday() < 5} == days(off)
    assert {day for day, working in found.items() if working and day.weekday() > 4} == days(work)


def test_what_is_not_established_is_said_so():
    assert calendar("CN").day(date(2027, 3, 1)).working is None
    assert calendar("US").day(date(2029, 1, 20)).working is None
    assert calendar("MX").day(date(2026, 5, 5)).working is None
    assert all(one.note for one in calendars().values())
    with pytest.raises(CalendarError):
        calendar("DE")


def test_every_special_day_names_its_source():
    for country in ("CN", "US", "MX"):
        for day in year(2026):
            found = calendar(country).day(day)
            assert found.why in {"", "weekend"} or found.source.startswith("https://")


def test_a_holiday_of_next_year_may_be_kept_in_this_one():
    assert calendar("US").day(date(2027, 12, 31)).why == "New Year's Day"


def test_a_term_jumps_the_golden_week_and_the_working_sunday():
    count = calendar("CN").after(date(2026, 9, 18), 10)  # a Friday; the Sunday after is a working day
    assert count.day == date(2026, 10, 9)
    assert count.ends == datetime(2026, 10, 9, 15, 59, 59, tzinfo=UTC)
    assert count.doubtful == ()


def test_a_term_into_a_year_that_is_not_arranged_says_so():
    count = calendar("CN").after(date(2026, 12, 30), 3)
    assert count.day == date(2027, 1, 5)  # New Year's Day is in the statute itself
    assert set(count.doubtful) == {date(2027, 1, day) for day in (2, 3, 4, 5)}


@given(st.sampled_from(["CN", "US", "MX"]), st.dates(date(2025, 1, 1), date(2026, 10, 1)), st.integers(1, 30))
def test_a_term_has_so_many_working_days(country, start, length):
    found = calendar(country).after(start, length)
    span = [start + timedelta(days=n + 1) for n in range((found.day - start).days)]
    assert sum(calendar(country).day(day).working is True for day in span) == length
    assert calendar(country).day(found.day).working


@pytest.mark.parametrize("length", [0, -1, 367])
def test_a_term_has_a_length(length):
    with pytest.raises(CalendarError):
        calendar("US").after(date(2026, 1, 1), length)


def test_the_end_of_a_day_through_summer_time():
    assert calendar("US").ends(date(2026, 3, 7)) == datetime(2026, 3, 8, 4, 59, 59, tzinfo=UTC)
    assert calendar("US").ends(date(2026, 3, 8)) == datetime(2026, 3, 9, 3, 59, 59, tzinfo=UTC)


TERMS = [
    Term(EVERY, EVERY, EVERY, 15, working=True, source="General agreement"),
    Term("MX", "CN", EVERY, 10, working=True, source="Working group"),
    Term("MX", "CN", "108-24-7", 5, working=False, source="Protocol 2", start=date(2026, 1, 1), end=date(2027, 1, 1)),
]


@pytest.mark.parametrize(
    ("pair_", "substance", "day", "length"),
    [
        (("US", "CN"), "acetone", date(2026, 5, 1), 15),
        (("MX", "CN"), "acetone", date(2026, 5, 1), 10),
        (("MX", "CN"), "108-24-7", date(2026, 12, 31), 5),
        (("MX", "CN"), "108-24-7", date(2027, 1, 1), 10),
    ],
)
def test_the_row_that_names_more_goes_before(pair_, substance, day, length):
    found = term_for(TERMS, *pair_, substance, day)
    assert found is not None
    assert found.days == length


def test_no_row_is_no_term_and_two_that_differ_are_for_a_person():
    assert term_for([], "MX", "CN", "acetone", NOW.date()) is None
    with pytest.raises(CalendarError, match="Two terms"):
        term_for([*TERMS, Term("MX", "CN", EVERY, 11, working=True, source="x")], "MX", "CN", "acetone", NOW.date())


def test_a_term_counts_from_the_day_it_was_in_the_importing_country():
    late = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # 01:00 on the 25th in Shanghai
    term = Term(EVERY, EVERY, EVERY, 1, working=True, source="x")
    assert propose(term, "CN", late).due.astimezone(ZoneInfo("Asia/Shanghai")).date() == date(2026, 11, 26)
    calendar_days = Term(EVERY, EVERY, EVERY, 10, working=False, source="x")
    assert propose(calendar_days, "CN", late).due == datetime(2026, 12, 5, 15, 59, 59, tzinfo=UTC)


def test_invocations_never_say_not_where_they_are_not_complete():
    rows = (Invocation("CN", "108-24-7", date(2020, 1, 1), date(2026, 1, 1), "INCB"),)
    open_ = Invocations(rows)
    assert open_.on("CN", "108-24-7", date(2025, 12, 31)) is Invoked.INVOKED
    assert open_.on("CN", "108-24-7", date(2026, 1, 1)) is Invoked.UNKNOWN
    whole = Invocations(rows, date(2020, 1, 1), date(2026, 12, 31))
    assert whole.on("CN", "108-24-7", date(2026, 1, 1)) is Invoked.NOT_INVOKED
    assert whole.on("CN", "108-24-7", date(2027, 1, 1)) is Invoked.UNKNOWN
    assert whole.on("MX", "108-24-7", date(2019, 1, 1)) is Invoked.UNKNOWN


def test_invocations_from_the_canonical_table():
    row = {
        "country": "CN",
        "substance": "acetic anhydride",
        "substance_id": "108-24-7",
        "invoked_from": date(2020, 1, 1),
    }
    table = invocations([row])
    assert table.on("CN", "Acetic Anhydride", date(2026, 1, 1)) is Invoked.INVOKED
    assert table.on("CN", "108-24-7", date(2026, 1, 1)) is Invoked.INVOKED


def test_terms_from_a_file(tmp_path):
    path = tmp_path / "terms.yaml"
    path.write_text(
        "- {exporting: MX, importing: CN, days: 10, working: true, source: Working group, start: 2026-01-01}\n"
        "- {substance: 108-24-7, days: 5, working: false, source: Protocol 2}\n",
        encoding="utf-8",
    )
    one, two = read_terms(path)
    assert (one.exporting, one.days, one.working, one.start) == ("MX", 10, True, date(2026, 1, 1))
    assert (two.importing, two.substance) == (EVERY, "108-24-7")


@pytest.mark.parametrize(
    "text",
    [
        "- {days: 10, working: true}",
        "- {days: 0, working: true, source: x}",
        "- {days: ten, working: true, source: x}",
        "- {days: 10, working: maybe, source: x}",
        "- {days: 10, working: true, source: x, colour: red}",
        "- {days: 10, working: true, source: x, start: 2026-01-01T00:00:00Z}",
        "- {days: 10, working: true, source: x, start: 2027-01-01, end: 2026-01-01}",
        "- just words",
        "7",
        "{",
    ],
)
def test_a_file_of_terms_that_is_not_whole_is_refused(tmp_path, text):
    (tmp_path / "terms.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_terms(tmp_path / "terms.yaml")


def waiting():
    state, _ = begin("notification", "n-1", Command("draft", NOTIFICATION), person("Ann"), NOW)
    for command, by, data in (("release", pair("Ann", "Bob"), {}), ("sent", node(), {"content": "a" * 64})):
        state, _ = transition(state, Command(command, data), by, NOW)
    return transition(state, Command("received"), node(), NOW)[0]


WAITING = waiting()
DUE = datetime(2026, 12, 10, 16, 0, tzinfo=UTC)


@given(st.timedeltas(timedelta(days=-30), timedelta(days=30)), st.integers(-14, 14))
def test_a_deadline_is_the_same_moment_in_every_zone(offset, hours):
    now = DUE + offset
    there = now.astimezone(timezone(timedelta(hours=hours)))
    (one,), (two,) = deadlines(WAITING, now), deadlines(WAITING, there)
    assert one == two
    assert (one.standing is Standing.PASSED) == (offset > timedelta())
    assert reply(WAITING, there) == (Reply.SILENCE if offset > timedelta() else Reply.WAITING)


def test_a_clock_that_is_set_back_does_not_bring_a_passed_date_back():
    late = DUE + timedelta(hours=1)
    state, _ = transition(WAITING, Command("overdue"), node(), late)
    data = {"legal-basis-without-reply": "Law 7", "proceeding": "No reply."}
    after, events = transition(
        state, Command("proceed-without-reply", data), pair("Ann", "Bob"), DUE - timedelta(days=3)
    )
    assert after.at == "unanswered"
    assert after.since == late
    assert events[0].at == DUE - timedelta(days=3)


def goods(amount: str, unit: str = "kg", **substance: str):
    return [{"substance": substance or GOODS[0]["substance"], "quantity": {"amount": amount, "unit": unit}}]


@pytest.mark.parametrize(
    ("arrivals", "finding", "arrived"),
    [
        ([{"result": "as-notified"}], Finding.AS_NOTIFIED, "20000"),
        ([{"result": "different", "goods": goods("20000000", "g")}], Finding.AS_NOTIFIED, "20000"),
        ([{"result": "different", "goods": goods("19999.999")}], Finding.LESS, "19999.999"),
        ([{"result": "different", "goods": goods("20000.001")}], Finding.MORE, "20000.001"),
        ([{"result": "different", "goods": goods("12000")}] * 2, Finding.MORE, "24000"),
        ([{"result": "not-arrived"}], Finding.NOT_ARRIVED, "0"),
        ([], Finding.NOT_ARRIVED, "0"),
    ],
)
def test_what_arrived_against_what_was_notified(arrivals, finding, arrived):
    (line,) = reconcile(GOODS, arrivals)
    assert (line.finding, line.arrived) == (finding, Decimal(arrived))


def test_litres_are_no_kilograms_and_other_goods_are_not_notified():
    arrivals = [{"result": "different", "goods": goods("20000", "l") + goods("5", name="Acetone")}]
    found = {(line.substance, line.unit): line.finding for line in reconcile(GOODS, arrivals)}
    assert found == {
        ("Acetic anhydride", "kg"): Finding.NOT_ARRIVED,
        ("Acetic anhydride", "l"): Finding.NOT_NOTIFIED,
        ("Acetone", "kg"): Finding.NOT_NOTIFIED,
    }

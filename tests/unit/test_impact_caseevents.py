"""Indicators of case events count what was due, and nothing that is still open."""

from __future__ import annotations

from datetime import date

from entente.impact.caseevents import Asked, by_month


def test_months_are_counted_once_everything_in_them_has_fallen_due():
    events = [
        Asked("notification", date(2024, 3, 1), date(2024, 3, 16), date(2024, 3, 10)),
        Asked("notification", date(2024, 3, 9), date(2024, 3, 24), date(2024, 4, 2)),
        Asked("notification", date(2024, 3, 20), date(2024, 4, 4)),
        Asked("notification", date(2024, 4, 20), date(2024, 5, 5), date(2024, 4, 21)),
        Asked("request", date(2024, 3, 2), date(2024, 3, 30)),
    ]
    march, request = by_month(events, date(2024, 5, 1))
    assert (march.asked, march.answered, march.in_time, march.median_days) == (3, 2, 1, 16.5)
    assert (request.kind, request.answered, request.median_days) == ("request", 0, None)
    assert [one.month.month for one in by_month(events, date(2024, 5, 6)) if one.kind == "notification"] == [3, 4]


def test_an_answer_of_tomorrow_is_none_today():
    (month,) = by_month([Asked("x", date(2024, 1, 1), date(2024, 1, 5), date(2024, 3, 1))], date(2024, 2, 2))
    assert (month.answered, month.in_time) == (0, 0)

"""Read one cell of text as a number, a date or a truth value. Pure functions; ValueError says it cannot be read.

Vectorised code calls these once for each distinct text, so they may take their time and be exact.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

TRUE_WORDS = frozenset(("true", "t", "yes", "y", "1", "是", "真", "si", "sí", "verdadero", "예", "참"))
FALSE_WORDS = frozenset(("false", "f", "no", "n", "0", "否", "假", "falso", "아니오", "거짓"))

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_TOKENS = {
    "YYYY": r"(?P<year>\d{4})",
    "MM": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "MON": r"(?P<name>[^\W\d_]{3,12}\.?)",
}
_DIRECTIVES = (("%Y", "YYYY"), ("%m", "MM"), ("%d", "DD"), ("%b", "MON"), ("%B", "MON"))
_TOKEN = re.compile("YYYY|MON|MM|DD")
#: Days with their year first, and a time behind them that may name its zone: there is one way only to read them.
_ZONE = r"\s?(?P<zone>Z|[+-]\d{2}:?\d{2})?"
_CLOCK = r"(?:\s*[T ]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::[0-5]\d(?:[.,]\d+)?)?" + _ZONE + ")?"
_CLOCK_DIGITS = r"(?:[T ]?(?P<hour>\d{2})(?P<minute>\d{2})[0-5]\d" + _ZONE + ")?"
_YEAR_FIRST = (
    re.compile(r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})" + _CLOCK),
    re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})" + _CLOCK),
    re.compile(r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})" + _CLOCK_DIGITS),
    re.compile(r"(?P<year>\d{4})\s?[年년]\s?(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日号號일]" + _CLOCK),
)
#: A day of which nobody but the writer knows whether its month or its day stands first.
_DAY_MONTH = re.compile(r"\d{1,2}([-/. ])\d{1,2}\1(?:\d{4}|\d{2})(?:[T ].*)?")
#: Spreadsheet days that a cell without a date's look may hold: 1990-01-01 to 2099-12-31. A year or a count is none.
_SERIALS = (32_874.0, 73_051.0)
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:Z|[+-]\d{2}:?\d{2})?)?")
_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "jan january ene enero",
            "feb february febrero",
            "mar march marzo",
            "apr april abr abril",
            "may mayo",
            "jun june junio",
            "jul july julio",
            "aug august ago agosto",
            "sep sept september septiembre setiembre",
            "oct october octubre",
            "nov november noviembre",
            "dec december dic diciembre",
        ),
        start=1,
    )
    for word in words.split()
}
#: Day zero of spreadsheet serial dates (the 1900 system, which counts a 29 February 1900 that never was) and of the
#: 1904 system.
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_EXCEL_1904_EPOCH = dt.date(1904, 1, 1)


def parse_number(text: str, *, decimal: str = ".", thousands: str | None = None) -> float:
    """Read a decimal number written with the given marks.

    Raises:
        ValueError: the text is not such a number, or its thousands marks do not stand in groups of three.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if thousands is not None:
        plain = _without_thousands(plain, thousands, decimal)
    if decimal != ".":
        if "." in plain:
            raise ValueError(text)
        plain = plain.replace(decimal, ".")
    if not _NUMBER.fullmatch(plain):
        raise ValueError(text)
    return float(plain)


def _without_thousands(plain: str, mark: str, decimal: str) -> str:
    mark = unicodedata.normalize("NFKC", mark)
    whole, point, rest = plain.partition(decimal)
    if mark not in whole:
        return plain
    first, *groups = whole.lstrip("+-").split(mark)
    if not 1 <= len(first) <= 3 or any(len(group) not in (2, 3) for group in groups) or len(groups[-1]) != 3:
        raise ValueError(plain)  # groups of two are Indian: 1,00,000
    return whole.replace(mark, "") + point + rest


def parse_bool(text: str) -> bool:
    """Read a truth value in English, Chinese, Spanish or Korean."""
    word = text.strip().casefold()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(text)


#: How dates are read where no mapping says it.
PLAIN = ("iso", "year_first")


@dataclass(frozen=True, slots=True)
class DateReader:
    """Reads dates written in any of some formats, tried in order.

    Args:
        formats: `iso`, `year_first`, `excel`, `excel1904`, `epoch_s`, `epoch_ms`, or a pattern of YYYY, MM, DD, MON
            such as `DD/MM/YYYY` or `YYYYMMDD` (also written `%d/%m/%Y`, `%Y%m%d`). `iso` is always tried last.
            `cell` and `cell1904` are those of a workbook's numbers, see `with_cells`.
        zone: IANA zone in which a moment is turned into a day; UTC when not given.
    """

    formats: tuple[str, ...] = PLAIN
    zone: str | None = None

    def __call__(self, text: str) -> dt.date:
        """Read one date; ValueError when no format fits."""
        plain = unicodedata.normalize("NFKC", text).strip()
        for name in (*self.formats, "iso"):  # a full ISO date can only be read in one way
            try:
                return date_format(name)(plain, self.zone)
            except (ValueError, OverflowError):
                continue
        raise ValueError(text)

    @property
    def is_plain(self) -> bool:
        """Whether nobody said how the dates are written."""
        return self.formats[: len(PLAIN)] == PLAIN

    def with_cells(self, *, from_1904: bool) -> DateReader:
        """Read numbers of a workbook as its days too, where nobody said how the dates are written.

        A day whose cell has lost its date's look is a number. The workbook says from when it counts; a text file
        does not, so there such a number stays unread.
        """
        extra = "cell1904" if from_1904 else "cell"
        return DateReader((*self.formats, extra), self.zone) if self.formats == PLAIN else self


def day_or_month_first(text: str) -> bool:
    """Tell whether a text is a day that ends in its year, so that its day and month may be in either order."""
    return _DAY_MONTH.fullmatch(unicodedata.normalize("NFKC", text).strip()) is not None


DateFormat = Callable[[str, str | None], dt.date]


@cache
def date_format(name: str) -> DateFormat:
    """Return the function that reads dates in one format.

    Raises:
        ValueError: the format has no year, month and day, or names none.
    """
    named: dict[str, DateFormat] = {
        "iso": _iso,
        "year_first": _year_first,
        "cell": lambda text, _zone: _cell_date(text, _EXCEL_EPOCH),
        "cell1904": lambda text, _zone: _cell_date(text, _EXCEL_1904_EPOCH),
        "excel": lambda text, _zone: serial_date(parse_number(text)),
        "excel1904": lambda text, _zone: serial_date(parse_number(text), _EXCEL_1904_EPOCH),
        "epoch_s": lambda text, zone: _moment(parse_number(text), zone),
        "epoch_ms": lambda text, zone: _moment(parse_number(text) / 1000, zone),
    }
    if name in named:
        return named[name]
    for directive, token in _DIRECTIVES:
        name = name.replace(directive, token)
    pattern = _compiled(name)
    return lambda text, _zone: _by_pattern(pattern, text)


def serial_date(serial: float, epoch: dt.date = _EXCEL_EPOCH) -> dt.date:
    """Turn a spreadsheet's serial day into a date.

    In the 1900 system day 60 is a 29 February 1900 that never was, and the days before it count from 1899-12-31.

    Raises:
        ValueError: the day is before 1900 (or 1904), after 9999, or never was.
    """
    if epoch == _EXCEL_1904_EPOCH:
        if not 0 <= serial < 2_957_004:
            raise ValueError(serial)
    elif not 1 <= serial < 2_958_466 or 60 <= serial < 61:
        raise ValueError(serial)
    elif serial < 60:
        serial += 1
    return epoch + dt.timedelta(days=int(serial))


def _iso(text: str, zone: str | None) -> dt.date:
    found = _ISO.fullmatch(text)
    if not found:
        raise ValueError(text)
    written = dt.date(int(found[1]), int(found[2]), int(found[3]))
    if len(text) == 10:
        return written
    moment = dt.datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))
    if zone is None or moment.tzinfo is None:  # a local day stays the day that was written
        return written
    return moment.astimezone(ZoneInfo(zone)).date()


def _year_first(text: str, zone: str | None) -> dt.date:
    """A day as YYYY-M-D, YYYY/M/D, YYYY.M.D, YYYYMMDD or YYYY年M月D日, with or without a time behind it."""
    found = next((match for pattern in _YEAR_FIRST if (match := pattern.fullmatch(text))), None)
    if found is None:
        raise ValueError(text)
    written = dt.date(int(found["year"]), int(found["month"]), int(found["day"]))
    if found["hour"] is None:
        return written
    clock = f"{found['hour']:0>2}:{found['minute']}{found['zone'] or ''}"
    moment = dt.datetime.fromisoformat(f"{written.isoformat()}T{clock}")
    if zone is None or moment.tzinfo is None:  # a local day stays the day that was written
        return written
    return moment.astimezone(ZoneInfo(zone)).date()


def _cell_date(text: str, epoch: dt.date) -> dt.date:
    serial = parse_number(text)
    since_1900 = serial + (epoch - _EXCEL_EPOCH).days
    if not _SERIALS[0] <= since_1900 < _SERIALS[1]:
        raise ValueError(text)
    return serial_date(serial, epoch)


def _moment(seconds: float, zone: str | None) -> dt.date:
    return dt.datetime.fromtimestamp(seconds, tz=ZoneInfo(zone or "UTC")).date()


def _compiled(name: str) -> re.Pattern[str]:
    tokens = _TOKEN.findall(name)
    kinds = {"MM" if token == "MON" else token for token in tokens}  # noqa: S105 (a token of a date, no secret)
    if kinds != {"YYYY", "MM", "DD"} or len(tokens) != 3:
        raise ValueError(name)
    bare = not re.search(r"(YYYY|MM|DD)[^A-Z]", name)
    pieces = [_fixed(token) if bare and token in ("MM", "DD") else _TOKENS[token] for token in tokens]
    literal = [re.escape(part) for part in _TOKEN.split(name)]
    body = "".join(text + piece for text, piece in zip(literal, [*pieces, ""], strict=True))
    return re.compile(body, re.IGNORECASE)


def _fixed(token: str) -> str:
    return _TOKENS[token].replace("{1,2}", "{2}")  # without separators every number has its full width


def _by_pattern(pattern: re.Pattern[str], text: str) -> dt.date:
    found = pattern.fullmatch(text)
    if not found:
        raise ValueError(text)
    parts = found.groupdict()
    month = parts.get("month")
    number = int(month) if month else _MONTHS.get(parts["name"].casefold().rstrip("."), 0)
    return dt.date(int(parts["year"]), number, int(parts["day"]))


def known_date_formats(formats: Sequence[str]) -> bool:
    """Tell whether every format in the list can be read."""
    try:
        for name in formats:
            date_format(name)
    except ValueError:
        return False
    return True

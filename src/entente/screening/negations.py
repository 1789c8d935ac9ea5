"""Words of English and Spanish that name a substance as absent, and how far they reach.

* Right before a name: "no X", "without (-)-X". Not where "No" labels a number ("CAS No X").
* Through a list that "or" or "nor" closes: "no X, Y or Z".
* To the end of a clause: "other than X", "excl. X", "neither X nor Y".
* Right behind a name: "X-free", "X: none", "X not detected". A comma parts them ("X, none other"), and so does another
  word ("X none other").

Whoever hides a substance may write so. Such a name is found all the same, and shown apart.
"""

from __future__ import annotations

import functools
import re

from entente.screening.lexicon import alternatives, latin

#: Characters before a name that hold the words before it.
NEAR = 64
#: Between a negation and a name: signs of a stereoisomer, and brackets.
_SIGNS = r"(?:[\s\-]+\(?(?:[+\-±]|\+/-|\+-|dl?|[lrsez]|d,l|\d?[rs](?:,\d?[rs])*)\)?(?=[\s\-]))*[\s\-]+[(\[]?"
#: One thing of a list of things that are absent.
_THING = r"(?!\d+\s)[a-z0-9'()\[\]+\-]+(?: [a-z0-9'()\[\]+\-]+){0,3}"
_LABEL = re.compile(r"([a-z]+)[\s.:#\-]*$")
_NEXT_WORD = re.compile(r"[\s\-]*(?P<word>[a-z]+)")


@functools.cache
def _exclusions() -> re.Pattern[str]:
    words = latin()
    charges = rf"\s+(?:the\s+|el\s+|la\s+)?(?:{alternatives(words['charges'])})\b"
    return re.compile(rf"(?<![a-z])(?:{alternatives(words['exclusions'])})\b(?:(?<=excl)\.)?+(?!{charges})")


@functools.cache
def _right_before() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?P<negation>{alternatives(latin()['negations'])}){_SIGNS}$")


@functools.cache
def _through_list() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """A list that ends before a name by "or"; one that goes on with a name; and the rest of one behind a name."""
    words = latin()
    negation, closing = rf"(?<![a-z])(?P<negation>{alternatives(words['negations'])})\s+", alternatives(words["or"])
    things = rf"{_THING}(?:\s*,\s*{_THING})*"
    return (
        re.compile(rf"{negation}(?P<things>{things})(?:\s*/\s*|\s*,?\s+(?:{closing})\s+){_SIGNS_BEFORE}$"),
        re.compile(rf"{negation}(?P<things>{things})\s*,\s*$"),
        re.compile(rf"(?:\s*,\s*{_THING})*\s*,?\s+(?:{closing})\s+[a-z0-9(]"),
    )


_SIGNS_BEFORE = r"(?:\(?[+\-±]\)?-)?"


@functools.cache
def _behind() -> re.Pattern[str]:
    words = latin()
    said = alternatives(words["absent_behind"])
    further = alternatives(words["absent_further"])
    return re.compile(rf"[\s)\]]*[\s:=\-]*(?<![a-z])(?:{said})(?:\s+(?:{further}))?(?![a-z])(?!\s*[\-]?[a-z0-9])")


def negated(left: str) -> int:
    """Characters before a name from a plain negation on that reaches it; 0 without one."""
    near = left[-NEAR:]
    found = _right_before().search(near)
    if found is None:
        found = _through_list()[0].search(near)
        if found is None or _stops(found["things"]):
            return 0
    return 0 if _is_label(near, found) else len(near) - found.start()


def listed_on(left: str, right: str) -> int:
    """Characters before a name in the middle of a list of absent things: "no A, X or B"; 0 elsewhere."""
    _, middle, rest = _through_list()
    near = left[-NEAR:]
    found = middle.search(near)
    if found is None or _stops(found["things"]) or _is_label(near, found) or not rest.match(right):
        return 0
    return len(near) - found.start()


def _stops(things: str) -> bool:
    """Does the list hold a word that ends what a negation reaches, such as "more than"?"""
    return not latin()["negation_stops"].isdisjoint(re.split(r"[^a-z]+", things))


def _is_label(text: str, found: re.Match[str]) -> bool:
    """Is it the "No" of a number: "CAS No", "Item No"?"""
    if found["negation"] != "no":
        return False
    label = _LABEL.search(text[: found.start()])
    return label is not None and label[1] in latin()["numbered"]


def excluded(left: str) -> int:
    """Characters before the name from the last exclusion on, whose clause is still open; 0 without one.

    A clause ends at a semicolon, a colon, a full stop before a space, or where the bracket it stands in is closed.
    """
    places = [found.span() for found in _exclusions().finditer(left)]
    return len(left) - places[-1][0] if places and _is_open(left[places[-1][1] :]) else 0


def _is_open(clause: str) -> bool:
    depth = 0
    for at, char in enumerate(clause):
        depth += (char in "([") - (char in ")]")
        if depth < 0 or (depth == 0 and (char in ";:" or clause[at : at + 2] == ". ")):
            return False
    return True


def before(left: str) -> int:
    """Characters before a name that name it as absent; 0 if nothing does."""
    return negated(left) or excluded(left)


def behind(right: str) -> int:
    """Characters behind a name that name it as absent: "-free", ": none"; 0 if nothing does."""
    found = _behind().match(right)
    if found is not None:
        return found.end()
    free = re.match(r"[\s)\]]*(?P<gap>[\s\-]+)free(?![a-z])", right)
    return free.end() if free and not _is_given_freely(free["gap"], right[free.end() :]) else 0


def _is_given_freely(gap: str, rest: str) -> bool:
    """Is it not "X free", but X that is "free of" something, a "free sample", a "free base"?"""
    follower = _NEXT_WORD.match(rest)
    word = follower["word"] if follower else ""
    return word in {"of", "from"} or ("-" not in gap and word in latin()["given_freely"])


def takes_nor(left: str) -> bool:
    """Behind these words, is "nor" a word of its own, and not the beginning of a name ("neither X nor ephedrine")?

    Something must stand between the two: in "no nor ephedrine", the name begins with it.
    """
    words = re.findall(r"[a-z]+", left[-NEAR:])
    return not (latin()["negations"] | {"neither"}).isdisjoint(words[:-1])

"""The grammar of `grammar`, for Hanzi: no spaces, so a name ends where no other name can go on.

An acid that is also a salt word (盐酸, 硫酸 ...) is itself only before something that no name begins with.
"""

from __future__ import annotations

import functools
import re

from entente.screening.grammar import OTHER, Reading, Traits
from entente.screening.lexicon import alternatives, hanzi
from entente.substances.forms import Form

_ENDS_HAN = re.compile(r"[㐀-鿿]$")
_STARTS_HAN = re.compile(r"[㐀-鿿]")
#: Locants between a substituent and the name that it belongs to: "4-羟基-2-".
_LOCANTS = re.compile(r"[㐀-鿿)\]}]-\d{1,2}(?:,\d{1,2})*-$")
_JOINED = re.compile(r"([㐀-鿿])-$")
_ISOMER_MARK = re.compile(r"(?:^|[^a-z])(?:\(?[+\-±]\)?|d|l|dl|[rs]|\(\d?[rs](?:,\d?[rs])*\))-$")


@functools.cache
def _pattern(name: str) -> re.Pattern[str]:
    words = hanzi()
    salts, cations = alternatives(words["salt_acids"]), alternatives(words["cations"])
    negations, continuing = alternatives(words["negations"]), alternatives(words["continuing_words"] + words["things"])
    exclusions, charges = alternatives(words["exclusions"]), alternatives(words["charges"])
    sources = {
        "salt_before": rf"(?:{salts})$",
        "salt_behind": rf"(?:[一二三半]?(?:{salts})盐|盐(?!酸)|(?:{cations})盐)",
        "cation": rf"(?:[二三]?(?:{cations}))",
        "ester": rf"(?:(?:{alternatives(words['ester_groups'])})?酯)",
        "isomer": rf"(?:{alternatives(words['isomers'])})$",
        "anhydrous": rf"(?:{alternatives(words['anhydrous'])})$",
        "taken": rf"(?:{exclusions})有?(?!{charges})\s*[^\s，。；;.:,]{{0,12}}$|(?:{negations})$",
        "positions": rf"(?<![{words['not_before_positions'][0]}])(?:[{words['positions'][0]}]-?|(?<![a-z])[omp]-)$",
        "except": rf"(?:{alternatives(words['exceptions'])})[^，。；;.:,]{{0,12}}$",
        "apart": rf"(?:(?P<field>{alternatives(words['labels'])}|:)\s*:?\s*)?(?P<said>{negations})\s+$",
        "said_absent": rf"\s*:?\s*(?:{alternatives(words['absent_behind'])})"
        rf"|\s*[:=]\s*(?:{alternatives(words['absent_values'])})(?![㐀-鿿a-z0-9])",
        "left_out": r"\s*等?除外",
        "excepted": r"[^，。；;.:,]{0,24}?外",
        "plain": rf"(?:{alternatives(words['after_salt_acids'])})",
        "continuing": rf"(?:{continuing}|[{''.join(words['continues'])}])",
        "bare_locant": rf"-?\d(?:,\d)*-?[{''.join(words['continues'])}]",
    }
    return re.compile(sources[name])


@functools.lru_cache(maxsize=1 << 16)
def read_han(traits: Traits, left: str, right: str, *, name_before: bool, name_behind: bool) -> Reading:
    """How a name with a Hanzi edge reads between two folded texts.

    Args:
        traits: of the name.
        left: folded text before it.
        right: folded text behind it.
        name_before: another name of the vocabulary ends right before it: a list without commas.
        name_behind: another name begins right behind it.
    """
    behind = _behind(traits, right, name_behind=name_behind) if traits.han_end else Reading(stands=True)
    if not behind.stands:
        return OTHER
    before = _before(traits, left, name_before=name_before) if traits.han_start else _before_locants(left)
    if not before.stands:
        return OTHER
    absent_before, absent_behind = _absent(left, right)
    return Reading(stands=True, form=behind.form | before.form, before=absent_before, behind=absent_behind)


def _absent(left: str, right: str) -> tuple[int, int]:
    """Characters before and behind a name that name it as absent, as in `grammar.Reading`."""
    taken = _pattern("taken").search(left)
    if taken:
        return len(left) - taken.start(), 0
    apart = _pattern("apart").search(left)
    if apart and not apart["field"]:
        return len(left) - apart.start("said"), 0
    left_out = _pattern("left_out").match(right) or _pattern("said_absent").match(right)
    if left_out:
        return 0, left_out.end()
    opened, closed = _pattern("except").search(left), _pattern("excepted").match(right)
    return (len(left) - opened.start(), closed.end()) if opened and closed else (0, 0)


def _behind(traits: Traits, right: str, *, name_behind: bool) -> Reading:
    if traits.mineral:
        opens = _STARTS_HAN.match(right) is None or _pattern("plain").match(right) is not None
        return Reading(stands=True) if opens else OTHER
    if _pattern("salt_behind").match(right):
        named = right.startswith(hanzi()["dihydrochloride"])
        return Reading(stands=True, form=Form.DIHYDROCHLORIDE if named else Form.SALT)
    if traits.acid:
        if _pattern("ester").match(right):
            return Reading(stands=True, form=Form.ESTER)
        if _pattern("cation").match(right):
            return Reading(stands=True, form=Form.SALT)
    if name_behind:
        return Reading(stands=True)
    other = _pattern("continuing").match(right) or _pattern("bare_locant").match(right)
    return OTHER if other else Reading(stands=True)


def _before(traits: Traits, left: str, *, name_before: bool) -> Reading:
    if _ISOMER_MARK.search(left) or _pattern("isomer").search(left):
        return Reading(stands=True, form=Form.ISOMER)
    if not traits.acid and _pattern("salt_before").search(left):
        return Reading(stands=True, form=Form.SALT)
    if name_before or _pattern("anhydrous").search(left):
        return Reading(stands=True)
    locants = _LOCANTS.search(left)
    other = _begins_another(traits, left[: locants.start() + 1] if locants else left)
    return OTHER if other else Reading(stands=True)


def _begins_another(traits: Traits, left: str) -> bool:
    """Does the text before a name end with the beginning of another compound's name?"""
    words, last = hanzi(), left[-1:]
    if traits.aromatic and _pattern("positions").search(left):
        return True
    if (last and last in words["precedes"]) or left.endswith(words["precedes_words"]):
        return True
    precedes = traits.acid and last and last in words["precedes_acids"]
    return bool(precedes) and left[-2:-1] not in words["not_before_acids"]


def _before_locants(left: str) -> Reading:
    """Before a name that begins with its locants ("2-丙酮"): a substituent that a hyphen joins to them."""
    joined = _JOINED.search(left)
    return OTHER if joined and joined[1] in hanzi()["precedes"] else Reading(stands=True)


def stands_alone(left: str, right: str) -> bool:
    """A name of one Hanzi is a name only with no Hanzi beside it."""
    return _ENDS_HAN.search(left) is None and _STARTS_HAN.match(right) is None


def has_chemical_word_han(left: str, right: str) -> bool:
    """A chemical word beside the name."""
    return any(word in left or word in right for word in hanzi()["chemical_words"])

"""What the words beside a chemical's name make of it: the same compound, a form of it, or another compound.

A grammar, not a list of exceptions: it knows classes of words (`lexicon/*.yaml`) and where they stand.

* Behind a name, a class word makes another compound ("X cyanohydrin", "X-2,4-diisocyanate"); a salt, ester, amide,
  carbamate or acetal word makes a form of it; a derivative word, or a thing named after it, is neither.
* An ether "of" a glycol or a sugar is that one's ether.
* Before a name, a substituent or a structural prefix makes another compound ("nitro X", "iso-X"); a stereo prefix an
  isomer; "salts of", "clorhidrato de" a form; "soluble in" takes the name away.
* Words that name it as absent ("no X", "X-free") leave it named all the same (`negations`).
* A class noun that is a name by itself ("ether") is a name only without a modifier.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, replace

from entente.screening import negations
from entente.screening.lexicon import alternatives, is_bound_head, is_group, is_head, latin
from entente.screening.negations import NEAR
from entente.substances.forms import Form


@dataclass(frozen=True, slots=True)
class Traits:
    """What the grammar needs to know of a name: is it an acid, a mineral acid, a base, a bare class noun, an ether?

    `salt_word`: the formula of an acid that behind a base names the base's salt ("ephedrine HCl").
    `aromatic`: a name in Hanzi that begins with 苯 and goes on, so that 邻, 间 or 对 before it make another compound.
    """

    acid: bool
    mineral: bool
    base: bool
    class_noun: bool
    ether: bool
    aromatic: bool
    salt_word: bool
    han_start: bool
    han_end: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """How a name reads in its surroundings: as the compound (in a form), or as something else.

    `before` and `behind` count the characters beside the name that name it as absent ("no ", "-free"), with what stands
    between; both are 0 where nothing does.
    """

    stands: bool
    form: int = 0
    before: int = 0
    behind: int = 0


OTHER = Reading(stands=False)
_MINERAL = re.compile(
    r"(?:sul(?:f|ph)uric|hydrochloric|muriatic|chlorohydric|hydriodic|hydrobromic|nitric|phosphoric)acid"
    r"|acid(?:sul(?:f|ph)uric|hydrochloric|muriatic|hydriodic|hydrobromic)|h2so4|hcl|hbr"
    r"|acido(?:sulfurico|clorhidrico|muriatico|yodhidrico|iodhidrico|nitrico|fosforico)|oleum|oilofvitriol"
    r"|hydrogen(?:chloride|iodide)|cloruro(?:de)hidrogeno|yodurodehidrogeno"
)
_BASE = re.compile(r".*(?:ine|in|ina|amide|amida|ap|pp|碱|胺|素|啶|酮|one|ona|yl|anil|ilo|太尼)")


def traits_of(squashed: str, han_minerals: tuple[str, ...], *, han_start: bool, han_end: bool) -> Traits:
    """Traits of a squashed name."""
    mineral = _MINERAL.fullmatch(squashed) is not None or squashed in han_minerals
    acid = squashed.endswith(("acid", "酸")) or squashed.startswith("acid")
    base, ether = _BASE.fullmatch(squashed) is not None, squashed.endswith(tuple(latin()["class_nouns"]))
    ether = ether or squashed.startswith("eter")  # "eter etilico"
    aromatic = squashed.startswith("苯") and len(squashed) > 1
    class_noun, salt_word = squashed in latin()["class_nouns"], squashed in latin()["salts"]
    return Traits(acid, mineral, base, class_noun, ether, aromatic, salt_word, han_start, han_end)


_BASE_BEFORE = re.compile(r"(?:(?P<word>[a-z]+)|[㐀-鿿])[)\]]?[\s\-·.*x]*[(\[]?$")
_BARE_SALT = frozenset({"salt", "salts", "sal", "sales"})
_LOCANT = r"(?:\d{1,2}[a-z]?|[onmp]|alpha|beta|gamma)"
_AFTER = re.compile(
    rf"(?P<close>[\s'\"’)\]}}]*)(?P<gap>[\s\-]*)(?P<locant>(?:{_LOCANT}'?(?:,{_LOCANT}'?)*[\s\-]+)?)(?P<word>[a-z]+)(?P<rest>.*)",
    re.DOTALL,
)
_BRACKET = re.compile(r"[\s]*[,(\[]\s*(?P<word>[a-z]+)(?P<rest>.*)", re.DOTALL)
_BEFORE = re.compile(r"(?:^|[^a-z])(?P<word>[a-z]+)[)\]']*(?P<gap>[\s\-]+(?:\d{1,2}(?:,\d{1,2})*-+)?[(\[]?)$")
_OF = re.compile(r"(?P<word>[a-z]+)\s+(?:of|de|del|da)\s+(?:the\s+|la\s+|el\s+|los\s+)?$")
_STEREO = re.compile(r"(?:^|[\s(\[,;])(?:\(?[+\-±]\)?|[dlrs]|dl|d,l|\(?(?:\d?[rs](?:,\d?[rs])*|[ez]|\+/-|\+-)\))-$")
_NEXT_WORD = re.compile(r"[\s\-]*(?P<word>[a-z]+)")


@functools.cache
def _property_phrases() -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{alternatives(latin()['property_phrases'])})[\s\-]+$")


@functools.lru_cache(maxsize=1 << 16)
def read(traits: Traits, left: str, right: str) -> Reading:
    """How a name reads between two folded texts (words of Latin letters; Hanzi have their own grammar)."""
    before = read_before(traits, left)
    if not before.stands:
        return OTHER
    behind = _behind(traits, right)
    form = behind.form | before.form
    other = not behind.stands or (traits.mineral and form & ~Form.ISOMER)
    if other:
        return OTHER
    absent = before.before or negations.listed_on(left, right)
    return Reading(stands=True, form=form, before=absent, behind=behind.behind)


def read_before(traits: Traits, left: str) -> Reading:
    """How a name reads behind a folded text, when what stands behind the name means nothing."""
    if _property_phrases().search(left, max(0, len(left) - NEAR)):
        return OTHER
    if traits.salt_word and _is_behind_a_base(left):
        return OTHER
    negated = negations.negated(left)
    if negated:
        return Reading(stands=True, before=negated)
    before = _before(traits, left[-NEAR:])
    if not before.stands or (traits.mineral and before.form & ~Form.ISOMER):
        return OTHER
    return Reading(stands=True, form=before.form, before=negations.excluded(left))


def _is_behind_a_base(left: str) -> bool:
    """Does a word stand right before that may be a base, so that the formula behind it names the base's salt?"""
    found = _BASE_BEFORE.search(left)
    return found is not None and (not found["word"] or found["word"] not in latin()["beside_formulas"])


def _behind(traits: Traits, right: str) -> Reading:
    if traits.ether and _is_of_a_parent(right):
        return OTHER
    absent = negations.behind(right)
    if absent:
        return Reading(stands=True, behind=absent)
    found = _AFTER.match(right)
    if found is None:
        return _in_bracket(traits, right)
    word, rest = found["word"], found["rest"]
    if word in latin()["hydrates"]:
        further = _behind(traits, rest)
        return replace(further, behind=further.behind and found.end("word") + further.behind)
    if not found["close"].strip() and _modifies_class_noun(traits, word):
        return OTHER
    form = _form_word(traits, word, rest)
    beside = found["gap"] or found["close"] or found["locant"]
    stands = not beside or form or not _makes_another(word, found["gap"], found["locant"], rest)
    return Reading(stands=True, form=form) if stands else OTHER


def _is_of_a_parent(right: str) -> bool:
    """Does "of ethylene glycol" stand behind, or "de etilenglicol"? Then the ether is another compound's."""
    found = _of_a_parent().match(right)
    return found is not None and (not found["group"] or is_group(found["group"]))


@functools.cache
def _of_a_parent() -> re.Pattern[str]:
    parents = alternatives(latin()["ether_parents"])
    return re.compile(rf"\s+(?:of|de|del)\s+(?:(?P<group>[a-z]+)[\s\-]+)?[a-z]*(?:{parents})\b")


def _in_bracket(traits: Traits, right: str) -> Reading:
    """A word in a bracket or behind a comma: "X (hydrochloride)" is a form, "X, salts thereof" speaks of X as well."""
    found = _BRACKET.match(right)
    if found is None or found["word"] in _BARE_SALT or found["word"] in latin()["esters"]:
        return Reading(stands=True)
    return Reading(stands=True, form=_form_word(traits, found["word"], found["rest"]))


def _modifies_class_noun(traits: Traits, word: str) -> bool:
    return traits.class_noun and word not in latin()["plain_beside_class_nouns"]


def _makes_another(word: str, gap: str, locant: str, rest: str) -> bool:
    words = latin()
    if word in words["derived"] or word in words["things"]:
        return True
    if word in words["properties"] or ("-" in gap and word in words["property_adjectives"]):
        return True
    if "-" in gap + locant and (is_bound_head(word) if locant else is_group(word)):
        return True
    if is_head(word):
        return True
    # "X sulfonyl chloride": a substituent that a class word follows
    follower = _NEXT_WORD.match(rest)
    return "sul" in word and is_group(word) and follower is not None


def _form_word(traits: Traits, word: str, rest: str) -> int:
    """Form bits that a word behind a name adds; 0 if it is no form word."""
    words = latin()
    follower = _NEXT_WORD.match(rest)
    after = follower["word"] if follower else ""
    if word in words["dihydrochlorides"] and _is_salt_of(traits, word):
        return Form.DIHYDROCHLORIDE
    if word in _BARE_SALT or _is_salt_of(traits, word) or (word in words["cations"] and after in words["salts"]):
        return Form.SALT
    pairs = (("esters", Form.ESTER), ("amides", Form.AMIDE), ("carbamates", Form.CARBAMATE), ("acetals", Form.ACETAL))
    return next((form for key, form in pairs if word in words[key] or (is_group(word) and after in words[key])), 0)


def _is_salt_of(traits: Traits, word: str) -> bool:
    words = latin()
    return not traits.acid and (word in words["salts"] or (traits.base and word in words["salts_of_bases"]))


def _before(traits: Traits, left: str) -> Reading:
    of = _OF.search(left)
    if of is not None:
        return _of(traits, of["word"])
    if _STEREO.search(left):
        return Reading(stands=True, form=Form.ISOMER)
    found = _BEFORE.search(left)
    return Reading(stands=True) if found is None else _word_before(traits, found["word"], found["gap"])


def _word_before(traits: Traits, word: str, gap: str) -> Reading:
    words = latin()
    if word in words["stereo_words"]:
        return Reading(stands=True, form=Form.ISOMER)
    if "(" in gap or "[" in gap:
        return Reading(stands=True)
    loose = word in words["hyphened_prefixes"] and "-" not in gap
    other = (
        _modifies_class_noun(traits, word)
        or (traits.ether and word in words["ether_parents"])
        or (is_group(word) and not loose)
    )
    return OTHER if other else Reading(stands=True)


def _of(traits: Traits, word: str) -> Reading:
    """`word` "of" the name."""
    words = latin()
    if word in words["dihydrochlorides"]:
        return Reading(stands=True, form=Form.DIHYDROCHLORIDE)
    if word in words["salts"] or (traits.base and word in words["salts_of_bases"]):
        return Reading(stands=True, form=Form.SALT)
    if word in words["esters"]:
        return Reading(stands=True, form=Form.ESTER)
    if word in words["isomers"]:
        return Reading(stands=True, form=Form.ISOMER)
    if word in words["derived"] or is_head(word):
        return OTHER
    return Reading(stands=True)


@functools.cache
def _chemical_words() -> re.Pattern[str]:
    words = alternatives(latin()["chemical_words"] | latin()["salts"])
    return re.compile(rf"%|(?:^|[^a-z])(?:{words})(?![a-z])|(?<![a-z])(?:hydro)?chlor|[a-z]{{3,}}yl(?![a-z])")


def has_chemical_word(left: str, right: str) -> bool:
    """A chemical word, or a purity in per cent, beside the name."""
    pattern = _chemical_words()
    return pattern.search(left) is not None or pattern.search(right) is not None


def is_telling_behind(word: str) -> bool:
    """May this word behind a name change its reading? A quick test that lets most names pass unread."""
    return word in _telling_behind() or is_head(word) or is_group(word) or is_bound_head(word)


def is_telling_before(word: str) -> bool:
    """May this word before a name change its reading? Words of exclusion are found by the matcher."""
    return word in _telling_before() or is_group(word)


@functools.cache
def _telling_behind() -> frozenset[str]:
    words = latin()
    keys = (
        *("salts", "salts_of_bases", "cations", "esters", "amides", "carbamates", "acetals", "hydrates", "derived"),
        *("property_adjectives", "properties", "things"),
    )
    locants = {"o", "n", "m", "p", "alpha", "beta", "gamma"}
    absent = {phrase.split()[0] for phrase in words["absent_behind"]} | words["or"]
    return frozenset().union(*(words[key] for key in keys)) | locants | absent | {"free", "of", "de", "del"}


@functools.cache
def _telling_before() -> frozenset[str]:
    words = latin()
    ends = {re.split(r"[^a-z]", phrase)[-1] for phrase in words["negations"] | words["property_phrases"]}
    return (
        words["stereo_words"]
        | words["ether_parents"]
        | words["or"]
        | ends
        | {"of", "de", "del", "da", "the", "la", "el", "los"}
    )

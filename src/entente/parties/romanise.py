"""Hanzi in Latin letters: pinyin with polyphones and surnames, Wade-Giles, and Hong Kong's Cantonese.

Readings are those of Hanyu Pinyin (ISO 7098) without tones. A character with several readings in names has all of
them, the one of its word first. Wade-Giles follows its rules from the pinyin syllable, apostrophes dropped as
passports drop them. Hong Kong has no rule but usage: the table holds the spellings that its registers use for the
commonest characters of names.
"""

from __future__ import annotations

import functools
import re

from entente.parties.latin_tokens import data

#: Readings in names and words of trade that a single character does not show (commonest first, as a character alone).
POLYPHONES: dict[str, tuple[str, ...]] = {
    "重": ("zhong", "chong"), "长": ("chang", "zhang"), "乐": ("le", "yue"), "行": ("hang", "xing"),
    "厦": ("xia", "sha"), "朝": ("chao", "zhao"), "都": ("du",), "会": ("hui", "kuai"), "曾": ("zeng", "ceng"),
    "单": ("shan", "dan"), "仇": ("qiu", "chou"), "解": ("xie", "jie"), "区": ("qu", "ou"), "查": ("zha", "cha"),
    "盖": ("gai", "ge"), "任": ("ren",), "尉": ("wei", "yu"), "朴": ("piao", "pu"), "沈": ("shen", "chen"),
    "石": ("shi", "dan"), "藏": ("cang", "zang"), "弹": ("dan", "tan"), "调": ("diao", "tiao"),
    "传": ("chuan", "zhuan"), "六": ("liu", "lu"), "台": ("tai",), "蔚": ("wei", "yu"), "宿": ("su", "xiu"),
    "济": ("ji",), "盛": ("sheng", "cheng"), "大": ("da", "dai"), "地": ("di", "de"), "发": ("fa",),
    "广": ("guang",), "和": ("he",), "还": ("huan", "hai"), "卡": ("ka", "qia"), "率": ("lv", "shuai"),
    "绿": ("lv", "lu"), "番": ("fan", "pan"), "莞": ("guan", "wan"), "尔": ("er",), "夏": ("xia",),
    "洗": ("xi", "xian"), "冼": ("xian",), "缪": ("miao", "mou"), "宁": ("ning",), "种": ("zhong", "chong"),
    "员": ("yuan", "yun"), "翟": ("zhai", "di"), "薄": ("bo", "bao"), "华": ("hua",), "覃": ("qin", "tan"),
    "谌": ("chen", "shen"), "晟": ("sheng", "cheng"), "祭": ("ji", "zhai"), "乘": ("cheng", "sheng"),
    "佛": ("fo", "fu"), "奇": ("qi", "ji"), "藉": ("jie", "ji"), "车": ("che", "ju"), "合": ("he",),
    "红": ("hong",),
}  # fmt: skip
#: Surnames whose reading differs from the character's commonest one (GB/T 28039-2011 spells names so).
SURNAMES = {
    "曾": "zeng", "单": "shan", "仇": "qiu", "解": "xie", "区": "ou", "查": "zha", "盖": "ge", "任": "ren",
    "尉": "wei", "朴": "piao", "缪": "miao", "种": "chong", "员": "yun", "翟": "zhai", "薄": "bo", "覃": "qin",
    "谌": "chen", "晁": "chao", "乐": "yue", "重": "chong", "冼": "xian", "洗": "xian", "祭": "zhai", "召": "shao",
    "逄": "pang", "尹": "yin", "万": "wan", "尉迟": "yuchi", "长孙": "zhangsun", "宓": "mi", "郇": "xun",
    "阚": "kan", "俞": "yu", "牟": "mu", "佴": "nai", "那": "na", "吕": "lyu", "盛": "sheng", "沈": "shen",
}  # fmt: skip
COMPOUND_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "司徒",
        "长孙",
        "宇文",
        "夏侯",
        "端木",
        "南宫",
        "独孤",
        "轩辕",
        "司空",
        "西门",
        "百里",
        "呼延",
    ]
)
_PIN = re.compile(r"^(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]?)(.*)$")


@functools.lru_cache(30_000)
def _alone(char: str) -> str:
    from pypinyin import Style, pinyin

    return pinyin(char, style=Style.NORMAL, v_to_u=False, errors="ignore")[0][0] if char else ""


def readings(text: str) -> list[str]:
    """One syllable for each Hanzi of a run of Hanzi, in the reading of its word; "v" stands for u with two dots.

    Only characters with several readings need the word: the others are read alone, which is fifty times faster.
    """
    if any(char in POLYPHONES for char in text):
        from pypinyin import lazy_pinyin

        found = lazy_pinyin(text, v_to_u=False, errors=_nothing)
        if len(found) == len(text):
            return list(found)
    return [_read(char) for char in text]


def _nothing(chars: str) -> str:
    """Characters without a reading stay as they are."""
    return chars


def _read(char: str) -> str:
    try:
        return _alone(char)
    except IndexError:
        return ""


def others(char: str, read: str) -> tuple[str, ...]:
    """Further readings of a character in names, and of a syllable with u umlaut its usual spellings."""
    found = [one for one in POLYPHONES.get(char, ()) if one != read]
    if "v" in read:
        found += [read.replace("v", "u"), read.replace("v", "yu")]
    return tuple(found)


def surname_reading(surname: str) -> str:
    """How a surname is read."""
    return SURNAMES.get(surname) or "".join(readings(surname))


_WG_INITIAL = {
    "b": "p", "d": "t", "g": "k", "j": "ch", "q": "ch", "x": "hs", "zh": "ch", "z": "ts", "c": "ts", "r": "j",
}  # fmt: skip
_WG_WHOLE = {
    "zhi": "chih", "chi": "chih", "shi": "shih", "ri": "jih", "zi": "tzu", "ci": "tzu", "si": "ssu", "you": "yu",
    "yi": "i", "er": "erh", "ge": "ko", "ke": "ko", "he": "ho", "e": "o", "yan": "yen", "ye": "yeh", "guo": "kuo",
}  # fmt: skip
_WG_FINAL = {"ong": "ung", "ian": "ien", "uo": "o", "ie": "ieh", "iong": "iung", "ui": "ui", "ue": "ueh"}


@functools.lru_cache(2_000)
def wade_giles(syllable: str) -> str:
    """The Wade-Giles spelling of a pinyin syllable, without its apostrophe and marks."""
    if syllable in _WG_WHOLE:
        return _WG_WHOLE[syllable]
    found = _PIN.match(syllable)
    if found is None:
        return syllable
    initial, final = found.groups()
    if final == "uo" and initial in {"g", "k", "h", "sh"}:
        return _WG_INITIAL.get(initial, initial) + "uo"
    return _WG_INITIAL.get(initial, initial) + _WG_FINAL.get(final, final)


@functools.cache
def _cantonese() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for spelling, chars in data("cantonese.yaml")["spellings"].items():
        for char in chars:
            table.setdefault(char, []).append(spelling)
    return {char: tuple(found) for char, found in table.items()}


def cantonese(char: str) -> tuple[str, ...]:
    """The spellings that Hong Kong uses for a (simplified) character; empty where the table has none."""
    return _cantonese().get(char, ())

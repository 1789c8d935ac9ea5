"""Made-up companies, each with the names that different declarants write for it in three scripts.

A company is a number. Its country, trade and the six ways its name is written are columns indexed by that number,
so that a block of declarations takes its names with one `take`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from entente.simulate.resources import countries, words

Ints = npt.NDArray[np.int64]

#: The ways a name is written: as registered at home, in English, in pinyin or plain ASCII, in Spanish, in Hanzi,
#: and as a hurried clerk's capitals.
VARIANTS = ("native", "english", "plain", "spanish", "hanzi", "capitals")
#: Dormant companies have no ordinary trade; the first thing a customs officer ever sees of one is a diversion.
SECTORS = ("chemical", "ordinary", "logistics", "dormant")

#: Brands in Latin script before the word lists begin again (16 x 6 x 12 syllables).
_SERIES = 1152
_ACCENTS = str.maketrans("ÁÉÍÓÚÜÑáéíóúüñ", "AEIOUUNaeiouun")
_PINYIN = {
    "化工": "Huagong",
    "精细化工": "Jingxi Huagong",
    "医药科技": "Yiyao Keji",
    "新材料": "Xin Cailiao",
    "生物科技": "Shengwu Keji",
}
_PINYIN |= {"进出口": "Jinchukou", "国际贸易": "Guoji Maoyi", "电子": "Dianzi", "机械": "Jixie", "纺织": "Fangzhi"}
_PINYIN |= {
    "家居用品": "Jiaju Yongpin",
    "汽车零部件": "Qiche Lingbujian",
    "食品": "Shipin",
    "塑料制品": "Suliao Zhipin",
}
_PINYIN |= {"建材": "Jiancai", "国际货运代理": "Guoji Huoyun Daili"}


@dataclass(frozen=True, slots=True)
class Parties:
    """All companies of a year. `names` has `len(VARIANTS)` entries per company, in the order of `VARIANTS`."""

    country: Ints
    sector: Ints
    names: pa.Array
    addresses: pa.Array
    identifiers: pa.Array

    def __len__(self) -> int:
        return len(self.country)

    def of(self, country: int, sector: int) -> Ints:
        """Numbers of the companies of one country and sector."""
        return np.flatnonzero((self.country == country) & (self.sector == sector))

    def of_sector(self, sector: int) -> Ints:
        """Numbers of the companies of one sector, in every country."""
        return np.flatnonzero(self.sector == sector)


def _group(country: str) -> str:
    return country if country in {"CN", "MX", "US"} else "other"


def _chinese(number: int, industry: list[str], town: list[str], legal: list[str]) -> tuple[str, ...]:
    first = words()["hanzi"]["first"][number % 20]
    second = words()["hanzi"]["second"][number // 20 % 20]
    pinyin = first[1] + second[1]
    brand = words()["translated"][number // 3 % 20] + " " + pinyin[:2] if number % 2 else pinyin
    native = f"{town[0]}{first[0]}{second[0]}{industry[1]}{legal[0]}"
    english = f"{town[1]} {brand} {industry[2]} {legal[1]}"
    plain = f"{town[1]} {pinyin} {_PINYIN[industry[1]]} Youxian Gongsi"
    spanish = f"{industry[3]} {brand} de {town[1]}, {legal[2]}"
    return native, english, plain, spanish, native, _capitals(english)


def _latin(number: int, industry: list[str], town: list[str], legal: list[str], country: str) -> tuple[str, ...]:
    lists = words()["latin"]
    parts = [lists["first"][number % 16], lists["middle"][number // 16 % 6], lists["last"][number // 96 % 12]]
    brand, hanzi = ("".join(part[side] for part in parts) for side in (0, 1))
    english = f"{brand} {industry[2]} {legal[1]}"
    spanish = f"{industry[3]} {brand} {legal[2]}" if country == "MX" else f"{brand} {industry[3]}, {legal[2]}"
    native = f"{industry[3]} {brand} de {town[0]} {legal[0]}" if country == "MX" else english
    return native, english, native.translate(_ACCENTS), spanish, f"{hanzi}{industry[1]}公司", _capitals(english)


def _capitals(name: str) -> str:
    return name.translate(_ACCENTS).replace(".", "").replace(",", "").upper()


def _draw_countries(rng: np.random.Generator, count: int) -> Ints:
    """Shares by weight, but at least two companies of every sector in every country."""
    weights = np.array([country.weight for country in countries()])
    drawn: Ints = rng.choice(len(weights), size=count, p=weights / weights.sum())
    floor = np.repeat(np.arange(len(weights)), 2 * len(SECTORS))
    drawn[: len(floor)] = floor
    return drawn


def make_parties(rng: np.random.Generator, count: int) -> Parties:
    """Make `count` companies; no two share all of town, brand, industry and legal form.

    Args:
        rng: source of all chance.
        count: number of companies, at least eight per country.
    """
    home = _draw_countries(rng, count)
    sector: Ints = rng.choice(len(SECTORS), size=count, p=[0.21, 0.68, 0.08, 0.03])
    floor = 2 * len(SECTORS) * len(countries())
    sector[:floor] = np.arange(floor) % len(SECTORS)
    numbers = rng.permutation(max(count, _SERIES))[:count]
    names: list[str] = []
    addresses: list[str] = []
    identifiers: list[str] = []
    trades = [
        [row for row in words()["industries"] if row[0] == (kind if kind != "dormant" else "chemical")]
        for kind in SECTORS
    ]
    for index in range(count):
        code = countries()[int(home[index])].code
        group, number = _group(code), int(numbers[index])
        towns, legals, streets = words()["towns"][group], words()["legal"][group], words()["streets"][group]
        town = towns[(number // 400 + number) % len(towns)]
        trade = trades[int(sector[index])]
        industry = trade[number // 7 % len(trade)]
        legal, street = legals[number // 11 % len(legals)], streets[number % len(streets)]
        written = (
            _chinese(number, industry, town, legal) if group == "CN" else _latin(number, industry, town, legal, group)
        )
        names.extend(_tell_apart(written, number))
        house = 1 + number * 7 % 1900
        addresses.extend((f"{town[0]} {street[0]} {house}", f"No. {house} {street[1]}, {town[1]}"))
        identifiers.append(f"SIM{code}{number * 7919 % 1_000_003:07d}")
    return Parties(home, sector, pa.array(names), pa.array(addresses), pa.array(identifiers))


def _tell_apart(written: tuple[str, ...], number: int) -> tuple[str, ...]:
    """Word lists end; from there on a company carries a series number, as real namesakes carry a place."""
    series = number // _SERIES
    return (
        tuple(
            name.replace(" ", f" {series} ", 1) if " " in name else f"{name[:2]}{series}号{name[2:]}"
            for name in written
        )
        if series
        else written
    )

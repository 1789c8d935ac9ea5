"""Units of mass in trade records, and their factor to the kilogram.

Factors are exact by definition (international avoirdupois pound 0.45359237 kg; BIPM SI brochure; UN/ECE
Recommendation 20 codes; the Chinese market units jin and liang of 1959). A volume needs a density that no record
carries, so it is never converted: it stays a quantity with its unit.
"""

from __future__ import annotations

from entente.records.codes import fold

_POUND = 0.45359237

_KILOGRAMS: dict[float, str] = {
    1e-6: "mg|milligram|milligrams|毫克|miligramo|miligramos|MGM",
    1e-3: "g|gr|gm|gms|gram|grams|gramme|grammes|克|公克|gramo|gramos|그램|GRM",
    1.0: "kg|kgs|kilo|kilos|kilogram|kilograms|kilogramme|kilogrammes|千克|公斤|kilogramo|kilogramos|킬로그램|KGM|KGN",
    100.0: "q|quintal|quintals|quintales|公担|DTN",
    1000.0: "t|mt|ton|tons|tonne|tonnes|metric ton|metric tons|吨|公吨|噸|tonelada|toneladas|tonelada métrica|톤|TNE",
    _POUND: "lb|lbs|pound|pounds|磅|libra|libras|LBR",
    _POUND / 16: "oz|ounce|ounces|盎司|onza|onzas|ONZ",
    _POUND * 2000: "short ton|short tons|美吨|STN",
    _POUND * 2240: "long ton|long tons|英吨|LTN",
    0.5: "斤|市斤|jin",
    0.05: "两|市两|liang",
}
_BY_WORD = {fold(word): factor for factor, words in _KILOGRAMS.items() for word in words.split("|")}


def mass_factor(unit: str) -> float | None:
    """Return kilograms per unit, or None when the word is not a known unit of mass."""
    return _BY_WORD.get(fold(unit))

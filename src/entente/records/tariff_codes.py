"""Tariff codes as people write them: with a label before the digits ("HS 2914.11", "税号 2914110000")."""

from __future__ import annotations

import re

_LABELS = re.compile(
    r"(?:[\s:.#'\"(\[]|(?:hts(?:us)?|hs|tari(?:c|ff)|ncm|code|c[oó]digo|arancel(?:aria)?|fracci[oó]n|n[oº°]|ex)(?![a-z])"
    r"|海关编码|商品编码|商品编号|税则号列|税号|税則號列|稅號|编码|編碼|号|號)+",
    re.IGNORECASE,
)


def without_label(code: str) -> str:
    """The code without labels, quotes and brackets before it; all else is left as it is."""
    if code[:1].isdigit():
        return code
    found = _LABELS.match(code)
    return code[found.end() :] if found else code

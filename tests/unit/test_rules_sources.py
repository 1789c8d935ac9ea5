"""Every rule cites a public document where its author keeps it, not what somebody wrote about it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from entente.screening.rules import Rule, load_rules

AUTHORS = frozenset(
    {
        "eur-lex.europa.eu",
        "www.bis.gov",
        "www.deadiversion.usdoj.gov",
        "www.ecfr.gov",
        "www.fatf-gafi.org",
        "www.fincen.gov",
        "www.incb.org",
        "www.unodc.org",
        "www.wcoomd.org",
    }
)
RULES = load_rules().rules


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_source_is_the_author_s_own(rule: Rule) -> None:
    assert urlsplit(rule.source_url).hostname in AUTHORS

"""What docs/match.md says of kinds, policy and messages is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from entente.exchange.match.controls import MOST_REVEALED, Policy
from entente.exchange.match.kinds import KINDS, Persons
from entente.exchange.messages import load_registry
from entente.node.services.match_policy import read_policy

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "match.md").read_text(encoding="utf-8")


def test_the_policy_on_the_page_is_read_and_shows_the_defaults(tmp_path: Path):
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "match.toml").write_text(block)
    shown = read_policy(tmp_path, "mx-pgr")
    assert shown.budgets == {"diversion": 50_000}
    assert Policy(shown.budgets, kinds=shown.kinds) == shown


def test_every_kind_is_on_the_page_with_its_columns_and_persons():
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.*) \|$", PAGE, re.MULTILINE))
    for name, kind in KINDS.items():
        assert {*kind.columns, *kind.optional} <= set(re.findall(r"`(\w+)`", rows[name]))
        assert (
            rows[name]
            .rpartition("| ")[2]
            .startswith({Persons.NEVER: "never", Persons.ASSUMED: "assumed"}.get(kind.persons, "an RFC"))
        )


def test_kinds_and_the_most_revealed_are_those_of_the_messages():
    types = load_registry().types
    assert set(types["match-offer", 1].schema["properties"]["keys"]["enum"]) == set(KINDS)
    assert types["match-reveal", 1].schema["properties"]["elements"]["maxItems"] == MOST_REVEALED
    assert f"At most {MOST_REVEALED:,} elements" in PAGE

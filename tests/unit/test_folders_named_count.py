"""A folder of lists or rules that a person names counts, or the run says why not; it is never passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from entente.errors import RegisterError
from entente.screening.rules import SHIPPED, SHIPPED_FEATURES, load_rules
from entente.substances import load_register


def test_a_folder_without_a_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="holds no list"):
        load_register([tmp_path])


def test_a_folder_without_a_rule_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="holds no"):
        load_rules([SHIPPED, SHIPPED_FEATURES, tmp_path])


@pytest.mark.parametrize("name", ["own.yaml", "own.yml"])
def test_a_file_that_does_not_say_what_it_holds_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("rules: 5\n", encoding="utf-8")
    with pytest.raises(RegisterError, match="does not say what it holds"):
        load_rules([SHIPPED, SHIPPED_FEATURES, tmp_path])

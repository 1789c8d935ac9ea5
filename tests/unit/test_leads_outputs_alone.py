"""One run at a time writes into a folder, and what a killed run left there goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from entente.errors import UsageError
from entente.leads import outputs


def test_a_second_run_into_the_folder_is_refused_while_the_first_works(tmp_path: Path) -> None:
    with (
        outputs.workspace(tmp_path) as first,
        pytest.raises(UsageError, match="Another run is writing"),
        outputs.workspace(tmp_path),
    ):
        pass
    assert not first.exists()


def test_the_folder_is_free_again_after_a_run(tmp_path: Path) -> None:
    with outputs.workspace(tmp_path):
        pass
    with outputs.workspace(tmp_path) as folder:
        assert folder.is_dir()


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".unfinished-killed"
    left.mkdir()
    (left / "shipments.parquet").write_bytes(b"rows")
    with outputs.workspace(tmp_path):
        assert not left.exists()


def test_a_link_with_such_a_name_is_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    out = tmp_path / "out"
    out.mkdir()
    (out / ".unfinished-link").symlink_to(kept)
    with outputs.workspace(out):
        assert kept.is_dir()

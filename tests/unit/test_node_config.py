"""The settings of a node: one file, the environment before it, and a remedy for every mistake."""

from __future__ import annotations

import pytest

from entente.node.config import SETTINGS, Config, check_config, read_config, write_config
from entente.node.errors import NodeError
from entente.node.store.database import settings_of

GOOD = {"name": "us-dea", "jurisdiction": "US"}


def test_a_file_reads_back_and_says_what_each_line_means(tmp_path):
    config = Config("us-dea", "US", "S3", "postgresql://u:p%23@h:1/n", "[::1]:1", "https://a.b:1/x", ('q"\\',), "error")
    text = write_config(config)
    (tmp_path / "config.toml").write_text(text)
    assert read_config(tmp_path, {}) == config
    assert all(f"({item.variable})" in text and item.meaning in text for item in SETTINGS)


def test_the_environment_goes_before_the_file(tmp_path):
    (tmp_path / "config.toml").write_text(write_config(Config("us-dea", "US")))
    found = read_config(tmp_path, {"ENTENTE_LOG": "debug", "ENTENTE_HOSTS": "a.org, b.org", "ENTENTE_URL": ""})
    assert (found.log, found.hosts, found.url) == ("debug", ("a.org", "b.org"), "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "US DEA"),
        ("name", "../us"),
        ("jurisdiction", "usa"),
        ("suite", "S4"),
        ("database", "mysql://x/y"),
        ("database", "postgresql://host"),
        ("database", 7),
        ("listen", "8443"),
        ("listen", "host:99999"),
        ("url", "http://plain.example"),
        ("url", "https://user@host"),
        ("hosts", ()),
        ("hosts", "one"),
        ("log", "loud"),
        ("colour", "blue"),
    ],
)
def test_a_setting_that_is_not_good_is_named_with_what_to_write(name, value):
    with pytest.raises(NodeError) as caught:
        check_config({**GOOD, name: value}, "config.toml")
    assert (caught.value.place.file, caught.value.place.field) == ("config.toml", name)
    assert caught.value.remedy


@pytest.mark.parametrize("missing", ["name", "jurisdiction"])
def test_what_is_missing_is_named(missing):
    with pytest.raises(NodeError, match=missing):
        check_config({key: value for key, value in GOOD.items() if key != missing}, "config.toml")


def test_a_file_that_is_no_toml_is_named(tmp_path):
    (tmp_path / "config.toml").write_text("name = ")
    with pytest.raises(NodeError) as caught:
        read_config(tmp_path, {})
    assert caught.value.place.file == str(tmp_path / "config.toml")


def test_passwords_are_never_shown(tmp_path):
    with pytest.raises(NodeError) as caught:
        settings_of("mysql://me:secret@host/name", tmp_path)
    assert "secret" not in str(caught.value)
    with pytest.raises(NodeError) as caught:
        check_config({**GOOD, "database": "postgresql://me:secret@host"}, "x")
    assert "secret" not in str(caught.value)

"""The documentation says what the program does: every command, option, column, rule, list, error and setting."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))


def load_tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_tables", ROOT / "tools" / "docs_tables.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["docs_tables"] = module
    spec.loader.exec_module(module)
    return module


TOOL = load_tool()
EVERYTHING = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_tables_of_a_page_are_what_the_code_says(path: Path):
    """Run `python tools/docs_tables.py` if this fails."""
    page = path.read_text(encoding="utf-8")
    assert TOOL.fresh(page) == page


def test_every_command_and_option_is_documented():
    missing = []
    for name, command in TOOL.commands():
        if isinstance(command, click.Group):
            continue
        if f"**`{name} " not in EVERYTHING:
            missing.append(name)
        missing += [
            f"{name} {opt}"
            for parameter in command.params
            if isinstance(parameter, click.Option)
            for opt in parameter.opts
            if f"`{opt}`" not in EVERYTHING
        ]
    assert missing == []


def test_every_option_says_what_it_means():
    silent = [
        f"{name} {parameter.opts[0]}"
        for name, command in TOOL.commands()
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert silent == []


def test_every_output_column_has_a_meaning_and_no_other():
    meanings = yaml.safe_load((DOCS / "_data" / "columns.yaml").read_text(encoding="utf-8"))
    assert {name: set(columns) for name, columns in meanings.items()} == {
        name: set(schema.names) for name, schema in TOOL.schemas().items()
    }


@pytest.mark.parametrize("block", [f"columns:{name}" for name in ("hits", "flags", "leads", "reasons", "quarantine")])
def test_every_output_has_its_table(block: str):
    assert f"<!-- table: {block} -->" in EVERYTHING


def test_every_canonical_table_has_its_fields():
    from entente.records.schema import TABLES

    assert all(f"<!-- table: fields:{table} -->" in EVERYTHING for table in TABLES)


def test_every_rule_is_in_the_catalogue():
    from entente.screening.rules import load_rules

    assert [rule.id for rule in load_rules().rules if f"`{rule.id}`" not in EVERYTHING] == []


def test_every_instrument_is_named():
    from entente.substances.register import load_register

    assert [instrument for instrument in load_register().instruments if f"`{instrument}`" not in EVERYTHING] == []


def test_every_family_of_errors_is_explained():
    from entente import errors

    page = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    families = [
        name for name, item in vars(errors).items() if isinstance(item, type) and issubclass(item, errors.EntenteError)
    ]
    assert [name for name in families if name != "EntenteError" and f"## {name}" not in page] == []


def test_every_reason_of_a_hit_is_explained():
    from entente.leads.weights import load_hit_weights

    page = (DOCS / "outputs.md").read_text(encoding="utf-8")
    assert [
        reason for reason in load_hit_weights().kinds if reason != "unknown_coverage" and f"| `{reason}` |" not in page
    ] == []


def test_every_environment_variable_is_documented():
    read = re.compile(r"(?:environ\.get\(|environ\[|os\.getenv\()\s*[\"'](\w+)")
    folders = [ROOT / "src", ROOT / "tests"]
    named = {
        name
        for folder in folders
        for path in folder.rglob("*.py")
        for name in read.findall(path.read_text(encoding="utf-8"))
    }
    assert "ENTENTE_REQUIRE_ALL" in named
    assert [name for name in sorted(named) if f"`{name}`" not in EVERYTHING] == []


def test_every_dependency_has_its_reason():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [project["project"]["dependencies"], *project["project"]["optional-dependencies"].values()]
    groups += [[item for item in group if isinstance(item, str)] for group in project["dependency-groups"].values()]
    names = {re.match(r"[\w.-]+", item)[0] for group in groups for item in group} - {"entente"}
    page = (DOCS / "dependencies.md").read_text(encoding="utf-8")
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def test_every_decision_has_its_record():
    """The index names every file, and every record has the five parts."""
    index = (DOCS / "adr" / "index.md").read_text(encoding="utf-8")
    records = sorted(path for path in (DOCS / "adr").glob("0*.md"))
    assert len(records) >= 16
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert path.name in index
        assert all(part in text for part in ("Status:", "## Context", "## Decision", "## Reasons", "## Consequences"))


def test_mkdocs_navigation_names_every_page():
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = [str(path.relative_to(DOCS)) for path in PAGES]
    assert [page for page in pages if not page.startswith("adr/0") and page not in config] == []


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "THREAT_MODEL.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_of_root_pages_lead_somewhere(name: str):
    page = (ROOT / name).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", page) if not link.startswith("http")]
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_map_of_rooms_names_every_room():
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = [path.name for path in (ROOT / "src" / "entente").iterdir() if (path / "__init__.py").exists()]
    assert [room for room in rooms if f"  {room}/" not in page] == []


def test_the_default_memory_that_help_names_is_the_engines():
    from entente.engine.duck import DEFAULT_MEMORY_MB

    (option,) = [p for p in dict(TOOL.commands())["entente screen"].params if "--memory" in p.opts]
    assert f"[default: {DEFAULT_MEMORY_MB}]" in option.help

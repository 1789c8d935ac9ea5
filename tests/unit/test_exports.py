"""Packages show all their names, whichever module is read first, and a worker reads no more than it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

LATER = ("entente.records", "entente.substances")


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("package", LATER)
def test_every_name_is_there_and_is_what_its_module_calls_so(package):
    out = run(
        f"import {package} as package\n"
        "for name in package.__all__:\n"
        "    value = getattr(package, name)\n"
        "    print(name, package._homes[name], type(value).__name__)\n"
    )
    assert out.count("\n") == len(__import__(package, fromlist=["x"]).__all__)
    assert " module\n" not in out


@pytest.mark.parametrize(("package", "name"), [("entente.records", "schema"), ("entente.substances", "check")])
def test_a_name_that_its_module_has_too_is_the_function(package, name):
    assert run(f"import {package}.{name}; from {package} import {name}; print(callable({name}))") == "True\n"
    assert run(f"from {package} import {name}; import {package}.{name}; print(callable({name}))") == "True\n"


def test_what_is_not_there_is_missed():
    import entente.records as package

    with pytest.raises(AttributeError, match=r"entente\.records.*nothing_of_this_name"):
        _ = package.nothing_of_this_name


def test_a_process_that_maps_a_kernel_reads_no_database_and_no_schemas():
    out = run("import entente.engine.crew, entente.engine.parts, entente.screening.kernel, sys; print(*sys.modules)")
    assert not {"duckdb", "jsonschema", "openpyxl", "sqlglot"} & set(out.split())

"""The report in a real browser: it breaks no rule of its own policy, shows its leads, and prints."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import skip_or_fail
from entente.leads.reportwords import words
from screen_files import run, write_rows

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium")
    if found is None:
        skip_or_fail("Chromium")
    return str(found)


@pytest.fixture(scope="module", params=["en", "zh", "es"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The report of a small run whose records try to be markup."""
    folder = tmp_path_factory.mktemp("browser")
    row = (
        "D1,2024-03-01,<script>document.title='owned'</script> Ephedrine 99%,2939.41,CN,MX,<b onclick=x>Alpha,Beta,250"
    )
    run(write_rows(folder / "trade.csv", [row]), folder / "out", lang=request.param)
    return request.param, folder / "out" / "report.html"


def browse(chromium: str, profile: Path, page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    quiet = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
    return subprocess.run(
        [chromium, "--headless", *quiet, f"--user-data-dir={profile}", *options, page.as_uri()],
        capture_output=True,
        text=True,
        check=True,
    )


def test_the_browser_shows_the_leads_and_has_nothing_to_complain_of(
    chromium: str, tmp_path: Path, report: tuple[str, Path]
) -> None:
    lang, page = report
    shown = browse(chromium, tmp_path, page, "--enable-logging=stderr", "--dump-dom")
    assert "CONSOLE" not in shown.stderr
    assert "Content Security Policy" not in shown.stderr
    assert '<article class="lead"' in shown.stdout
    assert f"<title>{words(lang)('title')}" in shown.stdout
    assert "<mark>Ephedrine</mark>" in shown.stdout


def test_the_browser_does_complain_where_the_policy_is_broken(
    chromium: str, tmp_path: Path, report: tuple[str, Path]
) -> None:
    """The check above can fail: a script and a style attribute in the same page are refused and reported."""
    broken = tmp_path / "broken.html"
    text = report[1].read_text(encoding="utf-8")
    broken.write_text(text.replace("</main>", "<script>x</script><p style='color:red'></p></main>"), encoding="utf-8")
    shown = browse(chromium, tmp_path / "profile", broken, "--enable-logging=stderr", "--dump-dom")
    assert "Content Security Policy" in shown.stderr


def test_the_report_prints(chromium: str, tmp_path: Path, report: tuple[str, Path]) -> None:
    printed = tmp_path / "report.pdf"
    browse(chromium, tmp_path / "profile", report[1], f"--print-to-pdf={printed}", "--no-pdf-header-footer")
    assert printed.read_bytes().startswith(b"%PDF-")
    if shutil.which("pdftotext") is None:
        skip_or_fail("poppler-utils")
    text = subprocess.run(["pdftotext", str(printed), "-"], capture_output=True, text=True, check=True).stdout
    assert "Ephedrine" in text
    assert re.search(r"\b1 ?/ ?\d+\b", text)

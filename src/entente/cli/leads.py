"""`entente leads`: show the leads of a finished run, and fit the weights to what officers found."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from entente.cli import leads_view as view
from entente.errors import Place, UsageError
from entente.leads import show as words
from entente.leads.finished import open_run
from entente.leads.show_csv import work_list
from entente.screening.features import SHIPPED as SHIPPED_FEATURES
from entente.screening.rules import SHIPPED, RuleSet, load_rules

_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_OUT_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def leads() -> None:
    """Show leads and fit their weights to outcomes."""


@leads.command()
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--top", type=click.IntRange(min=1), help="How many leads.  [default: 10; all with --csv]")
@click.option("--lead", "lead_id", help="One lead (or sample row) in full, by its number.")
@click.option("--samples", "only_samples", is_flag=True, help="The random sample in place of the leads.")
@click.option(
    "--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False), help="Write leads and sample to this file."
)
@click.option("--rules", multiple=True, type=_FOLDER, help="Folder of rules that the run was given, for their words.")
@click.option(
    "--lang", type=click.Choice(["en", "zh", "es"]), default="en", show_default=True, help="Language of the reasons."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(
    folder: Path,
    top: int | None,
    lead_id: str | None,
    csv_file: Path | None,
    rules: tuple[Path, ...],
    lang: str,
    *,
    only_samples: bool,
    as_json: bool,
) -> None:
    """Show the leads of a finished run in DIR with their reasons.

    With --csv, the work list goes to a file that a spreadsheet opens without running anything in it, with empty
    columns for outcomes; filled in, it is what `entente leads calibrate` reads.
    """
    run = open_run(folder)
    ruleset = _ruleset(rules)
    if csv_file is not None:
        rows = [*([] if only_samples else words.ranked(run, top)), *words.samples(run)]
        _write(csv_file, work_list([words.in_words(row, ruleset, lang) for row in rows]))
        click.echo(f"{len(rows)} rows written to {csv_file}")
        return
    if lead_id is not None:
        rows = [words.one(run, lead_id)]
    else:
        rows = words.samples(run) if only_samples else words.ranked(run, top or 10)
    shown = [words.in_words(row, ruleset, lang) for row in rows]
    if as_json:
        text = json.dumps([lead.as_json() for lead in shown], ensure_ascii=False, indent=2, default=str)
        click.echo(words.json_safe(text))
    elif lead_id is not None:
        hits = run.hits([record["declaration_id"] for record in rows[0]["records"]][: view.MOST])
        view.whole(shown[0], hits, lang)
    else:
        view.listing(shown, run.record["counts"], samples=only_samples)


@leads.command()
@click.argument("outcomes", metavar="OUTCOMES.csv", type=_FILE)
@click.option("--run", "runs", multiple=True, required=True, type=_FOLDER, help="Folder of a finished run.")
@click.option("--out", required=True, type=_OUT_FOLDER, help="Folder for the fitted weights and the report.")
@click.option("--rules", multiple=True, type=_FOLDER, help="Folder of rules that the runs were given.")
@click.option(
    "--prior-sd",
    type=click.IntRange(min=1, max=20_000),
    default=500,
    show_default=True,
    help="How far a weight may be from its present value, as a standard deviation in milli-log-odds.",
)
@click.option(
    "--max-weight",
    type=click.FloatRange(min=1),
    default=10.0,
    show_default=True,
    help="The most that one sample row may count, in leads.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of folds and bootstrap.")
@click.option("--overwrite", is_flag=True, help="Replace the results of an earlier fit in the same folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def calibrate(
    outcomes: Path,
    runs: tuple[Path, ...],
    out: Path,
    rules: tuple[Path, ...],
    prior_sd: int,
    max_weight: float,
    seed: int,
    *,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Fit the weights of all signs jointly to what officers found.

    OUTCOMES.csv has the columns lead_id, outcome (confirmed, cleared or open) and decided_on (YYYY-MM-DD). The fitted
    weights go to a file in --out, which `entente screen --rules` takes; nothing else is changed.
    """
    from entente.leads.calibrate import CalibrateRequest
    from entente.leads.calibrate import calibrate as fit_weights

    request = CalibrateRequest(outcomes, runs, out, rules, prior_sd, max_weight, seed, overwrite)
    made = fit_weights(request, today=datetime.now(UTC).date())
    if as_json:
        click.echo(json.dumps({"out": str(out), **made.as_json()}, ensure_ascii=False, indent=2))
    else:
        view.calibration(made, out)


def _ruleset(folders: tuple[Path, ...]) -> RuleSet:
    return load_rules((SHIPPED, SHIPPED_FEATURES, *folders))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(
            f"This file cannot be written: {error.strerror}.",
            remedy="Name another after --csv.",
            place=Place(str(path)),
        ) from error

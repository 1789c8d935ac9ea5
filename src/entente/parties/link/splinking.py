"""Splink over the token columns: parameters estimated on a sample, pairs from capped blocks.

The model is Fellegi and Sunter's (1969), estimated by expectation maximisation as Splink does it
(https://moj-analytical-services.github.io/splink/). Names compare by their sorted words with term frequencies: that
two records share "wang wei" says less than that they share a rare name.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from entente.errors import MissingComponentError

#: Pairs below this probability are not kept, unless they share all words, a number or an address.
LEAST = 0.01
#: With fewer records there is nothing to estimate from; the priors below stand.
FEWEST = 1_000
_STRONG = 4
_U_PAIRS = 1_000_000
_EM_PAIRS = 1_000_000
_SEED = 1


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs with Splink's probability, and which estimates could not be made (too few pairs)."""

    table: pa.Table
    not_estimated: tuple[str, ...]


def pairs_of(nodes: pa.Table) -> Pairs:
    """Estimate and predict.

    Returns:
        Pairs with the columns unique_id_l, unique_id_r and match_probability.

    Raises:
        MissingComponentError: Splink is not installed.
    """
    try:
        import duckdb
        from splink import DuckDBAPI, Linker
    except ImportError as error:
        raise MissingComponentError(
            "Linkage needs the extra `parties`.", remedy='Install it: pip install "entente[parties]".'
        ) from error
    logging.getLogger("splink").setLevel(logging.ERROR)
    with duckdb.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        connection.execute("SET threads = 2")
        api = DuckDBAPI(connection)
        linker = Linker(api.register(nodes), _settings(), log_level=logging.ERROR)
        failed = tuple(_estimate(linker)) if nodes.num_rows >= FEWEST else ("all: too few records",)
        found = linker.inference.predict(warning_mode="never")
        return Pairs(_read(connection, found.physical_name), failed)


def _read(connection: Any, predicted: str) -> pa.Table:
    """Pairs worth a look. `match_key` is the number of the first blocking rule that brought the pair together."""
    rows: pa.Table = connection.execute(
        f"""SELECT unique_id_l, unique_id_r, match_probability FROM "{predicted}"
        WHERE match_probability >= {LEAST} OR CAST(match_key AS INTEGER) < {_STRONG}
        ORDER BY unique_id_l, unique_id_r"""
    ).to_arrow_table()
    return rows


def _estimate(linker: Any) -> Iterator[str]:
    """Estimate u and m; yield the names of estimates for which there were too few pairs."""
    from splink import block_on

    for name, step in (
        ("u", lambda: linker.training.estimate_u_using_random_sampling(max_pairs=_U_PAIRS, seed=_SEED)),
        ("m by brand", lambda: _em(linker, block_on("block_brand"))),
        ("m by address", lambda: _em(linker, block_on("block_address"))),
        ("m by telephone", lambda: _em(linker, block_on("block_phone"))),
    ):
        try:
            step()
        except Exception:  # noqa: BLE001 - Splink raises several kinds where a block holds no pair; priors then stand
            yield name


def _em(linker: Any, rule: Any) -> None:
    linker.training.estimate_parameters_using_expectation_maximisation(
        rule, fix_u_probabilities=True, max_pairs=_EM_PAIRS
    )


def _settings() -> Any:
    from splink import SettingsCreator, block_on

    return SettingsCreator(
        link_type="dedupe_only",
        probability_two_random_records_match=1e-4,
        comparisons=[
            _names(),
            _plain("identifier", 0.9, 1e-5),
            _plain("phone", 0.3, 1e-4),
            _plain("address", 0.3, 1e-4),
            _plain("born", 0.9, 1e-3),
            _plain("country", 0.9, 0.2),
        ],
        blocking_rules_to_generate_predictions=[
            # the first four are _STRONG
            block_on("block_words"),
            block_on("identifier"),
            block_on("block_phone"),
            block_on("block_address"),
            block_on("block_brand"),
            block_on("block_bones", "country"),
        ],
        retain_matching_columns=False,
        max_iterations=10,
    )


def _names() -> Any:
    from splink.comparison_library import CustomComparison

    shared = "len(list_intersect(words_l, words_r))"
    least = "least(len(words_l), len(words_r))"
    return CustomComparison(
        output_column_name="words_key",
        comparison_levels=[
            {
                "sql_condition": "words_key_l IS NULL OR words_key_r IS NULL",
                "label_for_charts": "null",
                "is_null_level": True,
            },
            {
                "sql_condition": "words_key_l = words_key_r",
                "label_for_charts": "all words",
                "tf_adjustment_column": "words_key",
                "m_probability": 0.6,
                "u_probability": 1e-5,
            },
            {
                "sql_condition": f"{shared} = {least} AND {shared} >= 2 AND brand_l = brand_r",
                "label_for_charts": "all words of one, same brand",
                "m_probability": 0.15,
                "u_probability": 1e-5,
            },
            {
                "sql_condition": "jaro_winkler_similarity(words_key_l, words_key_r) >= 0.92",
                "label_for_charts": "nearly all letters",
                "m_probability": 0.12,
                "u_probability": 1e-4,
            },
            {
                "sql_condition": f"brand_l = brand_r OR {shared} >= 2",
                "label_for_charts": "brand or two words",
                "m_probability": 0.08,
                "u_probability": 1e-3,
            },
            {"sql_condition": "ELSE", "label_for_charts": "else", "m_probability": 0.05, "u_probability": 0.99879},
        ],
    )


def _plain(column: str, m: float, u: float) -> Any:
    """A fact that is equal or not; how often one party's records agree in it is set, not estimated.

    Two records of one firm often give two addresses, in two languages; estimated on pairs that share an address, the
    chance to agree comes out near one, and another address would then weigh against every true pair.
    """
    from splink.comparison_library import CustomComparison

    return CustomComparison(
        output_column_name=column,
        comparison_levels=[
            {
                "sql_condition": f"{column}_l IS NULL OR {column}_r IS NULL",
                "label_for_charts": "null",
                "is_null_level": True,
            },
            {
                "sql_condition": f"{column}_l = {column}_r",
                "label_for_charts": "equal",
                "m_probability": m,
                "u_probability": u,
                "fix_m_probability": True,
            },
            {
                "sql_condition": "ELSE",
                "label_for_charts": "else",
                "m_probability": 1 - m,
                "u_probability": 1 - u,
                "fix_m_probability": True,
            },
        ],
    )

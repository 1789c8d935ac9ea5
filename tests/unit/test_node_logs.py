"""Logs are lines of JSON with named fields, from the node and from libraries alike."""

from __future__ import annotations

import io
import json
import logging

import pytest

from entente.node.logs import configure


@pytest.fixture
def stream():
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    found = io.StringIO()
    configure("info", found)
    yield found
    root.handlers = handlers
    root.setLevel(level)


def test_a_line_is_json_with_level_time_and_source(stream):
    logging.getLogger("entente.wire").warning("a peer was refused: %s", "clock")
    logging.getLogger("uvicorn.error").debug("not logged")
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "a peer was refused: clock", "level": "warning", "logger": "entente.wire"}


def test_an_exception_is_one_line_without_the_values_around_it(stream):
    def fail(passphrase: str) -> None:
        int(passphrase[:0])

    try:
        fail("correct horse")
    except ValueError:
        logging.getLogger("entente").exception("it failed")
    assert "horse" not in stream.getvalue()
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert line["exception"][0]["exc_type"] == "ValueError"

"""Logs of a node: one line of JSON for each event on standard error, without persons and without contents.

What is logged is named: level, time, logger, a sentence, and fields. Exceptions are logged with their places in the
program, and not with the values there: a passphrase may be among them.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog

_WITHOUT_VALUES = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def configure(level: str, stream: TextIO = sys.stderr) -> None:
    """Log from a level on (`debug`, `info`, `warning`, `error`), whatever library an event comes from."""
    shared = (structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name, structlog.processors.TimeStamper("iso"))
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(_WITHOUT_VALUES),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())

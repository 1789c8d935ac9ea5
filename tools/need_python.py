# ruff: noqa: INP001, UP036 - a script, run by whatever Python is found
"""Say clearly when the Python found is too old, before anything is installed."""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "Entente needs Python 3.11 or newer; this is {}.{}. Name another one: make PYTHON=python3.12 ...".format(
            *sys.version_info[:2]
        )
    )

"""The register of control lists: which substance is listed where, for which destination, on which day.

Start at `load_register`; ask with `listings_on` and `check`; hand tables to engines with `Register.table`.
"""

# ruff: noqa: TC004 - what `__all__` names is fetched when it is asked for
from typing import TYPE_CHECKING

from entente.exports import show

if TYPE_CHECKING:
    from entente.substances.asof import Answer, Finding, findings, listings_on
    from entente.substances.check import Check, check
    from entente.substances.forms import Form
    from entente.substances.model import Coverage, Direction, Instrument, Listing, Substance
    from entente.substances.register import SHIPPED, Register, load_register

__all__ = [
    "SHIPPED",
    "Answer",
    "Check",
    "Coverage",
    "Direction",
    "Finding",
    "Form",
    "Instrument",
    "Listing",
    "Register",
    "Substance",
    "check",
    "findings",
    "listings_on",
    "load_register",
]

show(
    __name__,
    {
        "asof": "Answer Finding findings listings_on",
        "check": "Check check",
        "forms": "Form",
        "model": "Coverage Direction Instrument Listing Substance",
        "register": "SHIPPED Register load_register",
    },
)

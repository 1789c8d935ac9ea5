"""Chemical forms that a control list may include or leave out beside the substance itself.

A control list says which forms of a substance it covers ("its salts, optical isomers, and salts of optical
isomers"). A match in a goods text says which form was named. A listing covers a match when every bit of the
match's form is among the bits of the listing's scope. Hydrates are treated as the substance itself.
"""

from __future__ import annotations

from enum import IntFlag


class Form(IntFlag):
    """Bits of a form; zero is the substance itself."""

    BASE = 0
    SALT = 1
    ISOMER = 2
    ESTER = 4
    ETHER = 8
    AMIDE = 16
    CARBAMATE = 32
    HALIDE = 64
    ACETAL = 128
    #: One salt that a list may name by itself (Mexico, 2021-05-13). A list that takes in salts takes it in too.
    DIHYDROCHLORIDE = 256


ALL_FORMS = Form(511)

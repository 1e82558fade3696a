# SPDX-License-Identifier: GPL-2.0-only
"""Units as the tables' headers spell them: A, A^3, A^2/ps, cm^2/s, g/cm^3."""

import re

from natrolite.errors import NatroliteError

# name: (kind, value in m, s or kg)
BASES = {
    "A": ("length", 1e-10),
    "nm": ("length", 1e-9),
    "um": ("length", 1e-6),
    "cm": ("length", 1e-2),
    "m": ("length", 1.0),
    "fs": ("time", 1e-15),
    "ps": ("time", 1e-12),
    "ns": ("time", 1e-9),
    "s": ("time", 1.0),
    "g": ("mass", 1e-3),
    "kg": ("mass", 1.0),
}


def parse(text):
    """Return (value in SI units, {kind: power}) of a product of powers; "" is the number 1.

    Raises NatroliteError for a unit that is not in BASES."""
    value, powers = 1.0, {}
    for k, part in enumerate(text.replace("cc", "cm^3").split("/") if text else []):
        for word in part.split() or [""]:
            match = re.fullmatch(r"([A-Za-z]+)(?:\^(\d))?", word)
            if not match or match.group(1) not in BASES:
                raise NatroliteError(f"unit '{text}' is not known; take powers and quotients of {', '.join(BASES)}")
            kind, size = BASES[match.group(1)]
            power = int(match.group(2) or 1) * (-1 if k else 1)
            value *= size**power
            powers[kind] = powers.get(kind, 0) + power
    return value, powers


def factor(unit, wanted):
    """Return what a number in unit is multiplied by to be in the unit wanted; NatroliteError if it cannot be."""
    if unit == wanted:
        return 1.0
    (value, powers), (other, others) = parse(unit), parse(wanted)
    if powers != others:
        raise NatroliteError(f"unit '{unit}' is none of '{wanted}'")
    return value / other

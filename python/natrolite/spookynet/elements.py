# SPDX-License-Identifier: GPL-2.0-only
"""Element descriptors: nuclear charge and electrons per shell, each scaled to at most one."""

import torch

MAX_Z = 86

# Columns of the descriptor after the nuclear charge. The valence columns count the electrons in
# the outermost s and p shell and in the open or just closed d and f shell of the same row.
SHELLS = ("1s", "2s", "2p", "3s", "3p", "4s", "3d", "4p", "5s", "4d", "5p", "6s", "4f", "5d", "6p")
VALENCE = ("s", "p", "d", "f")
CAPACITY = {"s": 2, "p": 6, "d": 10, "f": 14}
NOBLE = (2, 10, 18, 36, 54, 86)

# Ground states that do not follow the order of filling (NIST Atomic Spectra Database):
# Z -> electrons moved, (from, to, how many).
EXCEPTIONS = {
    24: ("4s", "3d", 1),
    29: ("4s", "3d", 1),
    41: ("5s", "4d", 1),
    42: ("5s", "4d", 1),
    44: ("5s", "4d", 1),
    45: ("5s", "4d", 1),
    46: ("5s", "4d", 2),
    47: ("5s", "4d", 1),
    57: ("4f", "5d", 1),
    58: ("4f", "5d", 1),
    64: ("4f", "5d", 1),
    78: ("6s", "5d", 1),
    79: ("6s", "5d", 1),
}


def occupation(z):
    """Return {shell: electrons} of the neutral atom with nuclear charge z, 0..86."""
    left, shells = z, {}
    for shell in SHELLS:
        shells[shell] = min(left, CAPACITY[shell[1]])
        left -= shells[shell]
    if z in EXCEPTIONS:
        source, target, count = EXCEPTIONS[z]
        shells[source] -= count
        shells[target] += count
    return shells


def valence(z):
    """Return the electrons of each kind in the shells that filled after the last noble gas.

    A noble gas counts its own row; a filled d or f shell still counts.
    """
    core = occupation(max([n for n in NOBLE if n < z], default=0))
    full = occupation(z)
    return [sum(n - core[s] for s, n in full.items() if s[1] == kind) for kind in VALENCE]


def descriptors(atomic_numbers):
    """Return float64 [T, 20], one row per element, columns scaled by their maximum over 0..86.

    Source: Unke et al. 2021, Methods, nuclear embedding (electron configuration vectors).
    """
    rows = [[z, *occupation(z).values(), *valence(z)] for z in range(MAX_Z + 1)]
    table = torch.tensor(rows, dtype=torch.float64)
    return (table / table.amax(0))[list(atomic_numbers)]

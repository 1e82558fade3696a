#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes src/core/dispersion_tables.cpp, the element data of DFT-D3, from a package that has them.

    python tools/dispersion_tables.py dftd3_params.npz > src/core/dispersion_tables.cpp

The file is torch_dftd/nn/params/dftd3_params.npz of the package torch-dftd (PyPI, MIT), which is found
without an argument where torch-dftd is installed. The data are those of S. Grimme, J. Antony, S. Ehrlich
and H. Krieg, J. Chem. Phys. 132, 154104 (2010), for the elements 1..94: newer packages of the
authors have other references from francium on, LAMMPS has these.

Radii and <r4>/<r2> are printed as the DFT-D3 program knows them: from primary data of two and four
decimals, which it holds in single precision, rounded to eight decimals.
"""

import importlib.util
import pathlib
import sys

import numpy as np

BOHR = 0.52917726  # Angstrom, that of the tables
ELEMENTS = 94
HEAD = """// SPDX-License-Identifier: GPL-2.0-only
// Written by tools/dispersion_tables.py from torch-dftd: do not edit.
#include "dispersion_tables.h"

namespace natrolite::d3 {
"""


def parameters():
    """Return the arrays of the file named on the command line, or of the installed package."""
    if len(sys.argv) > 1:
        return np.load(sys.argv[1])
    package = importlib.util.find_spec("torch_dftd")
    if package is None:
        sys.exit("torch-dftd is not installed: name its file dftd3_params.npz")
    return np.load(pathlib.Path(package.origin).parent / "nn" / "params" / "dftd3_params.npz")


def single(values):
    return np.asarray(values, np.float32).astype(float)


def covalent_radii(rcov):
    """Return the radii in Bohr [94]: 4/3 of those of Pyykko and Atsumi, metals less by 10 %."""
    primary = np.round(0.75 * rcov * BOHR, 2)
    return np.round(single(4.0 / 3.0) * single(primary) / BOHR, 8)


def root_of_ratio(r2r4):
    """Return sqrt(<r4>/<r2> sqrt(Z) / 2) [94]."""
    z = np.sqrt(np.arange(1.0, ELEMENTS + 1))
    primary = np.round(2.0 * r2r4**2 / z, 4)
    return np.round(np.sqrt(0.5 * single(primary) * z), 8)


def lines(words, width=98):
    """Join words by commas into lines of at most `width` columns."""
    out, line = [], " "
    for word in words:
        if len(line) + len(word) + 2 > width:
            out.append(line)
            line = " "
        line += f" {word},"
    return "\n".join([*out, line])


def array(declaration, words):
    return f"\nconst {declaration} = {{\n{lines(words)}\n}};\n"


def write(p):
    """Return the C++ source."""
    inside = slice(1, ELEMENTS + 1)
    c6 = p["c6ab"][inside, inside]
    number = np.array([(c6[z, z, :, :, 0] > 0).any(1).sum() for z in range(ELEMENTS)])
    rows = [(z, a) for z in range(ELEMENTS) for a in range(number[z])]
    references = [c6[z, z, a, 0, 1] for z, a in rows]
    pairs = [c6[z, y, a, b, 0] for k, (z, a) in enumerate(rows) for y, b in rows[: k + 1]]
    assert min(pairs) > 0.0 and np.allclose(np.round(pairs, 4), pairs, rtol=0.0, atol=1e-12)
    radii = np.round(p["r0ab"][inside, inside] * BOHR, 4)
    assert np.array_equal(radii, radii.T)
    first = np.concatenate([[0], np.cumsum(number)])
    text = HEAD + array("int FIRST_REFERENCE[ELEMENTS + 1]", [str(n) for n in first])
    text += array("double REFERENCE_COORDINATION[]", [f"{x:g}" for x in references])
    text += array("double COVALENT_RADIUS[ELEMENTS]", [f"{x:.8f}" for x in covalent_radii(p["rcov"][inside])])
    text += array("double ROOT_R4_R2[ELEMENTS]", [f"{x:.8f}" for x in root_of_ratio(p["r2r4"][inside])])
    lower = [(z, y) for z in range(ELEMENTS) for y in range(z + 1)]
    text += array("unsigned short DAMPING_RADIUS[]", [f"{1e4 * radii[z, y]:.0f}" for z, y in lower])
    text += array("unsigned REFERENCE_C6[]", [f"{1e4 * x:.0f}" for x in pairs])
    return text + "\n}    // namespace natrolite::d3\n"


if __name__ == "__main__":
    print(write(parameters()), end="")

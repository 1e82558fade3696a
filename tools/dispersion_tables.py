#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes the element data of DFT-D3 into src/core, from a package that has them.

    python tools/dispersion_tables.py src/core [dftd3_params.npz]

dispersion_tables.cpp has the data of elements and pairs of elements, dispersion_references.cpp those of pairs of
reference systems. A line is a row of a triangle. The npz file is torch_dftd/nn/params/dftd3_params.npz of the package torch-dftd (PyPI, MIT), which is found
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
SOURCE = """// SPDX-License-Identifier: GPL-2.0-only
// Written by tools/dispersion_tables.py from torch-dftd: do not edit.
#include "dispersion_tables.h"

namespace natrolite::d3 {{
{arrays}
}}    // namespace natrolite::d3
"""


def parameters():
    """Return the arrays of the file named on the command line, or of the installed package."""
    if len(sys.argv) > 2:
        return np.load(sys.argv[2])
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


def triangle(words):
    """Return the rows of a lower triangle, a line each; the first has one word."""
    rows = int(np.sqrt(2 * len(words)))
    starts = [k * (k + 1) // 2 for k in range(rows + 1)]
    assert starts[-1] == len(words)
    return "\n".join(",".join(words[a:b]) + "," for a, b in zip(starts, starts[1:], strict=False))


def array(declaration, body):
    return f"\nconst {declaration} = {{\n{body}\n}};\n"


def sources(p):
    """Return {file: its C++ source}."""
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
    lower = [(z, y) for z in range(ELEMENTS) for y in range(z + 1)]
    of_elements = [
        array("int FIRST_REFERENCE[ELEMENTS + 1]", lines([str(n) for n in first])),
        array("double REFERENCE_COORDINATION[]", lines([f"{x:g}" for x in references])),
        array("double COVALENT_RADIUS[ELEMENTS]", lines([f"{x:.8f}" for x in covalent_radii(p["rcov"][inside])])),
        array("double ROOT_R4_R2[ELEMENTS]", lines([f"{x:.8f}" for x in root_of_ratio(p["r2r4"][inside])])),
        array("unsigned short DAMPING_RADIUS[]", triangle([f"{1e4 * radii[z, y]:.0f}" for z, y in lower])),
    ]
    of_references = array("unsigned REFERENCE_C6[]", triangle([f"{1e4 * x:.0f}" for x in pairs]))
    arrays = {"dispersion_tables.cpp": "".join(of_elements), "dispersion_references.cpp": of_references}
    return {file: SOURCE.format(arrays=text) for file, text in arrays.items()}


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("name the folder to write into")
    for file, text in sources(parameters()).items():
        (pathlib.Path(sys.argv[1]) / file).write_text(text)

# SPDX-License-Identifier: GPL-2.0-only
"""The pretrained models that the sevenn wheel ships, exported, against sevenn's calculator."""

import numpy as np
import pytest
import structures
import tiny_sevennet
from natrolite import check, modelfile
from natrolite.export import export
from natrolite.exporters import sevennet
from test_sevennet import LIMITS, differences

ALL = list(structures.ALL)
# name in natrolite, name in sevenn, precision, modality, structures
CASES = [
    ("sevennet-0", "7net-0", "float32", None, ALL),
    ("sevennet-0", "7net-0", "float64", None, ALL),
    ("sevennet-0-22may2024", "7net-0_22may2024", "float32", None, ["amorphous_carbon"]),
    ("sevennet-l3i5", "7net-l3i5", "float32", None, ["short_triclinic"]),
    ("sevennet-l3i5", "7net-l3i5", "float64", None, ["short_triclinic"]),
    ("sevennet-mf-0", "7net-mf-0", "float32", "PBE", ["amorphous_carbon"]),
    ("sevennet-mf-0", "7net-mf-0", "float64", "R2SCAN", ["short_triclinic"]),
]


@pytest.mark.parametrize("name, theirs, dtype, modality, cases", CASES)
def test_against_sevenn(name, theirs, dtype, modality, cases, tmp_path):
    path = tmp_path / "model.pt"
    report, meta = export(sevennet, name, path, dtype, modality)
    assert report.energy < LIMITS[dtype][0] and report.force < LIMITS[dtype][1]
    assert meta["exchange_widths"] == [704 if "l3i5" in name else 480] * 4
    file = modelfile.load(path)
    energy, force, _ = check.errors(*file)
    assert energy < meta["reference"]["energy_tolerance"] and force < meta["reference"]["force_tolerance"]
    calculator = tiny_sevennet.calculator(theirs, dtype, modality)
    for case in cases:
        atoms = structures.ALL[case]()
        found = differences(file, calculator, atoms, ghosts=False)
        print(f"{name} {dtype} {case}: {found[0]:.1e} eV/atom, {found[1]:.1e} eV/A, {found[2]:.1e} eV/A^3")
        assert all(value <= limit for value, limit in zip(found, LIMITS[dtype])), (case, found)
        if len(atoms) > 1:
            assert np.abs(atoms.get_forces()).max() > 0.05  # else the comparison says little

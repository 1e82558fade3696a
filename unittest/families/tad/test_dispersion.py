# SPDX-License-Identifier: GPL-2.0-only
"""SpookyNet's dispersion against the package that its D4 reference tables come from."""

import pathlib
import sys

import numpy as np
import tad_dftd4
import torch
from natrolite.spookynet import Settings, SpookyNet, dispersion_tables

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
import spooky_cases as cases

REVISED = [29, 30, 47, 48, 79, 80]  # newer in tad-dftd4 than in the public file


def test_tables_of_the_package_and_of_the_file_agree():
    known = [z for z in range(1, 87) if z not in REVISED]
    ours, theirs = dispersion_tables.from_package(known), cases.file_tables(known)
    for name, value in vars(ours).items():
        stored = vars(theirs)[name]
        assert torch.allclose(value, stored, rtol=2e-7, atol=0.0), name
        assert value.abs().sum() > 0, name


def test_dispersion_against_tad_dftd4():
    """Same charges, same damping: the energy of the package, without its three-body term."""
    model = small_default_model()
    atoms = cases.molecule()
    out, _ = cases.run(model, cases.pairs(atoms), cases.types_of(atoms), charge=1.0, derivative=False)
    assert np.abs(out["charges"]).max() > 0.1
    bohr, hartree = 0.5291772105638411, 27.211386024367243
    real = {"dtype": torch.float64}
    numbers, charges = torch.tensor(atoms.numbers), torch.tensor(out["charges"])
    damping = {"s6": 1.0, "s8": 1.61679827, "s9": 0.0, "a1": 0.44959224, "a2": 3.35743605}
    param = {name: torch.tensor(value, **real) for name, value in damping.items()}
    positions, total = torch.tensor(atoms.positions) / bohr, torch.tensor(1.0, **real)
    energy = tad_dftd4.dftd4(numbers, positions, total, param, q=charges)
    wanted = energy.numpy() * hartree
    assert np.abs(out["dispersion"] - wanted).max() < 1e-9 * np.abs(wanted).max()


def small_default_model():
    """Return a new model with the tables of tad-dftd4, all pairs."""
    torch.manual_seed(3)
    settings = Settings(cases.ELEMENTS, features=8, basis=6, modules=1, r_max=3.0)
    model = SpookyNet(settings).eval().requires_grad_(False)
    model.offset.data.normal_(0.0, 0.3)  # charges of each element
    return model

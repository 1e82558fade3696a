# SPDX-License-Identifier: GPL-2.0-only
"""How the structures of the MXene data move: dynamics by in.sample, relaxations."""

import pathlib

from ase.optimize import BFGS
from distill import dynamics, labels

ELEMENTS = ["Ti", "C", "O", "H", "Na"]
DECK = pathlib.Path(__file__).with_name("in.sample")
D3 = 21.1671  # Angstrom, cutoffs


def run(folder, name, start, models, temperature, seed, **variables):
    """Run in.sample at a temperature (K), as dynamics.run does."""
    return dynamics.run(DECK, ELEMENTS, folder, name, start, models, temperature=temperature, seed=seed, **variables)


def relax(model, start, steps=42, every=6):
    """Relax a structure at constant cell by a model with D3; return every few of its steps."""
    atoms, frames = start.copy(), []
    atoms.calc = labels.calculator(model, ELEMENTS, D3)
    optimizer = BFGS(atoms, logfile=None)
    optimizer.attach(lambda: frames.append(atoms.copy()), interval=every)
    optimizer.run(fmax=0.02, steps=steps)
    return frames

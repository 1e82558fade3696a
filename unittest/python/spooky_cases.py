# SPDX-License-Identifier: GPL-2.0-only
"""What the SpookyNet tests share: small models, structures, edges, the reference of the original."""

import json
import os

import numpy as np
import torch
from ase import Atoms
from ase.neighborlist import neighbor_list
from natrolite.spookynet import Settings, SpookyNet
from natrolite.spookynet.dispersion_tables import from_parameters
from natrolite.spookynet.settings import BLOCKS

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "..", "reference", "spookynet")
PARAMETERS = os.path.join(FOLDER, "parameters.pth")
ELEMENTS = (1, 6, 8, 11)


def reference():
    """Return the list of reference cases of the original code."""
    with open(os.path.join(FOLDER, "reference.json")) as file:
        return json.load(file)


def atoms_of(case):
    """Return the ase.Atoms of a reference case."""
    info = {"charge": case["total_charge"], "spin": case["unpaired_electrons"]}
    cell = case["cell"]
    return Atoms(case["numbers"], case["positions"], cell=cell, pbc=cell is not None, info=info)


def file_state():
    """Return the state_dict of the original's parameter file."""
    return torch.load(PARAMETERS, map_location="cpu", weights_only=True)["state_dict"]


def file_tables(atomic_numbers):
    """Return the D4 tables inside the original's parameter file."""
    prefix = "d4_dispersion_energy."
    rows = {k[len(prefix) :]: v for k, v in file_state().items() if k.startswith(prefix)}
    return from_parameters(rows, atomic_numbers)


def small_model(seed=1, dtype=torch.float64, **settings):
    """Return a small model in which every part has an effect (random weights, none left silent)."""
    settings = {"lr_cutoff": 5.0, **settings}
    torch.manual_seed(seed)
    made = Settings(ELEMENTS, features=8, basis=6, modules=2, r_max=3.0, blocks=dict.fromkeys(BLOCKS, 1), **settings)
    model = SpookyNet(made, dtype, file_tables(ELEMENTS))
    for name, parameter in model.named_parameters():
        if not name.startswith(("repulsion", "dispersion", "basis")):
            parameter.data += 0.2 * torch.randn(parameter.shape, dtype=torch.float64).to(dtype)
    return model.eval().requires_grad_(False)


def crystal():
    """Ten atoms in a triclinic cell with edges shorter than twice the long-range cutoff."""
    cell = [[6.1, 0.0, 0.0], [1.3, 5.7, 0.0], [-0.8, 1.1, 6.4]]
    rng = np.random.default_rng(5)
    grid = np.array([[i, j, k] for i in (0, 0.5) for j in (0, 0.5) for k in (0, 0.33, 0.67)])[:10]
    atoms = Atoms("HCOCHONaCHO", scaled_positions=grid + rng.uniform(0, 0.12, (10, 3)), cell=cell, pbc=True)
    return atoms


def molecule():
    """Nine atoms, about 6 A long, wider than the cutoff of the small model's network."""
    positions = [
        [0, 0, 0],
        [1.4, 0.1, 0.2],
        [2.2, 1.2, -0.1],
        [3.5, 1.1, 0.3],
        [4.2, 2.2, 0.1],
        [5.4, 2.0, 0.6],
        [-0.5, -0.9, 0.3],
        [1.7, -0.9, 0.6],
        [6.2, 3.4, -0.9],
    ]
    return Atoms("CCOCCOHHNa", positions)


def pairs(atoms, cutoff=None):
    """Return (i, j, vec, shift), sorted by i, of all pairs with r < cutoff; None: every pair."""
    n = len(atoms)
    if cutoff is None:
        i, j = np.nonzero(~np.eye(n, dtype=bool))
        x = atoms.positions
        return i, j, x[j] - x[i], np.zeros((len(i), 3), int)
    i, j, vec, shift = neighbor_list("ijDS", atoms, cutoff)
    order = np.argsort(i, kind="stable")
    return i[order], j[order], vec[order], shift[order]


def types_of(atoms, elements=ELEMENTS):
    """Return int64 [n], the index of each atom's element."""
    return np.array([elements.index(z) for z in atoms.numbers], dtype=np.int64)


def run(model, found, types, charge=0.0, spin=0.0, derivative=True):
    """Evaluate on one rank without ghosts; return ({name: numpy [n]}, forces [n, 3] or None)."""
    from natrolite import operators

    i, j, vec, _ = found
    edge_vec = torch.tensor(np.asarray(vec).reshape(-1, 3), dtype=torch.float64, requires_grad=True)
    types = torch.as_tensor(types)
    data = {
        "edge_vec": edge_vec,
        "edge_index": torch.tensor(np.stack([i, j]), dtype=torch.int64),
        "types": types,
        "types_local": types,
        "total_charge": torch.tensor([float(charge)], dtype=torch.float64),
        "total_spin": torch.tensor([float(spin)], dtype=torch.float64),
    }
    with operators.exchange():
        out = model(data)
        forces = None
        if derivative:
            (g,) = torch.autograd.grad([out["atomic_energy"].sum()], [edge_vec])
            forces = np.zeros((len(types), 3))
            np.add.at(forces, i, g.numpy())
            np.subtract.at(forces, j, g.numpy())
    return {name: value.detach().numpy() for name, value in out.items()}, forces

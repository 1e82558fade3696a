# SPDX-License-Identifier: GPL-2.0-only
"""Small MACE models with random weights, and mace's own calculator in both precisions.

Import this module before e3nn: mace-torch 0.3.16 needs e3nn 0.4.4, whose constants current torch
loads only when asked to.
"""

import contextlib
import io
import logging
import os
import warnings

os.environ["TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"] = "1"
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import torch  # noqa: E402

with contextlib.redirect_stdout(io.StringIO()):
    from mace import modules
    from mace.calculators import MACECalculator

NUMBERS = [1, 6, 8, 11, 22]


def _heads(*names):
    """Options of a model with several heads: names, and energies for each."""
    shifts = np.arange(len(names))[:, None]
    return {
        "heads": list(names),
        "atomic_energies": np.array([-1.1, -3.2, -2.3, -0.4, -4.5]) + 0.3 * shifts,
        "atomic_inter_scale": list(0.8 + 0.4 * np.arange(len(names))),
        "atomic_inter_shift": list(0.1 - 0.2 * np.arange(len(names))),
    }


def block(name):
    """Return the options for an interaction block in all layers."""
    cls = getattr(modules, f"{name}InteractionBlock")
    return {"interaction_cls": cls, "interaction_cls_first": cls}


def first(name, others):
    """Return the options for one interaction block in layer 0 and another one in the others."""
    return {
        "interaction_cls_first": getattr(modules, f"{name}InteractionBlock"),
        "interaction_cls": getattr(modules, f"{others}InteractionBlock"),
    }


# name -> options over those of `model`
KINDS = {
    "plain": {},
    "unscaled": {"cls": modules.MACE, "pair_repulsion": True, **block("RealAgnostic")},
    "density": {"radial_type": "gaussian", "num_interactions": 3, **block("RealAgnosticDensity")},
    "attention": {"distance_transform": "Soft", **block("RealAgnosticAttResidual")},
    "zbl": {
        "pair_repulsion": True,
        "distance_transform": "Agnesi",
        **first("RealAgnosticDensity", "RealAgnosticDensityResidual"),
    },
    "nonlinear": {
        "apply_cutoff": False,
        "use_last_readout_only": True,
        "use_agnostic_product": True,
        "edge_irreps": "8x0e+8x1o",
        "readout_cls": modules.NonLinearBiasReadoutBlock,
        **block("RealAgnosticResidualNonLinear"),
        **_heads("pbe", "r2scan", "scan"),
        "atomic_inter_scale": [20.0, 24.0, 28.0],
    },
    "heads": {**_heads("other", "Default"), "hidden_irreps": "8x0e+8x1o+8x2e"},
    "one_layer": {"num_interactions": 1, "correlation": 2, "max_ell": 3},
}


def model(kind="plain", dtype="float64", seed=5, **changes):
    """Return a mace model: r_max 4 A, 2 layers, 16x0e+16x1o, correlation 3, random weights."""
    from e3nn import o3

    options = {
        "cls": modules.ScaleShiftMACE,
        "r_max": 4.0,
        "num_bessel": 6,
        "num_polynomial_cutoff": 5,
        "max_ell": 2,
        "num_interactions": 2,
        "num_elements": len(NUMBERS),
        "hidden_irreps": "16x0e+16x1o",
        "MLP_irreps": "8x0e",
        "gate": torch.nn.functional.silu,
        "atomic_energies": np.array([-1.1, -3.2, -2.3, -0.4, -4.5]),
        "avg_num_neighbors": 9.0,
        "atomic_numbers": NUMBERS,
        "correlation": 3,
        "radial_MLP": [16, 16],
        "atomic_inter_scale": 4.0,
        "atomic_inter_shift": 0.1,
        **block("RealAgnosticResidual"),
        **KINDS[kind],
        **changes,
    }
    cls = options.pop("cls")
    if cls is not modules.ScaleShiftMACE:
        del options["atomic_inter_scale"], options["atomic_inter_shift"]
    for name in ("hidden_irreps", "MLP_irreps", "edge_irreps"):
        if name in options:
            options[name] = o3.Irreps(options[name])
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, dtype))
    torch.manual_seed(seed)
    try:
        return cls(**options)
    finally:
        torch.set_default_dtype(before)


def write(path, *arguments, **options):
    """Write a model as mace's training does; return path."""
    torch.save(model(*arguments, **options), path)
    return path


@contextlib.contextmanager
def _kept():
    """Keep torch's default dtype, which mace's calculator changes, and what it logs."""
    before = torch.get_default_dtype()
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
        logging.disable(logging.NOTSET)


class _Calculator(MACECalculator):
    def __init__(self, *arguments, **options):
        with _kept():
            super().__init__(*arguments, **options)

    def calculate(self, *arguments, **options):
        with _kept():
            torch.set_default_dtype(getattr(torch, self.default_dtype))
            super().calculate(*arguments, **options)


def calculator(path, dtype="float64", head=None):
    """Return mace's own MACECalculator on the CPU for a model file."""
    return _Calculator(str(path), device="cpu", default_dtype=dtype, head=head)


def reference(calculator, atoms):
    """Return (energy in eV, forces in eV/A, stress 3x3 in eV/A^3 or None) by a mace calculator.

    The energy is the sum of mace's atomic energies in double precision; its own total is summed in
    the compute type. mace divides the virial of a slab by the volume of a cell that it makes up along the vacuum; here
    it is the cell of the structure. No stress where there is no cell.
    """
    from mace.data.neighborhood import get_neighborhood

    atoms = atoms.copy()
    atoms.calc = calculator
    energy, forces = float(atoms.get_potential_energies().sum()), atoms.get_forces()
    if not atoms.pbc.any():
        return energy, forces, None
    pbc = tuple(bool(p) for p in atoms.pbc)
    cell = get_neighborhood(atoms.positions, 4.0, pbc, np.array(atoms.cell))[3]
    scale = abs(np.linalg.det(cell)) / atoms.get_volume()
    return energy, forces, atoms.get_stress(voigt=False) * scale

# SPDX-License-Identifier: GPL-2.0-only
"""Small nequix models with random weights, built and saved by nequix's own code, and its calculator.

Needs the environment of cmake/pins-nequix.txt.
"""

import contextlib
import os
from unittest import mock

# every structure is compiled anew, for seconds; the machine code need not be good
FLAGS = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", FLAGS)

import jax  # noqa: E402
import numpy as np  # noqa: E402
import tiny_nqx  # noqa: E402

NUMBERS = [1, 6, 8, 11, 22]
CONFIG = {
    **tiny_nqx.CONFIG,
    "atomic_numbers": NUMBERS,
    "atom_energies": {"1": -1.2, "6": -3.1, "8": -2.5, "11": -0.9, "22": -4.7},
    "n_layers": 3,
    "mlp_init_scale": 4.0,
}


def config(**changes):
    """Return the header of a file."""
    return {**CONFIG, **changes}


def write(path, settings=None, seed=5):
    """Write a file with random weights; return path. The scales of the normalization are random too."""
    import equinox as eqx
    from nequix.model import Nequix, save_model

    settings = settings or config()
    unused = ("atomic_numbers", "atom_energies")
    model = Nequix(
        key=jax.random.key(seed),
        n_species=len(settings["atomic_numbers"]),
        atom_energies=[settings["atom_energies"][str(z)] for z in settings["atomic_numbers"]],
        **{key: value for key, value in settings.items() if key not in unused},
    )
    rng = np.random.default_rng(seed)
    for i in range(settings["n_layers"] if settings["layer_norm"] else 0):

        def where(m, i=i):
            return m.layers[i].layer_norm.affine_weight

        scales = [jax.numpy.asarray(rng.uniform(0.3, 1.7, a.shape), a.dtype) for a in where(model)]
        model = eqx.tree_at(where, model, scales)
    save_model(path, model, settings)
    return path


def calculator(path, dtype="float32"):
    """Return evaluate(atoms) -> (energy in eV, forces in eV/A, stress in eV/A^3 or None) by nequix's calculator.

    float64: the same class and network; only the cast of positions and cell to float32, which nequix has
    hard-wired, is undone. It takes images of atoms only in systems that are periodic in all directions, so
    a slab gets its vacuum as a period.
    """
    from nequix import calculator as theirs

    graph_of = theirs.preprocess_graph

    def exact(atoms, *arguments):
        graph = graph_of(atoms, *arguments)
        cell = graph["cell"]
        return {**graph, "positions": atoms.positions, "cell": cell if cell is None else atoms.cell.array}

    original = theirs.NequixCalculator(model_path=str(path), use_kernel=False)
    if dtype == "float64":
        with jax.experimental.enable_x64():
            original.model = jax.tree.map(lambda leaf: jax.numpy.asarray(leaf, "float64"), original.model)

    def evaluate(atoms):
        atoms = atoms.copy()
        atoms.pbc = atoms.cell.rank == 3
        with contextlib.ExitStack() as stack:
            if dtype == "float64":
                stack.enter_context(jax.experimental.enable_x64())
                stack.enter_context(mock.patch.object(theirs, "preprocess_graph", exact))
            original.calculate(atoms, ["energy", "forces", "stress"])
        voigt = original.results["stress"]
        stress = None if voigt is None else np.asarray(voigt, float)[[0, 5, 4, 5, 1, 3, 4, 3, 2]].reshape(3, 3)
        return float(original.results["energy"]), np.asarray(original.results["forces"], float), stress

    return evaluate

# SPDX-License-Identifier: GPL-2.0-only
"""Small `.nqx` files of random weights, written without nequix (tiny_nequix.py writes them with it)."""

import json

import numpy as np
from ase.data import atomic_numbers
from natrolite.exporters import nequix_files

CONFIG = {
    "cutoff": 4.0,
    "hidden_irreps": "6x0e + 4x1o + 3x2e",
    "lmax": 2,
    "n_layers": 2,
    "radial_basis_size": 5,
    "radial_mlp_size": 8,
    "radial_mlp_layers": 2,
    "radial_polynomial_p": 6.0,
    "index_weights": False,
    "layer_norm": True,
    "shift": -2.3,
    "scale": 0.7,
    "avg_n_neighbors": 17.5,
}


class _Random:
    """Gives random arrays where nequix_files reads them, and keeps them."""

    def __init__(self, seed):
        self.rng, self.arrays = np.random.default_rng(seed), []

    def next(self, *shape):
        self.arrays.append(self.rng.normal(0, 1, shape).astype(np.float32))
        return self.arrays[-1]


def write(path, elements, seed=5):
    """Write a file for these elements, with a scalar about the training between its arrays; return path."""
    numbers = sorted(atomic_numbers[element] for element in elements)
    config, records = {**CONFIG, "atomic_numbers": numbers}, _Random(seed)
    records.next(len(numbers))
    for i in range(config["n_layers"]):
        nequix_files._layer(records, config, i)
    records.next(nequix_files.hidden(config)[0][0], 1)
    with open(path, "wb") as stream:
        stream.write(json.dumps(config).encode() + b"\n")
        for number, array in enumerate(records.arrays):
            np.save(stream, array)
            if number == 2:
                np.save(stream, np.float32(0.25))
    return path

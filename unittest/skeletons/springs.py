# SPDX-License-Identifier: GPL-2.0-only
"""Skeleton of an exporter: the family of springs, E_i = k/4 sum_j (r_ij - cutoff)^2, in files of JSON."""

import json

from natrolite.errors import NatroliteError
from natrolite.exporters.common import Built

PACKAGE = "pip install ase"


def claims(path):
    """Return whether a file is of this family: from its bytes, nothing of an unknown file may be run."""
    with open(path, "rb") as stream:
        return stream.read(12) == b'{"springs": '


def build(source, dtype, modality=None):
    """Return common.Built for the path of a checkpoint; dtype: "float32" or "float64"."""
    import springs_modules
    import torch

    if modality is not None:
        raise NatroliteError(f"'{source}' has no modalities; leave --modality {modality} out")
    with open(source) as file:
        config = json.load(file)["springs"]
    fields = {
        "family": "springs",
        "name": config["name"],
        "license": config["license"],
        "citation": [],
        "type_names": config["elements"],
        "atomic_numbers": _numbers(config["elements"]),
        "r_max": config["cutoff"],
        "num_layers": 1,
        "strictly_local": True,
        "dtype": dtype,
    }
    module = springs_modules.Springs(config["k"], config["cutoff"], getattr(torch, dtype)).eval()
    return Built(module=module, original=_original(config), fields=fields, script=torch.jit.script)


def _numbers(elements):
    from ase.data import atomic_numbers

    return [atomic_numbers[name] for name in elements]


def _original(config):
    """Return the original model as a function: here numpy, else the unmodified package of the family."""
    import numpy as np
    from ase.neighborlist import neighbor_list
    from natrolite.evaluate import Result

    def evaluate(atoms):
        i, d, vectors = neighbor_list("idD", atoms, config["cutoff"])
        stretch = d - config["cutoff"]
        gradient = (0.5 * config["k"] * stretch / d)[:, None] * vectors  # of an edge's energy by its vector
        forces = np.zeros((len(atoms), 3))
        np.add.at(forces, i, 2 * gradient)  # the edge back has the opposite vector and the same energy
        return Result(0.25 * config["k"] * float(stretch @ stretch), forces, -vectors.T @ gradient)

    return evaluate

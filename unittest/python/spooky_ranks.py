# SPDX-License-Identifier: GPL-2.0-only
"""Script of test_spookynet: SpookyNet split over simulated ranks. Prints one JSON object:

case -> split -> {outputs, forces, log} with the unsplit system as split "one". Its own process,
since it registers its own exchange operators (see ranks.py).
"""

import json
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "python")]


def systems():
    """Yield (name, model, atoms, cutoff or None, types, charge, spin)."""
    import spooky_cases as cases
    from natrolite.spookynet import load_parameters

    crystal, molecule = cases.crystal(), cases.molecule()
    yield "crystal", cases.small_model(), crystal, 5.0, cases.types_of(crystal), 1.0, 2.0
    isolated = cases.small_model(lr_cutoff=None)
    yield "molecule", isolated, molecule, None, cases.types_of(molecule), -1.0, 1.0
    bare = cases.small_model(electrostatics=False, dispersion=False, lr_cutoff=None)
    yield "without long range", bare, crystal, 3.0, cases.types_of(crystal), 0.0, 0.0
    case = cases.reference()[4]
    public = load_parameters(cases.PARAMETERS).requires_grad_(False)
    atoms = cases.atoms_of(case)
    yield case["name"], public, atoms, None, atoms.numbers - 1, -1.0, 1.0


def splits(n):
    """Return {name: rank of every atom}."""
    rng = np.random.default_rng(n)
    lonely = [2] * n
    lonely[n // 2] = 0
    return {
        "one": [0] * n,
        "two": [k % 2 for k in range(n)],
        "three": rng.integers(0, 3, n).tolist()[:-1] + [2],
        "first empty": [1] * n,
        "middle empty": [0 if k < n // 2 else 2 for k in range(n)],
        "one atom apart": lonely,
    }


def main():
    import ranks
    import torch

    torch.set_num_threads(1)
    library = ranks.register()
    found = {}
    import spooky_cases as cases

    for name, model, atoms, cutoff, types, charge, spin in systems():
        scripted = torch.jit.script(model)
        edges = cases.pairs(atoms, cutoff)
        found[name] = {}
        for split, home in splits(len(atoms)).items():
            outputs, forces, log = ranks.evaluate(scripted, edges, types, home, charge, spin)
            outputs = {key: value.tolist() for key, value in outputs.items()}
            found[name][split] = {"outputs": outputs, "forces": forces.tolist(), "log": log}
    del library
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()

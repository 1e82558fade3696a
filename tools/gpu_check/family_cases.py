# SPDX-License-Identifier: GPL-2.0-only
"""Cases of the tests of families as LAMMPS sees them; run by an interpreter with ASE (see models.py)."""

import json
import pathlib
import shutil
import sys

import numpy as np

SKIN = 1.0  # Angstrom, of lammps_run.load
CROWD = 20000  # atoms within reach of a shell's layers
LARGEST = 10e6  # bytes of a model file: SpookyNet in float64 has more, in float32 less
# family -> file that its folder has beside those of cases.json, of the same network; its truth is the run on the CPU
EXPORTED = {"sevennet": "sevennet-float64.pt"}


def packed(system, name, to):
    """Write a structure once; return what a deck needs of it."""
    file = pathlib.Path(to, f"{name}.data")
    if not file.exists():
        system.write(file)
    return {"data": file.name, "names": system.names, "boundary": system.boundary, "atoms": len(system)}


def in_frame(case, system):
    """Return the calculator's values in LAMMPS' frame, if there are any."""
    if case["energy"] is None:
        return {"energy": None}
    virial = None
    if case["stress"] is not None:
        virial = system.rotated(-system.volume * np.array(case["stress"])).tolist()
    forces = (np.array(case["forces"]) @ system.rotation).tolist()
    return {"energy": case["energy"], "forces": forces, "virial": virial, "charges": case.get("charges")}


def modes_of(case, system):
    """Return the modes of one rank, without a shell that is most of the world."""
    reach = case["layers"] * case["cutoff"]
    crowded = system.volume > 0 and len(system) / system.volume * 4.2 * reach**3 > CROWD
    return [mode for mode in case["modes"] if not (mode == "shell" and crowded)]


def cases_of(folder, family):
    """Return the cases of a family's tests, and those of the file that has none there."""
    cases = json.loads(pathlib.Path(folder, "cases.json").read_text())
    own = {"dtype": "float64", "foreign": False, "modes": ["folded", "ghost", "shell"], "energy": None}
    if family in EXPORTED:
        own["file"] = EXPORTED[family]
        cases += [case | own for case in cases if case["file"] == cases[0]["file"]]
    return cases


def allows_tf32(path):
    """Return whether a GPU may round the matrix products of a file to TF32, 10 bits."""
    from natrolite import foreign, modelfile

    known = foreign.read(path)
    return "TF32" in known.notes if known else modelfile.read_metadata(path)["allow_tf32"]


def main(folder, to, family):
    """Print the entries of a family; copies its model files from folder."""
    import test_matrix

    entries = {}
    for case in cases_of(folder, family):
        if case["file"].endswith(".pt2"):  # machine code for another LibTorch
            continue
        if pathlib.Path(folder, case["file"]).stat().st_size > LARGEST:
            continue
        system = test_matrix.system(case)
        if case["file"] not in entries:
            shutil.copy(pathlib.Path(folder, case["file"]), to)
            entries[case["file"]] = {
                "file": case["file"],
                "family": family,
                "dtype": case["dtype"],
                "tf32": allows_tf32(pathlib.Path(to, case["file"])),
                "foreign": case["foreign"],
                "cases": [],
            }
        entries[case["file"]]["cases"].append(
            {
                "id": case["structure"],
                **packed(system, case["structure"], to),
                "charge": case["charge"],
                "spin": case["spin"],
                "modes": modes_of(case, system),
                "shell_cutoff": case["layers"] * case["cutoff"] + SKIN,
                **in_frame(case, system),
            }
        )
    json.dump(list(entries.values()), sys.stdout)


def toys(to, *names):
    """Write toy models; print their entries as the last line. Their truth is the run on the CPU."""
    import make_toys
    import models
    import toy_systems

    made = make_toys.write_good(to, names)
    entries = []
    for name, (_, meta) in made.items():
        charge, spin = models.ELECTRONS.get(name, (0, 0))
        sums = meta["collectives"]["sum"] or meta["collectives"]["max"]  # which a shell cannot give
        modes = [mode for mode in models.TOY_MODES if mode != "shell" or not sums]
        cases = []
        for structure in [*toy_systems.ALL, "liquid"]:
            system = toy_systems.system(structure)
            cases.append(
                {
                    "id": structure,
                    **packed(system, f"toy-{structure}", to),
                    "charge": charge,
                    "spin": spin,
                    "modes": modes,
                    "shell_cutoff": meta["num_layers"] * meta["r_max"] + SKIN,
                    "energy": None,
                }
            )
        entries.append(
            {
                "file": f"{name}.pt",
                "family": "toy",
                "dtype": meta["dtype"],
                "tf32": False,
                "foreign": False,
                "cases": cases,
            }
        )
    print(json.dumps(entries))

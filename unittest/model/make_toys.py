# SPDX-License-Identifier: GPL-2.0-only
"""Writes the toy model files and the broken ones: `python make_toys.py FOLDER`.

Good files go through the exporters' own checks, with toys_numpy as the original; toys.py has the
formulas. The broken ones, and what is wrong with them:

unknown_op      calls natrolite_unregistered::foo
missing_key     the metadata lack r_max
newer           format_version 2
mismatch        the reference's energy is 1 eV too high
far             the reference has an atom at 1e9 Angstrom
flat            the reference's cell is 1e-6 Angstrom thin
badjson         natrolite.json ends after its first half
state_dict      torch.save of a dictionary of tensors
checkpoint      torch.save of {config, model_state_dict}, as training codes write
metatomic_like  TorchScript with metatomic's extra files instead of natrolite.json
plain_script    TorchScript without any extra file
nequip_frozen   frozen TorchScript with the extra files of nequip-deploy
nequip_old      TorchScript with the extra files of nequip-deploy, but of another structure
nequip_like     TorchScript with the extra files of nequip-compile, but of another structure
compiled        AOTInductor package of nobody known
truncated       the first half of mp.pt
empty           0 bytes
notzip          a line of text
"""

import json
import os
import sys

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "..", "python")]

import toys  # noqa: E402
import toys_numpy  # noqa: E402
from natrolite import modelfile  # noqa: E402
from natrolite.evaluate import Result  # noqa: E402
from natrolite.exporters import common  # noqa: E402

FLOAT32 = torch.float32

# file -> (formula, module, dtype, further metadata)
GOOD = {
    "lj": ("lj", lambda: toys.LennardJones(), "float64", {"strictly_local": True, "num_layers": 1}),
    "mp": ("mp", lambda: toys.TwoLayers(5.0), "float64", {"num_layers": 2}),
    "mp32": ("mp", lambda: toys.TwoLayers(5.0, FLOAT32), "float32", {"num_layers": 2}),
    "mp3": ("mp3", lambda: toys.ThreeLayers(4.0), "float64", {"num_layers": 3}),
    "mp3_32": ("mp3", lambda: toys.ThreeLayers(4.0, FLOAT32), "float32", {"num_layers": 3}),
    "gsum": ("gsum", lambda: toys.GlobalSum(5.0), "float64", {"num_layers": 1}),
    "gmax": ("gmax", lambda: toys.GlobalMax(5.0), "float64", {"num_layers": 1}),
    "charged": (
        "charged",
        lambda: toys.Charged(5.0),
        "float64",
        {
            "num_layers": 1,
            "needs_total_charge": True,
            "needs_total_spin": True,
            "spin_convention": "unpaired_electrons",
            "defaults": {"total_charge": 0.0, "total_spin": 0.0},
            "outputs": ["atomic_energy", "charges"],
        },
    ),
    "peratom": (
        "peratom",
        lambda: toys.PerAtom(5.0),
        "float64",
        {"num_layers": 1, "strictly_local": True, "outputs": ["atomic_energy", "coordination"]},
    ),
}

ELECTRONS = GOOD["charged"][3]
GOOD |= {
    "multiplicity": (*GOOD["charged"][:3], {**ELECTRONS, "spin_convention": "multiplicity"}),
    "committee": (
        "lj",
        lambda: toys.Committee(),
        "float64",
        {
            "strictly_local": True,
            "num_layers": 1,
            "outputs": ["atomic_energy", "committee_energy"],
            "committee_size": 3,
        },
    ),
    "nan": (
        "peratom",
        lambda: toys.NotANumber(5.0),
        "float64",
        {"num_layers": 1, "strictly_local": True, "needs_total_charge": True},
    ),
    "calm": (  # nan's companion: takes the charge too, and stays finite
        "peratom",
        lambda: toys.PerAtom(5.0),
        "float64",
        {"num_layers": 1, "strictly_local": True, "needs_total_charge": True},
    ),
    "odd": (  # charged with an element of an odd number of electrons
        *GOOD["charged"][:3],
        {**ELECTRONS, "type_names": ["Ar", "Na"], "atomic_numbers": [18, 11]},
    ),
    "swapped": (  # peratom with its elements in the other order
        "peratom",
        lambda: toys.PerAtom(5.0, factors=toys.FACTORS[::-1]),
        "float64",
        {**GOOD["peratom"][3], "type_names": ["Ne", "Ar"], "atomic_numbers": [10, 18]},
    ),
}


def built(file):
    """Return common.Built of a good toy, with the numpy formula as the original."""
    formula, module, dtype, fields = GOOD[file]

    def original(atoms):
        return Result(*toys_numpy.evaluate(formula, atoms))

    base = {
        "family": "toy",
        "name": f"toy {file}",
        "license": "GPL-2.0-only",
        "type_names": ["Ar", "Ne"],
        "atomic_numbers": [18, 10],
        "r_max": toys_numpy.FORMULAS[formula][1],
        "strictly_local": False,
        "dtype": dtype,
    }
    return common.Built(module().eval(), original, {**base, **fields}, script=torch.jit.script)


def write_good(folder, names=tuple(GOOD)):
    """Write the good toys; return {name: (scripted, metadata)}."""
    made = {}
    for name in names:
        scripted, meta, report = common.finish(built(name))
        modelfile.write(os.path.join(folder, f"{name}.pt"), scripted, meta)
        print(f"{name}.pt: largest error {report.energy:.1e} eV/atom, {report.force:.1e} eV/A")
        made[name] = scripted, meta
    return made


def write_bad(folder, scripted, meta):
    """Write the broken files, from the good toy mp."""

    def path(name):
        return os.path.join(folder, f"{name}.pt")

    shifted = {**meta["reference"], "energy": meta["reference"]["energy"] + 1.0}
    modelfile.write(path("mismatch"), scripted, {**meta, "reference": shifted})
    positions, cell = meta["reference"]["positions"], meta["reference"]["cell"]
    far = {**meta["reference"], "positions": [[1e9, 0.0, 0.0], *positions[1:]]}
    modelfile.write(path("far"), scripted, {**meta, "reference": far})
    flat = {**meta["reference"], "cell": [*cell[:2], [0.0, 0.0, 1e-6]]}
    modelfile.write(path("flat"), scripted, {**meta, "reference": flat})
    half = json.dumps(meta)[: len(json.dumps(meta)) // 2]
    torch.jit.save(scripted, path("badjson"), _extra_files={modelfile.EXTRA_FILE: half})
    modelfile.write(path("newer"), scripted, {**meta, "format_version": 2})
    lacking = {key: value for key, value in meta.items() if key != "r_max"}
    modelfile.write(path("missing_key"), scripted, lacking)
    modelfile.write(path("unknown_op"), torch.jit.script(_unknown()), meta)
    torch.save(scripted.state_dict(), path("state_dict"))
    weights = {"layer.weight": torch.zeros(2, 3)}
    torch.save({"config": {"cutoff": 5.0}, "model_state_dict": weights}, path("checkpoint"))
    extra = {"metatomic-version": "0.1.11", "torch-version": torch.__version__, "extensions": "[]"}
    torch.jit.save(scripted, path("metatomic_like"), _extra_files=extra)
    torch.jit.save(scripted, path("plain_script"))
    nequip = {"type_names": "Ar Ne", "r_max": "5.0"}
    deployed = {**nequip, "n_species": "2", "nequip_version": "0.6.2"}
    torch.jit.save(scripted, path("nequip_old"), _extra_files=deployed)
    torch.jit.save(torch.jit.freeze(scripted), path("nequip_frozen"), _extra_files=deployed)
    torch.jit.save(scripted, path("nequip_like"), _extra_files={**nequip, "model_dtype": "float64"})
    writer = torch._C.PyTorchFileWriter(path("compiled"))
    record = b'{"AOTI_DEVICE_KEY": "cpu"}'
    writer.write_record("data/aotinductor/model/any.wrapper_metadata.json", record, len(record))
    writer.write_end_of_file()
    with open(path("mp"), "rb") as whole, open(path("truncated"), "wb") as half:
        content = whole.read()
        half.write(content[: len(content) // 2])
    open(path("empty"), "wb").close()
    with open(path("notzip"), "w") as text:
        text.write(json.dumps({"this": "is not a model"}) + "\n")


def write_all(folder):
    """Write the good and the broken files; return the folder."""
    made = write_good(folder)
    write_bad(folder, *made["mp"])
    return folder


def _unknown():
    library = torch.library.Library("natrolite_unregistered", "FRAGMENT")
    library.define("foo(Tensor x) -> Tensor")
    library.impl("foo", lambda x: x.clone(), "CompositeExplicitAutograd")
    module = toys.UnknownOperator(5.0).eval()
    _unknown.library = library  # the registration lives as long as this object
    return module


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    os.makedirs(sys.argv[1], exist_ok=True)
    made = write_good(sys.argv[1])
    write_bad(sys.argv[1], *made["mp"])
    return 0


if __name__ == "__main__":
    sys.exit(main())

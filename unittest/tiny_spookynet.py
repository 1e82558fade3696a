# SPDX-License-Identifier: GPL-2.0-only
"""Small SpookyNets with random weights in every part, of which nothing is left silent."""

import pathlib

import torch

ELEMENTS = (6, 1, 11, 8, 22)
PARAMETERS = pathlib.Path(__file__).resolve().parent / "reference" / "spookynet" / "parameters.pth"


def model(seed=1, dtype=torch.float64, elements=ELEMENTS, **changes):
    """Return a spookynet.SpookyNet in evaluation mode; changes: of its Settings.

    The width is no multiple of a vector, and parts have no, one or two residual blocks. The D4 tables
    are those of the public parameter file.
    """
    from natrolite.spookynet import Settings, SpookyNet
    from natrolite.spookynet.dispersion_tables import from_parameters
    from natrolite.spookynet.settings import BLOCKS

    blocks = {name: k % 3 for k, name in enumerate(BLOCKS)}
    base = {"features": 9, "basis": 6, "modules": 3, "r_max": 3.6, "lr_cutoff": 6.0, "blocks": blocks}
    prefix = "d4_dispersion_energy."
    state = torch.load(PARAMETERS, map_location="cpu", weights_only=True)["state_dict"]
    tables = from_parameters({k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}, elements)
    torch.manual_seed(seed)
    made = SpookyNet(Settings(elements, **{**base, **changes}), dtype, tables)
    for name, parameter in made.named_parameters():
        if not name.startswith(("repulsion", "dispersion", "basis")):
            parameter.data += 0.2 * torch.randn(parameter.shape, dtype=torch.float64).to(dtype)
    return made.eval().requires_grad_(False)


def write(path, native=True, **changes):
    """Write the model file of model(**changes); return path. native: with a network description."""
    from natrolite import modelfile, operators  # noqa: F401
    from natrolite.exporters import common, spookynet

    made = model(**changes)
    dtype = str(changes.get("dtype", torch.float64)).split(".")[1]
    built = spookynet.built_of(made, dtype, str(PARAMETERS))
    records, against = common.native_records(built)
    assert records, against
    scripted, metadata, _ = common.finish(built)
    modelfile.write(path, scripted, metadata, records if native else None)
    return path

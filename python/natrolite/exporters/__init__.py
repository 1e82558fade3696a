# SPDX-License-Identifier: GPL-2.0-only
"""Exporters, one module per model family, imported only when used.

A family module `natrolite.exporters.FAMILY` defines
    PACKAGE   the pip command that installs what it needs (shown when the import fails)
    claims(path) -> bool          does this checkpoint file belong to the family? From the names in
                                  it (natrolite.archive): nothing of an unknown file may be run
    build(source, dtype, modality, **options) -> common.Built
    OPTIONS   names of the further options (natrolite.export.OPTIONS) that build takes (may be absent)
and needs one line in FAMILIES, and one in NAMES for each pretrained model it can name.
"""

import importlib
import os

from natrolite import modelfile
from natrolite.errors import NatroliteError

# Asked in this order whether a file is theirs; first those that need no package of their own.
FAMILIES = {
    "nequix": "natrolite.exporters.nequix",
    "mace": "natrolite.exporters.mace",
    "spookynet": "natrolite.exporters.spookynet",
    "nequip": "natrolite.exporters.nequip",
    "sevennet": "natrolite.exporters.sevennet",
}

NAMES = {
    "sevennet-0": "sevennet",
    "sevennet-0-11jul2024": "sevennet",
    "sevennet-0-22may2024": "sevennet",
    "sevennet-l3i5": "sevennet",
    "sevennet-mf-0": "sevennet",
    "nequix-mp-1": "nequix",
    "nequix-mp-1-pft": "nequix",
    "nequix-mp-1-pft-no-cotrain": "nequix",
    "nequix-omat-1": "nequix",
    "nequix-oam-1": "nequix",
    "nequix-oam-1-pft": "nequix",
}


def family_module(family):
    """Return the module of a family."""
    return importlib.import_module(FAMILIES[family])


def resolve(source):
    """Return the family module for a pretrained model's name or a checkpoint's path.

    Raises NatroliteError: neither a known name nor a file, or a file of no known family.
    """
    if source.lower() in NAMES:
        return family_module(NAMES[source.lower()])
    if os.path.isdir(source):
        raise NatroliteError(f"'{source}' is a folder; give the checkpoint file in it")
    if not os.path.isfile(source):
        raise NatroliteError(f"'{source}' is neither a file nor a known model; known models: {', '.join(NAMES)}")
    if modelfile.is_modelfile(source):
        raise NatroliteError(f"'{source}' is a model file already; pair_style equivariant reads it as it is")
    for candidate in FAMILIES:
        module = family_module(candidate)
        if module.claims(source):
            return module
    kinds = " or ".join(FAMILIES)
    raise NatroliteError(
        f"'{source}' is not a {kinds} checkpoint; give a checkpoint that its training code wrote "
        "(nothing in it was run)"
    )

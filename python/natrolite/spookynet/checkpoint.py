# SPDX-License-Identifier: GPL-2.0-only
"""Files of `natrolite train`: settings and weights of a SpookyNet, as torch.save writes a dict."""

import dataclasses
import os

import torch

from .model import SpookyNet
from .settings import TRAINED, Settings


def save(path, model, fields):
    """Write a model; fields: name, license and what else is to be known of it (plain data)."""
    saved = {
        "format": TRAINED, "settings": dataclasses.asdict(model.settings), "fields": fields,
        "weights": {name: value.detach().cpu() for name, value in model.state_dict().items()},
    }  # fmt: skip
    write(path, saved)


def write(path, saved):
    """torch.save, whole or not at all."""
    temporary = f"{path}.new"
    torch.save(saved, temporary)
    os.replace(temporary, path)


def load(path, dtype=torch.float64, lr_cutoff=None, cls=SpookyNet):
    """Return (model in evaluation mode, fields); lr_cutoff: Angstrom, overrides the file's own.

    Raises ValueError for another file, OSError if it cannot be read.
    """
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # whatever torch raises for a damaged file
        raise ValueError(f"{path} is not a file of torch.save: {str(error).splitlines()[0]}") from None
    if not isinstance(saved, dict) or saved.get("format") != TRAINED:
        raise ValueError(f"{path} is not a file of 'natrolite train spookynet'")
    given = dict(saved["settings"], atomic_numbers=tuple(saved["settings"]["atomic_numbers"]))
    if lr_cutoff is not None:
        given["lr_cutoff"] = lr_cutoff
    model = cls(Settings(**given), dtype)
    model.load_state_dict(saved["weights"])
    return model.eval(), saved["fields"]

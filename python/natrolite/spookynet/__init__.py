# SPDX-License-Identifier: GPL-2.0-only
"""SpookyNet in PyTorch, written from the publication, scriptable and distributed.

O. T. Unke, S. Chmiela, M. Gastegger, K. T. Schuett, H. E. Sauceda, K.-R. Mueller, Nat. Commun. 12,
7273 (2021). The public names are imported on first use, so that this package is cheap to import.
"""

_HOMES = {"SpookyNet": "model", "Settings": "settings", "load_parameters": "parameters"}

__all__ = list(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)

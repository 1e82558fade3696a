# SPDX-License-Identifier: GPL-2.0-only
"""Model files that the tests share, made once per session, and the table of measured errors."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [
    HERE,
    os.path.join(HERE, ".."),
    os.path.join(HERE, "..", "model"),
    os.path.join(HERE, "..", "..", "python"),
]

from measured import measured, pytest_terminal_summary  # noqa: E402, F401

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is loaded
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# tests of one kind of LAMMPS
KINDS = {"NATROLITE_NEWEST": "test_older_host.py", "NATROLITE_OPEN_MPI_HOST": "test_open_mpi.py"}
collect_ignore = [file for variable, file in KINDS.items() if variable not in os.environ]


def pytest_configure(config):
    config.addinivalue_line("filterwarnings", "ignore:.torch.jit.:DeprecationWarning")


@pytest.fixture(scope="session")
def toys(tmp_path_factory):
    """Folder with the good and the broken toy model files."""
    import make_toys

    return make_toys.write_all(tmp_path_factory.mktemp("toys"))


def _exported(source, folder):
    """Export a SevenNet in both precisions; return {dtype: file}."""
    from natrolite.export import export
    from natrolite.exporters import sevennet

    files = {dtype: folder / f"{dtype}.pt" for dtype in ("float32", "float64")}
    for dtype, path in files.items():
        export(sevennet, str(source), path, dtype)
    return files


@pytest.fixture(scope="session")
def sevennets(tmp_path_factory):
    """sevennets(name) -> (source for sevenn's calculator, {dtype: model file}), made on demand."""
    import tiny_sevennet

    made = {}

    def get(name):
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            pretrained = name != "tiny"
            source = "sevennet-0" if pretrained else tiny_sevennet.write(folder / "tiny.pth")
            made[name] = ("7net-0" if pretrained else source), _exported(source, folder)
        return made[name]

    return get

# SPDX-License-Identifier: GPL-2.0-only
"""Paths and the files that several tests share."""

import ctypes
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [
    os.path.join(HERE, "..", "..", "python"),
    os.path.join(HERE, ".."),
    os.path.join(HERE, "..", "model"),
]

# glibc gives large blocks back to the system after each tensor, which makes torch slow
try:
    _libc = ctypes.CDLL(None)
    _libc.mallopt(-4, 0)  # M_MMAP_MAX
    _libc.mallopt(-1, -1)  # M_TRIM_THRESHOLD
except (AttributeError, OSError):
    print("no mallopt in this C library: the tests run slower")


@pytest.fixture
def natrolite(capsys):
    """Run the command in this process: natrolite(*arguments) -> (exit code, output, error text)."""
    from natrolite.cli import main

    def run(*arguments):
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as error:
            code = error.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture(scope="session")
def toys(tmp_path_factory):
    """Folder with the good and the broken toy model files."""
    import make_toys

    return make_toys.write_all(tmp_path_factory.mktemp("toys"))


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory):
    """{name: path} of small SevenNet checkpoints with random weights, one per kind of network."""
    import tiny_sevennet

    folder = tmp_path_factory.mktemp("checkpoints")
    polynomial = {"cutoff_function_name": "poly_cut", "poly_cut_p_value": 6}
    kinds = {
        "linear": tiny_sevennet.config(),
        "parity": tiny_sevennet.config(self_connection_type="nequip", is_parity=True, lmax=1),
        "readout": tiny_sevennet.config(
            readout_as_fcn=True,
            readout_fcn_hidden_neurons=[10],
            readout_fcn_activation="silu",
            cutoff_function=polynomial,
        ),
        "one_layer": tiny_sevennet.config(num_convolution_layer=1),
        "modal": tiny_sevennet.modal_config(),
    }
    return {name: tiny_sevennet.write(folder / f"{name}.pth", kinds[name]) for name in kinds}

# SPDX-License-Identifier: GPL-2.0-only
"""What `cmake --install` and `pip install` leave behind runs in a stock LAMMPS."""

import os
import pathlib
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(os.environ["NATROLITE_SOURCE"])
BUILD = pathlib.Path(os.environ["NATROLITE_PLUGINS"]).parent
BIN = pathlib.Path(sys.executable).parent
DECK = """
lattice fcc 5.3
region box block 0 3 0 3 0 3
create_box 1 box
create_atoms 1 box
mass 1 39.948
pair_style equivariant
pair_coeff * * {model} Ar
run 1
print "it runs"
"""

PYTHON = """
from lammps import lammps
host = lammps(cmdargs=["-log", "none"])
print("has it:", host.has_style("pair", "equivariant"))
host.file("{deck}")
host.close()
"""


def run(command, **variables):
    env = {k: v for k, v in os.environ.items() if k not in ("LAMMPS_PLUGIN_PATH", "PYTHONPATH")}
    done = subprocess.run(
        [str(word) for word in command],
        env=env | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def deck(tmp_path_factory):
    """A deck that needs the pair style and the engine."""
    folder = tmp_path_factory.mktemp("deck")
    run(
        [sys.executable, SOURCE / "unittest/model/make_toys.py", folder],
        PYTHONPATH=str(SOURCE / "python"),
    )
    path = folder / "in.deck"
    path.write_text("units metal\n" + DECK.format(model=folder / "lj.pt"))
    return path


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The plugin folder of `cmake --install`."""
    prefix = tmp_path_factory.mktemp("prefix")
    run([os.environ["NATROLITE_CMAKE"], "--install", BUILD, "--prefix", prefix])
    return prefix / "lib" / "lammps" / "plugins"


def lmp(deck, **variables):
    return run([BIN / "lmp", "-log", "none", "-in", deck], **variables)


def test_installed_plugin_loads_through_the_environment(deck, installed):
    assert "it runs" in lmp(deck, LAMMPS_PLUGIN_PATH=str(installed))


def test_installed_plugin_loads_with_plugin_load(deck, installed, tmp_path):
    text = f"plugin load {installed}/natroliteplugin.so\n" + deck.read_text()
    (tmp_path / "in.load").write_text(text)
    assert "it runs" in lmp(tmp_path / "in.load")


def test_potentials_are_installed(installed):
    """Each potential of the source with its card; LAMMPS_POTENTIALS names the folder."""
    folder = installed.parents[2] / "share" / "natrolite" / "potentials"
    shipped = {path.name for path in (SOURCE / "potentials").iterdir() if path.is_file()}
    assert {path.name for path in folder.iterdir()} == shipped and "README.md" in shipped


def test_pip_install_makes_lmp_know_the_style(deck, tmp_path):
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    site = tmp_path / "site"
    run(
        [*pip, "install", "--no-build-isolation", "--no-deps", "--target", site, SOURCE],
        PATH=f"{BIN}:{os.environ['PATH']}",
        CMAKE_BUILD_PARALLEL_LEVEL="2",
    )
    import torch

    # the wheel finds LibTorch beside itself, as in one environment
    (site / "torch").symlink_to(pathlib.Path(torch.__file__).parent)
    output = lmp(deck, PYTHONPATH=str(site))
    assert str(site) in output
    assert "it runs" in output
    assert (site / "natrolite" / "potentials" / "README.md").exists()
    assert "natrolite" in run([sys.executable, "-m", "natrolite", "--version"], PYTHONPATH=str(site))
    # LAMMPS' own import finds MPI and the plugin, because its package asks for the plugin's folder
    script = tmp_path / "script.py"
    script.write_text(PYTHON.format(deck=deck))
    output = run([sys.executable, script], PYTHONPATH=str(site), LD_LIBRARY_PATH="")
    assert "has it: True" in output and "it runs" in output
    assert (site / "bin" / "natrolite").exists()

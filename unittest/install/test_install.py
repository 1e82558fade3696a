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
pair_coeff * * {model} {element}
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


def write_deck(path, model, element="Ar"):
    path.write_text("units metal\n" + DECK.format(model=model, element=element))
    return path


@pytest.fixture(scope="module")
def deck(tmp_path_factory):
    """Return a deck that needs the pair style and the engine."""
    folder = tmp_path_factory.mktemp("deck")
    run(
        [sys.executable, SOURCE / "unittest/model/make_toys.py", folder],
        PYTHONPATH=str(SOURCE / "python"),
    )
    return write_deck(folder / "in.deck", folder / "lj.pt")


@pytest.fixture(scope="module")
def native_deck(tmp_path_factory):
    """Return a deck whose file has a network description."""
    folder = tmp_path_factory.mktemp("native")
    run(
        [sys.executable, "-m", "natrolite", "export", "sevennet-0", "-o", folder / "model.pt"],
        PYTHONPATH=str(SOURCE / "python"),
    )
    return write_deck(folder / "in.deck", folder / "model.pt", "Na")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return the plugin folder of `cmake --install`."""
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


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Return the folder in which both wheels compile, the one with torch first: CMake keeps what was asked for."""
    return tmp_path_factory.mktemp("compiled")


def pip_install(site, compiled, **variables):
    """Install into the folder `site`, without dependencies."""
    run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-build-isolation",
         "--no-deps", "--target", site, "-C", f"build-dir={compiled}", SOURCE],
        PATH=f"{BIN}:{os.environ['PATH']}", CMAKE_BUILD_PARALLEL_LEVEL="2", **variables,
    )  # fmt: skip
    return site


def metadata_of(site):
    """Return the lines of the installed package's METADATA."""
    [path] = site.glob("natrolite-*.dist-info/METADATA")
    return path.read_text().splitlines()


def test_pip_install_makes_lmp_know_the_style(deck, compiled, tmp_path):
    site = pip_install(tmp_path / "site", compiled)
    assert any(line.startswith("Requires-Dist: torch==") for line in metadata_of(site))
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


def test_pip_install_without_torch(deck, native_deck, compiled, tmp_path):
    site = pip_install(tmp_path / "site", compiled, NATROLITE_WITHOUT_TORCH="1")
    plugins = site / "natrolite" / "plugins"
    assert [file.name for file in plugins.iterdir()] == ["natroliteplugin.so"]
    assert sum(file.stat().st_size for file in (site / "natrolite").rglob("*") if file.is_file()) < 1e7
    requirements = [line for line in metadata_of(site) if line.startswith("Requires-Dist")]
    assert len(requirements) > 3 and not any("torch" in line for line in requirements)
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "torch.py").write_text("raise ModuleNotFoundError('none', name='torch')")
    output = lmp(native_deck, PYTHONPATH=str(site))
    assert "native evaluator" in output and "it runs" in output
    refused = subprocess.run(
        [BIN / "lmp", "-log", "none", "-in", deck], env=os.environ | {"PYTHONPATH": str(site)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert refused.returncode != 0
    errors = [line for line in refused.stdout.splitlines() if line.startswith("ERROR")]
    assert len(errors) == 1 and "there is no engine" in errors[0] and "natrolite export" in errors[0]
    export = subprocess.run(
        [sys.executable, "-m", "natrolite", "export", "sevennet-0", "-o", tmp_path / "x.pt"],
        env=os.environ | {"PYTHONPATH": f"{tmp_path / 'hidden'}:{site}"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert export.returncode == 1 and "pip install torch==" in export.stderr
    assert len(export.stderr.splitlines()) == 1

# SPDX-License-Identifier: GPL-2.0-only
"""The decks of examples/hard-carbon in size test: physics, not frozen digits."""

import os
import subprocess
import sys

import numpy as np
import pytest
from deck import EXAMPLES, Decks
from lammps_run import LMP, MPIEXEC, environment
from natrolite import grid
from natrolite.plots.table import Table


@pytest.fixture(scope="module")
def decks(tmp_path_factory, model):
    """Quenched and sodiated carbon."""
    decks = Decks("hard-carbon", tmp_path_factory.mktemp("hard-carbon"), model)
    decks.output = {deck: decks.run(deck) for deck in ("quench", "sodiate")}
    return decks


def data(path):
    """Returns (types, positions, edge) of a data file of a cube."""
    lines = path.read_text().splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("Atoms")) + 2
    rows = np.array([line.split()[:5] for line in lines[first:first + int(lines[2].split()[0])]], float)
    edge = float(next(line for line in lines if "xlo xhi" in line).split()[1])
    return rows[:, 1], rows[:, 2:], edge


def closest(positions, edge):
    """Returns the smallest distance of two atoms in a periodic cube."""
    d = positions[:, None] - positions
    d = np.linalg.norm(d - edge * np.round(d / edge), axis=-1)
    return d[np.triu_indices(len(d), 1)].min()


def test_quench(decks):
    types, positions, edge = data(decks.folder / "results/carbon-2.0.data")
    assert len(types) * 12.011 / 0.602214 / edge**3 == pytest.approx(2.0, rel=0.02)
    assert closest(positions, edge) > 1.0
    table = decks.table("carbon-2.0.table")
    bonds, sp2, sp3, warm = (table.column(name) for name in ("bonds", "sp2", "sp3", "temperature"))
    assert 2.0 < bonds[-1] < 4.0 and ((sp2 + sp3) <= 1.0 + 1e-9).all()
    assert warm.max() > 2000 and warm[-1] < 0.75 * warm.max() and (np.diff(table.column("time")) > 0).all()
    decks.drawn("carbon-2.0.table")
    g = Table(decks.folder / "results/carbon-2.0.rdf").data
    peak = g[np.argmax(g[:, 1]), 0]
    assert 1.2 < peak < 1.7 and g[g[:, 0] < 1.0, 1].max() == 0.0
    decks.drawn("carbon-2.0.rdf")


def test_quench_goes_on(decks):
    """From its restart file the run ends as it did without a break."""
    before = (decks.folder / "results/carbon-2.0.data").read_text()
    whole = decks.table("carbon-2.0.table").data
    decks.run("quench", restart="yes")
    again = decks.table("carbon-2.0.table").data
    assert np.array_equal(whole[:, 0], again[:, 0]) and np.allclose(whole[-1], again[-1], rtol=2e-2)
    assert len(before.splitlines()) == len((decks.folder / "results/carbon-2.0.data").read_text().splitlines())


def test_sodiate(decks):
    types, positions, edge = data(decks.folder / "results/sodium-2.0-50.data")
    carbon, sodium = (types == 1).sum(), (types == 2).sum()
    assert sodium == round(carbon / 6 / 2) and closest(positions, edge) > 1.0
    assert "50 % of NaC6" in decks.output["sodiate"]


@pytest.mark.parametrize("ranks", [1, 2])
def test_transport_and_density(decks, ranks):
    decks.run("transport", ranks=ranks)
    ions = decks.table("sodium-2.0-50.ions")
    assert ions.settings["density"] == "2.0 g/cm^3" and ions.settings["loading"] == "50 %" and len(ions.data) == 4
    sphere = 4 / 3 * np.pi * 5.0**3
    assert (ions.column("volume") >= 0).all() and (ions.column("volume") < sphere).all()
    assert (ions.column("ion_host") > 1).all() and (ions.column("nearest_host") > 1.5).all()
    assert (ions.column("tortuosity") > 0.3).all() and (ions.column("D_ratio") > 0).all()
    if ranks == 1:    # means over the blocks of the run: that of the two blocks of 50 steps
        decks.first = ions.data
        for name in ("ions", "msd", "transport", "NaC.rdf"):
            decks.drawn(f"sodium-2.0-50.{name}")
    else:
        assert np.allclose(ions.data[:, 1:5], decks.first[:, 1:5], rtol=0.05), "chaos, but not more in 0.1 ps"
    decks.run("density")
    values, cell = grid.read(decks.folder / "results/sodium-2.0-50.grid")
    assert values.mean() * np.linalg.det(cell) == pytest.approx(4.0, rel=1e-6)
    done = subprocess.run([sys.executable, "-m", "natrolite", "grid", "results/sodium-2.0-50.grid"], cwd=decks.folder,
                          capture_output=True, text=True)
    assert done.returncode == 0 and "4 ions" in done.stdout
    decks.drawn("sodium-2.0-50.grid.levels")


def test_transport_goes_on(decks):
    """The second block from the restart file of the first: the environment's sums and the ions' paths go on."""
    before = decks.table("sodium-2.0-50.ions").data
    (decks.folder / "results/sodium-2.0-50.restart.100").unlink()
    decks.run("transport", restart="yes")
    again = decks.table("sodium-2.0-50.ions").data
    assert np.allclose(again[:, 1:5], before[:, 1:5], rtol=0.05) and np.allclose(again[:, 5:7], before[:, 5:7], rtol=0.2)


def test_validate(decks):
    output = decks.run("validate", T=1200)
    assert "1200 K" in output
    path = decks.folder / "results/validate-2.0-1200.dump"
    done = subprocess.run([sys.executable, "-m", "natrolite", "vdos", path, "--resolution", "8"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    table = Table(path.with_name(path.name + ".vdos"))
    frequency, total = table.data[:, 0], table.data[:, 1]
    assert np.trapezoid(total, frequency) == pytest.approx(3.0, rel=1e-4)
    assert total[frequency > 75].max() < 0.1 * total.max(), "carbon has nothing beyond 60 THz or so"


@pytest.mark.parametrize(
    "deck, variables, words",
    [
        ("quench", {"density": 9}, ["density is 9"]),
        ("quench", {"size": "huge"}, ["size is huge"]),
        ("quench", {"model": "nowhere.pt"}, ["nowhere.pt"]),
        ("sodiate", {"loading": 0}, ["loading is 0"]),
        ("sodiate", {"loading": 100, "closest": 5}, ["only 0 of 9 ions fit"]),
        ("sodiate", {"density": 1.7}, ["carbon-1.7.data"]),
        ("transport", {"trun": 0.01}, ["less than one block"]),
        ("transport", {"from": "results/carbon-2.0.data"}, ["no sodium in"]),
    ],
)
def test_wrong_input(decks, deck, variables, words):
    decks.refused(deck, *words, **variables)


def test_matrix(tmp_path, model):
    """Two densities, stopped and started again; too few ions for eight modes are said to be too few."""
    command = [EXAMPLES / "hard-carbon/matrix.sh", "test"]
    settings = environment() | {
        "MODEL": str(model), "DENSITIES": "1.5 2.0", "LOADINGS": "50", "PYTHON": sys.executable, "LMP": str(LMP),
        "MPIEXEC": str(MPIEXEC), "RESULTS": str(tmp_path / "all"), "PATH": os.environ["PATH"],
    }
    runs = [subprocess.run(command, env=settings, cwd=tmp_path, capture_output=True, text=True) for _ in range(2)]
    assert runs[0].returncode == 0, runs[0].stdout + runs[0].stderr
    assert "sodium-1.5-50: transport done" in runs[0].stdout and "transport done" not in runs[1].stdout
    assert "fewer" in runs[0].stderr + runs[0].stdout or "few" in runs[0].stderr + runs[0].stdout
    for density in ("1.5", "2.0"):
        assert (tmp_path / f"all/sodium-{density}-50.ions").exists()

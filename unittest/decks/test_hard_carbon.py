# SPDX-License-Identifier: GPL-2.0-only
"""The decks of examples/hard-carbon in size test: physics, not frozen digits."""

import re
import subprocess
import sys

import numpy as np
import pytest
from deck import EXAMPLES, Decks
from natrolite import grid
from natrolite.plots.table import Table

POTENTIAL = "allegro-hardcarbon.pt"


@pytest.fixture(scope="module")
def decks(tmp_path_factory, model):
    """Quenched and sodiated carbon."""
    decks = Decks("hard-carbon", tmp_path_factory.mktemp("hard-carbon"), model)
    decks.output = {deck: decks.run(deck) for deck in ("quench", "sodiate")}
    return decks


def data(path):
    """Return (types, positions, edge) of a data file of a cube."""
    lines = path.read_text().splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("Atoms")) + 2
    rows = np.array([line.split()[:5] for line in lines[first : first + int(lines[2].split()[0])]], float)
    edge = float(next(line for line in lines if "xlo xhi" in line).split()[1])
    return rows[:, 1], rows[:, 2:], edge


def closest(positions, edge):
    """Return the smallest distance of two atoms in a periodic cube."""
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
    assert warm.max() > 3000 and warm[-20:].mean() == pytest.approx(1000, rel=0.25)
    assert (np.diff(table.column("time")) > 0).all()
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
    if ranks == 1:  # means over the blocks of the run: that of the two blocks of 50 steps
        decks.first = ions.data
        for name in ("ions", "msd", "transport", "NaC.rdf"):
            decks.drawn(f"sodium-2.0-50.{name}")
    else:
        assert np.allclose(ions.data[:, 1:5], decks.first[:, 1:5], rtol=0.05), "chaos, but not more in 0.1 ps"
    decks.run("density")
    values, cell = grid.read(decks.folder / "results/sodium-2.0-50.grid")
    assert values.mean() * np.linalg.det(cell) == pytest.approx(4.0, rel=1e-6)
    done = subprocess.run(
        [sys.executable, "-m", "natrolite", "grid", "results/sodium-2.0-50.grid"],
        cwd=decks.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "4 ions" in done.stdout
    decks.drawn("sodium-2.0-50.grid.levels")


def test_transport_goes_on(decks):
    """The second block from the restart file of the first: the environment's sums and the ions' paths go on."""
    before = decks.table("sodium-2.0-50.ions").data
    (decks.folder / "results/sodium-2.0-50.restart.100").unlink()
    decks.run("transport", restart="yes")
    again = decks.table("sodium-2.0-50.ions").data
    assert np.allclose(again[:, 1:5], before[:, 1:5], rtol=0.05) and np.allclose(
        again[:, 5:7], before[:, 5:7], rtol=0.2
    )


def test_hotter_ions_move_farther(decks):
    found = []
    for temperature in (100, 3000):
        decks.run("transport", T=temperature, tequil=0)
        found.append(Table(decks.folder / "results/sodium-2.0-50.msd").data[-1, 1])
    assert found[1] > 3 * found[0] > 0, found


def test_validate(decks):
    output = decks.run("validate", T=1200)
    assert "1200 K" in output
    path = decks.folder / "results/validate-2.0-1200.dump"
    done = subprocess.run(
        [sys.executable, "-m", "natrolite", "vdos", path, "--resolution", "8"], capture_output=True, text=True
    )
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


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """Write a model of carbon and sodium that takes no time, and is no physics."""
    import make_toys
    from natrolite import modelfile
    from natrolite.exporters import common

    path = tmp_path_factory.mktemp("toy") / "toy.pt"
    scripted, meta, _ = common.finish(make_toys.built("mp"))
    modelfile.write(path, scripted, {**meta, "type_names": ["C", "Na"], "atomic_numbers": [6, 11]})
    return path


def figures(page):
    """Return the names of the pictures of a page, each of which must be there."""
    picture = r'<figcaption>(.*?)</figcaption>\n<img alt="(.*?)" src="data:image/png;base64,(.{10000})'
    found = re.findall(picture, page)
    assert all(caption == name for caption, name, _ in found) and page.count("<figure") == len(found)
    return [name for name, *_ in found]


HEADER = """# natrolite table: ions
# density = {} g/cm^3
# loading = 50 %
# columns: id | ion_ion | ion_host | volume (A^3) | nearest_host (A) | tortuosity | D_ratio (A^2/ps) | hops
"""


def random_ions(folder, density):
    """Write a table of 20 ions drawn at random, in which tortuosity falls with D."""
    rows = np.random.default_rng(int(10 * density)).uniform(0.5, 2.0, (20, 8))
    rows[:, 0], rows[:, 5] = np.arange(20) + 1, 1 / rows[:, 6]
    lines = [" ".join(f"{v:.6g}" for v in row) for row in rows]
    (folder / f"sodium-{density}-50.ions").write_text(HEADER.format(density) + "\n".join(lines) + "\n")


def test_report(tmp_path, toy):
    """All decks of a density, and the first of a wrong one; every table and picture is on the page.

    With the ions of three more systems, drawn at random, there are enough for the modes."""
    folder, name, drawn = tmp_path / "out/hard-carbon/toy", "sodium-2.0-50", (1.5, 2.5, 3.0)
    folder.mkdir(parents=True)
    for density in drawn:
        random_ions(folder, density)
    settings = {"DENSITIES": "2.0 9", "LOADINGS": "50", "JOBS": "1"}
    done = Decks("hard-carbon", tmp_path, toy).run_all(**settings)
    assert done.returncode == 1 and "runs failed" in done.stderr, done.stdout + done.stderr
    assert "density is 9" in done.stdout and "sodiate-9" not in done.stdout
    page = (tmp_path / "out/hard-carbon/report.html").read_text()
    validated = [f"validate-2.0-{T}.{kind}" for T in (800, 1200) for kind in ("rdf", "dump.vdos")]
    made = [f"{name}.{kind}" for kind in ("ions", "msd", "transport", "NaNa.rdf", "NaC.rdf", "grid.levels", "grid")]
    made += [f"sodium-{density}-50.ions" for density in drawn]
    made += [f"modes/{kind}" for kind in ("sankey", "pies", "radial", "map", "shap", "quadrants", "pearson")]
    assert sorted(figures(page)) == sorted(["carbon-2.0.table", "carbon-2.0.rdf", *validated, *made])
    runs = re.findall(r"<tr( class=.failed.)?><td>([\w.-]+)</td><td>\d+", page)
    assert ("", f"transport-{name[7:]}") in runs and [run for failed, run in runs if failed] == ["quench-9"]
    assert "sp2 85, sp3 15" in page and 'class="none">–<' in page, "what was not run is a dash"
    assert 'href="toy/modes/report.html"' in page
    every = [Table(path) for path in folder.glob("sodium-*.ions")]
    logs = [np.log10(np.concatenate([table.column(column) for table in every])) for column in ("D_ratio", "tortuosity")]
    r = np.corrcoef(logs)[0, 1]
    assert r < -0.5 and f"ions: r = {r:+.2f}" in page
    shap = Table(folder / "modes/shap.dat")
    assert f"tortuosity {shap.column('log10_tortuosity').sum():.2f}" in page
    fastest = Table(folder / "modes/pearson.dat").data[-1]
    assert np.isnan(fastest[0]) and f"all: r = {fastest[3]:+.2f}" in page


def test_matrix_goes_on(tmp_path, toy):
    """A quench that was stopped goes on from its restart file; matrix.sh is the same as run.sh."""
    folder = tmp_path / "out/hard-carbon/toy"
    decks = Decks("hard-carbon", tmp_path, toy)
    matrix = EXAMPLES / "hard-carbon/matrix.sh"
    done = decks.run_all(matrix, ["test"], LOADINGS="50")
    assert done.returncode == 0 and "done before" not in done.stdout, done.stdout + done.stderr
    (folder / "carbon-2.0.restart.400").unlink()
    (folder / "quench-2.0.done").rename(folder / "quench-2.0.begun")
    done = decks.run_all(matrix, ["test"], LOADINGS="50")
    assert done.returncode == 0 and done.stdout.count("done before") == 5, done.stdout + done.stderr
    log = (folder / "quench-2.0.log").read_text()
    assert "restart file" in log and "heating" not in log and (folder / "quench-2.0.done").exists()
    refused = decks.run_all(matrix, ["large"])
    assert refused.returncode == 1 and "size is large" in refused.stderr

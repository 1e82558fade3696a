# SPDX-License-Identifier: GPL-2.0-only
"""The decks of examples/mxene in size test: physics, not frozen digits.

The windows are wide enough for any sound potential (PBE: thickness 4.45, Ti-C 2.19, Ti-O 1.98 A, spacing of
Ti2CO2/graphene 3.1 A with D3), and narrow enough that a wrong element, unit, missing D3 or atom falls out.
"""

import importlib.util
import os
import pathlib
import re
import shutil
import signal

import numpy as np
import pytest
from deck import EXAMPLES, Decks
from natrolite import plot
from natrolite.errors import NatroliteError
from natrolite.plots import adhesion, neb, trajectory
from natrolite.plots.table import Table

POTENTIAL = "mace-mxene.pt"
# of 4 x 4 Ti2CO2 in all decks
CELL = np.array([[12.12, 0, 0], [-6.06, 10.496228, 0], [0, 0, 40.0]])


@pytest.fixture
def decks(tmp_path, model):
    return Decks("mxene", tmp_path, model)


def momenta(output):
    """Return (momentum of all atoms, of the layer) in u A/ps, as in.spacing prints them."""
    return [
        float(v) for v in re.search(r"momentum of all atoms \(u A/ps\): (\S+), of the layer: (\S+)", output).groups()
    ]


def test_relax(decks):
    decks.run("relax")
    table = decks.table("relax.table")
    mxene, graphene, both = table.data
    assert [mxene[1], graphene[1], both[1]] == [80, 50, 130]
    for row in (mxene, both):
        assert 4.3 < row[4] < 4.6 and 2.1 < row[5] < 2.25 and 1.9 < row[6] < 2.05 and 2.95 < row[7] < 3.1
    assert 2.98 < mxene[3] / 4 < 3.08 and 2.44 < graphene[3] / 5 < 2.49
    assert abs(graphene[8] - graphene[3] / 5 / np.sqrt(3)) < 1e-3 and abs(both[3] - 12.12) < 1e-9
    assert np.isnan([mxene[8], mxene[9], graphene[4], graphene[9]]).all(), "what is not there has no length"
    assert 2.7 < both[9] < 3.6 and both[2] < mxene[2] + graphene[2] + 1.0, "strain costs less than 1 eV"
    decks.drawn("relax.table")


def test_adhesion(decks):
    decks.run("adhesion")
    table = decks.table("adhesion-G.table")
    d, energy, common, own, force, titanium = table.data.T[:6]
    assert (force < 0.1).all() and (titanium < 2.1).all() and np.isnan(table.data[:, 6:]).all(), "no O on graphene"
    assert "no longer" not in table.settings.get("warning", "")
    assert np.allclose(d, np.linspace(5.5, 2.8, 6), atol=1e-3), "from afar"
    x, y = adhesion.maximum(d, common)
    assert 2.8 < x < 4.2 and 1.2 < y < 3.5, "dispersion binds: eV/nm^2 of graphene on an oxide"
    assert common[0] < 0.35 * y and (common > own).all(), "graphene is strained in the common cell"
    area = 12.12 * 10.496228 / 100
    assert np.allclose(np.diff(common), -np.diff(energy) / area, atol=2e-5)
    decks.drawn("adhesion-G.table")
    before = (decks.folder / "results" / "adhesion-G.table").read_text().splitlines()
    before = [line for line in before if "warning" not in line]
    (decks.folder / "results" / "adhesion-G.table").write_text("\n".join(before[:-1]) + "\n")
    state = decks.folder / "results" / "adhesion-G.state"
    state.write_text(state.read_text().replace("k0 string 7", "k0 string 6"))
    decks.run("adhesion", restart="yes")
    again = decks.table("adhesion-G.table").data
    assert len(again) == 6 and abs(again[-1, 2] - common[-1]) < 0.02, "goes on with the last distance"


@pytest.mark.parametrize("mode", ["free", "layer", "pinned"])
def test_spacing(decks, mode):
    output = decks.run("spacing", mode=mode)
    whole, layer = momenta(output)
    thermal = np.sqrt(3 * 600 * 8.617e-5 * 300 * 9648.5)  # of the graphene layer, u A/ps
    if mode == "pinned":
        frames = trajectory.read(Table(decks.folder / f"results/spacing-G-{mode}.dump"))[2]
        assert np.abs(frames - frames[0])[:, 3:80:5].max() < 1e-6 < np.abs(frames - frames[0]).max()
    else:
        assert whole < 1e-6 * thermal
        assert layer < 1e-6 * thermal if mode == "layer" else layer > 1e-3 * thermal
    table = decks.table(f"spacing-G-{mode}.gap")
    assert np.allclose(table.data[:, 1], table.data[:, 0] * 1e-3) and table.data[-1, 0] == 40
    assert 2.7 < table.data[:, 2].min() and table.data[:, 2].max() < 4.6
    assert 100 < table.data[1:, 3].mean() < 600
    decks.drawn(f"spacing-G-{mode}.gap")


def test_ranks_and_restart(decks):
    """Three ranks, and a run that was stopped, give what one uninterrupted run gives."""
    short = {"layer": "GO", "steps": 20, "block": 10, "equil": 4, "maxiter": 4}
    decks.run("na1", **short)
    results = decks.folder / "results"
    names = ["na1-GO.gap", "na1-GO.msd", "na1-GO.ions", "na1-GO.dump"]
    gap, msd, ions, dump = ((results / name).read_text() for name in names)
    decks.run("na1", ranks=3, out="three", **short)
    other = Table(decks.folder / "three/na1-GO.gap").data
    assert np.allclose(other[:, 2], Table(results / names[0]).data[:, 2], atol=2e-4)
    assert np.allclose(other[0, 4], Table(results / names[0]).data[0, 4], atol=2e-3)
    # stop it: what was written after the first restart file is lost
    (results / "na1-GO.restart.2").unlink()
    kept = [line for line in gap.splitlines() if line.startswith("#") or not line or int(line.split()[0]) <= 10]
    (results / names[0]).write_text("\n".join(kept) + "\n")
    (results / names[3]).write_text("".join(re.findall(r"ITEM: TIME\n.*?(?=ITEM: TIME\n|\Z)", dump, re.S)[:6]))
    (results / names[1]).unlink()
    decks.run("na1", restart="yes", **short)
    after = Table(results / names[0]).data
    before = np.loadtxt(gap.splitlines())
    assert np.array_equal(after[:, 0], before[:, 0]) and np.allclose(after, before, rtol=0, atol=2e-4)
    rows = [np.loadtxt(text.splitlines()) for text in (msd, (results / names[1]).read_text())]
    assert rows[0].shape == rows[1].shape and np.allclose(*rows, rtol=1e-4, atol=1e-7)
    assert np.array_equal(rows[0][:, 3], rows[1][:, 3]), "all time origins, those before the stop too"
    assert (results / names[2]).read_text().count("\n") == ions.count("\n")
    assert np.array_equal(trajectory.read(Table(results / names[3]))[0], np.arange(11) * 0.002)


@pytest.mark.parametrize("deck, layer, count", [("na1", "GO", 1), ("na8", "GOH", 8)])
def test_sodium(decks, deck, layer, count):
    output = decks.run(deck, layer=layer, mode="layer")
    assert f"of {count} ions moved" in output
    name = f"na{count}-{layer}"
    times, elements, positions, _, cell = trajectory.read(Table(decks.folder / f"results/{name}.dump"))
    assert np.allclose(cell, CELL, atol=1e-4) and (elements == "Na").sum() == count
    assert (elements == "O").sum() == 33 and (elements == "H").sum() == (layer == "GOH")
    path = np.linalg.solve(cell.T, trajectory.folded(positions, cell).reshape(-1, 3).T)
    assert path.min() > -1e-9 and path.max() < 1 + 1e-9, "folded paths lie in the cell"
    ions = positions[:, elements == "Na"]
    face = positions[:, elements == "O", 2].reshape(len(times), -1)[:, :32]
    sheet = np.sort(positions[:, elements == "C", 2], axis=1)[:, 16:].mean()
    assert (ions[:, :, 2] > face.max(1).mean()).all() and (ions[:, :, 2] < sheet).all(), "between the layers"
    first, every = (Table(decks.folder / f"results/{name}{kind}.msd") for kind in (".first", ""))
    assert every.settings["ions"] == str(count) and np.allclose(first.data[0, 0], every.data[0, 0])
    far = np.linalg.norm(trajectory.displacements(elements, positions, cell)[:, :, :2], axis=2)
    table = Table(decks.folder / f"results/{name}.ions")
    assert table.settings["dims"] == "xy" and table.settings["mode"] == "layer" and table.settings["layer"] == layer
    assert {"model", "seed", "size", "T", "rest", "start", "end"} <= set(table.settings)
    reported = table.column("largest")
    assert np.allclose(far.max(0), reported, atol=1e-3), "plot and fix ion/transport agree"
    for kind in ("dump", "msd", "first.msd"):
        decks.drawn(f"{name}.{kind}")


def test_map(decks):
    output = decks.run("map", na=8)
    assert "spacing over the cell, 8 Na, G" in output
    live = {kind: decks.table(f"map8-G.{kind}") for kind in ("kernel", "bin", "node")}
    decks.run("map", na=8, dump="results/map8-G.dump", out="again")
    for kind, table in live.items():
        again = Table(decks.folder / f"again/map8-G.{kind}")
        assert again.data.shape == (16 if kind == "bin" else 64, 5) and np.allclose(again.data, table.data, atol=1e-3)
        assert again.settings["frame"] == "mxene" and again.settings["mode"] == kind
        decks.drawn(f"map8-G.{kind}")
    gap = live["kernel"].data[:, 2]
    assert 3.5 < gap.min() < gap.max() < 4.9
    mean = Table(decks.folder / "results/map8-G.gap").data[:, 2].mean()
    assert gap.min() < mean < gap.max() and abs(gap.mean() - mean) < 0.005, "the same frames, all of them"


def test_ocv(decks):
    output = decks.run("ocv")
    mu = float(re.search(r"bcc sodium: (\S+) eV/atom, a = (\S+) A", output).group(1))
    assert -2.0 < mu < -1.0 and 3.9 < float(re.search(r"a = (\S+) A", output).group(1)) < 4.4
    for host in ("relaxed", "frozen"):
        energies = decks.table(f"ocv-G-{host}.energies").data
        order = np.argsort(energies[:, 0])
        n, energy = energies[order, 0], energies[order, 1]
        assert n.tolist() == [0, 1, 4, 8]
        table = decks.table(f"ocv-G-{host}.energies")
        assert table.settings["starts"] == "2" and table.number("spread") > 0 and "like" in table.settings
        volts = Table(decks.folder / f"results/ocv-G-{host}.voltages").data
        assert np.allclose(volts[1:, 1], -(energy[1:] - energy[0] - n[1:] * mu) / n[1:], atol=1e-6)
        hull = volts[1:, 5]
        assert (np.diff(hull) <= 1e-9).all(), "voltages along a hull never rise"
        assert -1 < hull.min() and hull.max() < 3
        assert np.allclose(
            volts[1:, 7], 26801.48 * n[1:] / (16 * 47.867 * 2 + 16 * 12.011 + 32 * 15.999 + 50 * 12.011), rtol=1e-4
        )
        decks.drawn(f"ocv-G-{host}.voltages")
    relaxed, frozen = (
        dict(Table(decks.folder / f"results/ocv-G-{host}.energies").data[:, :2]) for host in ("relaxed", "frozen")
    )
    assert relaxed[0] < frozen[0], "an empty gallery that is held open costs energy"


def test_phonon(decks, natrolite):
    decks.run("phonon")
    if importlib.util.find_spec("phonopy") is None:
        pytest.skip("phonopy is not installed: the force constants were computed, not folded")
    for name, repeat, top in (("M", "2 2 1", (19, 25)), ("G", "3 3 1", (42, 50))):
        matrix = decks.folder / "results" / f"phonon-{name}.dynmat"
        code, output, error = natrolite(
            "phonon", matrix, "--data", decks.folder / f"results/phonon-{name}.data", "--repeat", *repeat.split()
        )
        assert code == 0, error
        assert top[0] < float(re.search(r"highest mode: (\S+) THz", output).group(1)) < top[1]
        table = Table(f"{matrix}.bands")
        inside = commensurate(table.data[:, 1:4], [int(k) for k in repeat.split()])
        assert inside.sum() >= 3 and table.data[inside, 4:].min() > -0.1, "no imaginary modes where the box has them"
        decks.drawn(f"phonon-{name}.dynmat.bands")
        decks.drawn(f"phonon-{name}.dynmat.dos")


def commensurate(wave, repeat):
    """Which wave vectors fit into the box, where the frequencies are those of the model itself."""
    turns = wave * repeat
    return (np.abs(turns - np.round(turns)) < 1e-4).all(1)


def test_neb(decks):
    decks.run("neb", ranks=3, partitions=3)
    table = decks.table("neb-G-short.table")
    path, energy = neb.profile(table)
    assert sorted(table.data[:, 0]) == [1, 2, 3] and abs(path[-1] - 12.12 / 4 / np.sqrt(3)) < 0.15
    assert -0.05 < energy[1] < 1.0, "a barrier of a hop between hollow sites"
    inside = np.linalg.solve(CELL.T, table.data[:, 1:4].T)
    assert inside.min() > 0 and inside.max() < 1, "the path lies in the cell"
    assert table.settings["begin"] == "above C" and table.settings["site"] == "above Ti"
    largest = table.column("largest force").max()
    assert abs(table.number("force") - largest) < 1e-9 and largest > 0.03
    assert table.settings["converged"] == "no" and "no barrier" in table.settings["warning"]
    decks.drawn("neb-G-short.table")


def test_neb_stops_where_the_ion_leaves_its_site(decks):
    """With a limit that every relaxation passes; what an earlier run wrote for the same hop is not left as if it held."""
    table = decks.folder / "results/neb-GO-long.table"
    table.parent.mkdir()
    table.write_text("of a run before\n")
    done = decks.attempt("neb", ranks=3, partitions=3, layer="GO", hop="long", near=0.001)
    assert done.returncode == 0 and "no hop: the ion left the site above C by" in done.stdout, done.stdout
    written = Table(table)
    assert not written.data.size and "no minimum" in written.settings["warning"] and written.settings["layer"] == "GO"
    with pytest.raises(NatroliteError, match="no minimum"):
        plot.plot(table)
    table.write_text("of a run before\n")
    done = decks.attempt("neb", ranks=3, partitions=3, layer="GO", hop="long", model="nowhere.pt")
    assert done.returncode != 0 and table.exists(), "a wrong model takes nothing away"


def test_group_that_left(decks):
    """O pulled off graphene: the tables of dynamics say that the layer is not what its name says."""
    from ase import Atom
    from ase.io import write

    atoms = sodium_between_layers()
    x, y, z = atoms.positions[31]
    atoms.append(Atom("O", (x, y, z - 2.2)))
    write(decks.folder / "start.data", atoms, format="lammps-data", specorder=["Ti", "C", "O", "H", "Na"], masses=True)
    output = decks.run("na1", layer="GO", data="start.data", equil=2)
    assert "WARNING: no longer Ti2CO2 / GO: face O-Ti" in output
    for kind in ("gap", "msd", "ions"):
        settings = Table(decks.folder / f"results/na1-GO.{kind}").settings
        assert "no longer Ti2CO2 / GO" in settings["warning"] and "O-C 2." in settings["start"], settings


def test_settings_of_a_run_that_goes_on(decks):
    """What differs from the beginning is named, before anything is written."""
    decks.run("adhesion", points=3, fmax=1e-6)
    warning = decks.table("adhesion-G.table").settings["warning"]
    assert warning == "3 of 3 distances not relaxed to 1e-06 eV/A, see largest force"
    before = (decks.folder / "results/adhesion-G.table").read_text()
    decks.refused("adhesion", "points is not what adhesion-G began with", restart="yes", points=4, fmax=1e-6)
    decks.refused("adhesion", "d3cut is not", restart="yes", points=3, fmax=1e-6, d3cut=15)
    decks.refused("adhesion", "nowhere.pt", model="nowhere.pt")
    decks.refused("relax", "nowhere.pt", model="nowhere.pt")
    decks.refused("ocv", "nowhere.pt", model="nowhere.pt")
    assert (decks.folder / "results/adhesion-G.table").read_text() == before
    decks.run("spacing", T=900, layer="GO", side="out", steps=20)
    table = decks.table("spacing-GO-out-free.gap")
    assert "NVT 900 K" in table.settings["settings"] and table.settings["T"] == "900"
    assert table.settings["side"] == "out"
    decks.refused("spacing", "T is not", restart="yes", T=300, layer="GO", side="out", steps=20)


def test_wrong_input_stops_at_once(decks):
    decks.refused("spacing", "nowhere.pt", model="nowhere.pt")
    decks.refused("ocv", "size is large", "full", size="large")
    decks.refused("map", "layer is X", "GOH", layer="X")
    decks.refused("neb", "hop is far", "short or long", hop="far")
    decks.refused("adhesion", "restart is perhaps", restart="perhaps")
    decks.refused("relax", "in.relax always starts anew", restart="yes")
    decks.refused("na8", "no restart file", restart="yes")
    decks.refused("na1", "rest is foo", "mxene, layer or host", rest="foo")
    decks.refused("na1", "each is 7", "block (20)", each=7)
    decks.refused("na1", "each is 0", "at least 1", each=0)
    decks.refused("map", "no trajectory nowhere.dump", dump="nowhere.dump")
    decks.refused("map", "restart is yes", dump="some.dump", restart="yes")
    (decks.folder / "some.dump").touch()
    decks.refused("map", "some.dump has 0 atoms", dump="some.dump")


def test_starts_that_collapse_are_given_up(decks):
    output = decks.attempt("ocv", lost=0).stdout
    assert "given up, forces of" in output and "ERROR: 2 starts of 8 Na, host relaxed, and not one" in output
    decks.refused("na8", "steps is 3", "twice each", steps=3)
    decks.refused("spacing", "each is 7", "block (20)", each=7)
    decks.refused("spacing", "seed is 0", seed=0)
    decks.refused("spacing", "T is -5", T=-5)
    decks.refused("adhesion", "points is 1", points=1)
    decks.refused("adhesion", "dmin is 6", dmin=6)
    decks.refused("neb", "1 partition", "-partition")
    for deck in ("ocv", "adhesion", "relax", "neb", "phonon"):
        decks.refused(deck, "data is start.data", "builds its structures", data="start.data")


def test_what_is_not_there_is_not_measured(decks):
    """A layer that the data file lacks, a trajectory of other atoms; what nobody knows of one is not said."""
    from ase import Atoms
    from ase.io import write

    atoms = sodium_between_layers()
    write(decks.folder / "start.data", atoms, format="lammps-data", specorder=["Ti", "C", "O", "H", "Na"], masses=True)
    decks.refused("na1", "layer is GO", "take G", data="start.data", layer="GO")
    decks.refused("na1", "layer is GOH", "take G", data="start.data", layer="GOH")
    decks.run("spacing", data="start.data", steps=20)
    decks.refused("spacing", "structure is not what", restart="yes", steps=20)
    for group, wrong, right in (("O", "G", "take GO or GOH"), ("O", "GOH", "take GO"), ("OH", "GO", "take GOH")):
        places = atoms.positions[31] + np.array([[0, 0, 1.4], [0, 0.9, 1.7]])[: len(group)]
        write(
            decks.folder / "group.data",
            atoms + Atoms(group, positions=places),
            format="lammps-data",
            specorder=["Ti", "C", "O", "H", "Na"],
            masses=True,
        )
        decks.refused("na1", f"layer is {wrong}", right, data="group.data", layer=wrong)
    for frame in (atoms[:-1], atoms):
        write(decks.folder / "md.xyz", frame, format="xyz")
        arguments = {"na": 1, "data": "start.data", "dump": "md.xyz", "reader": "xyz"}
        if len(frame) < len(atoms):
            decks.refused("map", f"md.xyz has {len(frame)} atoms", **arguments)
        else:
            decks.run("map", **arguments)
    settings = decks.table("map1-G.kernel").settings
    assert settings["structure"] == "start.data"
    assert {settings[name] for name in ("model", "d3", "d3cut", "seed")} == {"of_the_trajectory"}
    assert "dispersion" not in (decks.folder / "results/map1-G.gap").read_text()


def test_missing_element(decks, tmp_path):
    import make_toys
    from natrolite import modelfile
    from natrolite.exporters import common

    scripted, meta, _ = common.finish(make_toys.built("mp"))
    modelfile.write(tmp_path / "toy.pt", scripted, {**meta, "type_names": ["C", "Na"], "atomic_numbers": [6, 11]})
    decks.refused("relax", "Ti", "toy.pt", model=tmp_path / "toy.pt")


def sodium_between_layers():
    """Return ase.Atoms: Na, then graphene, then Ti2CO2 below it."""
    from ase import Atoms
    from ase.build import graphene

    mxene = Atoms(
        "Ti32C16O32",
        positions=np.concatenate(
            [
                layer_at(z, s)
                for z, s in (
                    (-1.3, (1 / 3, 2 / 3)),
                    (1.3, (2 / 3, 1 / 3)),
                    (0.0, (0, 0)),
                    (-2.23, (2 / 3, 1 / 3)),
                    (2.23, (1 / 3, 2 / 3)),
                )
            ]
        ),
    )
    sheet = graphene(a=2.424, size=(5, 5, 1), vacuum=0)
    sheet.positions[:, 2] = 2.23 + 4.0
    sodium = Atoms("Na", [[1.0, 1.0, 4.2]])
    atoms = sodium + sheet + mxene
    atoms.positions[:, 2] += 10
    atoms.set_cell(CELL)
    atoms.pbc = True
    return atoms


def test_trajectory_of_ase(decks):
    """Frames that ASE wrote, of an own structure with an own order of atoms, through the same include files."""
    from ase.io import write

    atoms = sodium_between_layers()
    rng = np.random.default_rng(3)
    frames = []
    for k in range(5):
        frame = atoms.copy()
        frame.positions += rng.normal(0, 0.05, frame.positions.shape)
        frame.positions[1:51, 2] += 0.1 * k
        frames.append(frame)
    write(decks.folder / "start.data", atoms, format="lammps-data", specorder=["Ti", "C", "O", "H", "Na"], masses=True)
    write(decks.folder / "md.xyz", frames, format="xyz")
    decks.run("map", na=1, data="start.data", dump="md.xyz", reader="xyz")
    gap = Table(decks.folder / "results/map1-G.gap").data[:, 2]
    symbols = np.array(atoms.get_chemical_symbols())
    top = [
        f.positions[1:51, 2].mean() - f.positions[(symbols == "O") & (atoms.positions[:, 2] > 10), 2].mean()
        for f in frames
    ]
    assert np.allclose(gap, top, atol=1e-4), "ASE and LAMMPS agree on the spacing of every frame"
    kernel = Table(decks.folder / "results/map1-G.kernel").data
    assert abs(kernel[:, 2].mean() - np.mean(top)) < 0.05 and kernel[:, 3].sum() == 16


def test_model_of_run_sh(decks):
    """A file that is not there ends it at once; one that LAMMPS finds by its name is taken."""
    (decks.folder / "list").write_text("phonon\n")
    done = decks.run_all(RUNS=decks.folder / "list", RANKS=1, MODEL="nowhere/nothing.pt", LAMMPS_POTENTIALS="")
    assert done.returncode == 1 and "no model file nowhere/nothing.pt" in done.stderr and not done.stdout
    model = pathlib.Path(decks.model)
    wrong = decks.folder / "nowhere" / model.name
    done = decks.run_all(RUNS=decks.folder / "list", RANKS=1, MODEL=wrong, LAMMPS_POTENTIALS=f"/nowhere:{model.parent}")
    assert done.returncode == 0, done.stdout + done.stderr


def test_report(decks):
    """run.sh runs a list once, draws all tables and writes the page with published and our numbers."""
    (decks.folder / "list").write_text("# two\nadhesion layer=G points=4\nneb:3 layer=G hop=short\n")
    for again in (False, True):
        done = decks.run_all(RANKS=1, RUNS=decks.folder / "list")
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.count("done before") == (2 if again else 0)
    page = (decks.folder / "out/mxene/report.html").read_text()
    folder = decks.folder / "out/mxene" / decks.model.stem
    rows = Table(folder / "adhesion-G.table").data
    assert page.count("data:image/png;base64,") == 2 and "1.79 at 3.96" in page
    assert f"{adhesion.maximum(rows[:, 0], rows[:, 3])[1]:.2f} at" in page
    assert f"{neb.profile(Table(folder / 'neb-G-short.table'))[1].max():.3f} eV" in page
    assert 'class="none">–<' in page, "what was not run is a dash"
    (decks.folder / "list").write_text("na1 layer=G\nmap na=1 layer=G dump=@/na1-G.dump\n")
    for named in (0, 2, 1):  # the last time the trajectory has grown
        done = decks.run_all(RANKS=1, RUNS=decks.folder / "list")
        assert done.returncode == 0 and done.stdout.count("done before") == named, done.stdout + done.stderr
        if named:
            (folder / "na1-G.dump").touch()
    refused = decks.run_all(words=["large"])
    assert refused.returncode == 1 and "size is large" in refused.stderr


def module(name):
    """Return a module of examples/, which is no package."""
    spec = importlib.util.spec_from_file_location(pathlib.Path(name).stem, EXAMPLES / name)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def reproduction(monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    return module("mxene/reproduction.py")


def made_table(path, kind, columns, rows, **settings):
    lines = [f"# natrolite table: {kind}", *(f"# {key} = {value}" for key, value in settings.items())]
    rows = [" ".join(f"{v:.8g}" for v in row) for row in rows]
    path.write_text("\n".join([*lines, "# columns: " + " | ".join(columns), *rows]) + "\n")


def row(reproduction, folder, words):
    """Return (ours, why) of the row of the page whose quantity begins with words."""
    (found,) = [entry for entry in reproduction.entries() if entry[0].startswith(words)]
    return found[2](folder), found[3] if isinstance(found[3], str) else found[3](folder)


def test_reasons_follow_from_the_numbers(reproduction, tmp_path):
    """A reason stands where numbers differ, names the size and the length of the run, and that it is not at rest."""
    columns, step = ["step", "time (ps)", "spacing (A)", "temperature (K)"], np.arange(400)
    for end, size in ((3.1, "full"), (3.9, "small")):
        rows = np.c_[step, 0.02 * step, np.linspace(3.1, end, 400) + 0.01 * np.sin(step), 300 + 0 * step]
        made_table(
            tmp_path / "spacing-G-layer.gap", "layer spacing over time", columns, rows, settings=f"size = {size}"
        )
        ours, why = row(reproduction, tmp_path, "M/G at 300 K, momenta layer")
        if size == "full":
            assert "3.100 ± " in ours and "(0 to 7.98 ps)" in ours and why == reproduction.GALLERY
        else:
            assert ours.startswith("drifts: 3.10 to 3.90 A, not at rest")
            assert reproduction.CREEP in why and "size small" in why and reproduction.GALLERY not in why
    columns = ["id", "largest (A)", "hops"]
    for hops, samples, words in ((0, 101, ""), (1, 5001, "chance"), (1, 101, "a run of 2 ps, published 100 ps")):
        settings = {"samples": samples, "interval": "0.02 ps", "warning": "O-C 2.9 A"}
        made_table(tmp_path / "na1-GOH.ions", "ion/transport ions", columns, [[1, 2.0, hops]], **settings)
        ours, why = row(reproduction, tmp_path, "one Na in M/GOH")
        assert ours.startswith(f"{hops}, farthest 2.00 A") and ours.endswith("; warning: O-C 2.9 A")
        assert words in why and ("published 100" in why) == (words.endswith("100 ps")) and (why == "") == (words == "")
    assert row(reproduction, tmp_path, "strongest adhesion, M/GO ") == (None, "")
    (tmp_path / "adhesion-GO.table").write_text("# natrolite table: adhesion energy\n# layer = GO\n")
    assert row(reproduction, tmp_path, "strongest adhesion, M/GO ") == (None, ""), "a run that failed early"


def test_page_says_which_system_at_rest_is_another(reproduction, tmp_path):
    words = "system 6 is no longer what its name says: O-C 2.8 A"
    made_table(
        tmp_path / "relax.table", "relaxed structures", ["system", "spacing (A)"], [[6, 2.9], [7, 3.1]], warning=words
    )
    assert row(reproduction, tmp_path, "relaxed spacing, M/GO ")[0] == f"2.90; warning: {words}"
    assert row(reproduction, tmp_path, "relaxed spacing, M/GOH ")[0] == "3.10"
    assert row(reproduction, tmp_path, "relaxed spacing, M/G ")[0] is None


def test_page_says_what_a_band_and_voltages_are(reproduction, tmp_path):
    columns = ["replica", "x (A)", "y (A)", "z (A)", "energy (eV)", "spacing (A)"]
    rows = [[k, k, 0, 12, e, 4] for k, e in ((1, 0), (2, 0.2), (3, 0.1))]
    for converged, words in (("yes", "barrier 0.200 eV forward"), ("no", "no barrier: not converged")):
        settings = {"site": "hollow above C", "converged": converged, "force": "0.04 eV/A"}
        made_table(tmp_path / "neb-G-short.table", "NEB profile", columns, rows, **settings)
        ours, _ = row(reproduction, tmp_path, "hop of Na in M/G ")
        assert words in ours and "hollow above C +0.100 eV" in ours and "above Ti" not in ours
    columns = [
        "n",
        "V_from_empty (V)",
        "error (V)",
        "V_from_previous (V)",
        "error (V)",
        "V_along_hull (V)",
        "error (V)",
    ]
    rows = [[n, v, 0, v, 0, v, 0, 10 * n] for n, v in ((0, 0), (1, 1.0), (2, -0.1))]
    settings = {"starts": 5, "spread": "0.3 eV"}
    made_table(tmp_path / "ocv-G-frozen.voltages", "ocv voltages", [*columns, "capacity (mAh/g)"], rows, **settings)
    ours, _ = row(reproduction, tmp_path, "M/G, host frozen")
    assert "10 mAh/g down to 0 V, plating below 0 V; lowest of 5 starts, spread 0.3 eV, not the ground state" in ours


def test_report_skips_restart_files(tmp_path):
    report = module("report.py")
    for name, skipped in (("na1-G.restart.500", True), ("na1-G.restart", True), ("a.begun", True), ("a.gap", False)):
        (tmp_path / name).write_text("x")
        assert report.skipped(tmp_path / name) == skipped
    assert report.skipped(tmp_path)
    assert report.reason(lambda folder: folder.strip("12"), ["a1", "a2", "", "b"]) == "a; b"


class Idle:
    """A copy of run.sh and the decks, with an MPI and a Python that do nothing but make a restart file."""

    def __init__(self, folder):
        self.folder, self.copy, self.model = folder, folder / "examples", folder / "model.pt"
        self.calls, self.made = folder / "calls", folder / "out/mxene/model/na1-G"
        shutil.copytree(EXAMPLES / "mxene", self.copy / "mxene")
        shutil.copy(EXAMPLES / "run.sh", self.copy)
        (folder / "list").write_text("na1 layer=G\n")
        lives = "[ ! -e linger ] || { sleep 60 & echo $! >linger; }"
        mpi = f'echo "$@" >>{self.calls}; touch {self.made}.restart.10; {lives}; [ ! -e stop ]'
        for name, text in (("python", ""), ("mpiexec", mpi)):
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)

    def outcome(self, size="test", **settings):
        """Return "done", "new", "on" or "refused" for what run.sh did with its one run, and what it said."""
        self.calls.write_text("")
        programs = {name.upper(): self.folder / name for name in ("python", "mpiexec")}
        settings = {**programs, "RUNS": self.folder / "list", **settings}
        done = Decks("mxene", self.folder, self.model).run_all(self.copy / "run.sh", [size, "mxene"], **settings)
        assert done.returncode == (1 if "run.sh: " in done.stderr else 0), done.stdout + done.stderr
        call = self.calls.read_text()
        how = (
            "on" if "restart yes" in call else "new" if call else "done" if "done before" in done.stdout else "refused"
        )
        return how, done.stdout + done.stderr


def test_run_begins_anew(tmp_path):
    """What another model, deck or size made is neither done before nor gone on from."""
    idle = Idle(tmp_path)
    idle.model.write_text("one")
    (tmp_path / "stop").touch()
    assert idle.outcome()[0] == "new"
    (tmp_path / "stop").unlink()
    assert [idle.outcome()[0] for _ in range(2)] == ["on", "done"]
    idle.model.write_text("two")
    assert [idle.outcome()[0] for _ in range(2)] == ["new", "done"]
    with open(idle.copy / "mxene/include/thermostat.lmp", "a") as include:
        include.write("# other\n")
    how, words = idle.outcome()
    assert how == "new" and "na1-G: begins anew, what is there was made with other or unknown deck" in words
    with open(idle.copy / "mxene/include/metal.lmp", "a") as include:
        include.write("# not of this deck\n")
    assert [idle.outcome(size)[0] for size in ("test", "small", "small")] == ["done", "new", "done"]
    idle.made.with_suffix(".done").write_text("")
    assert idle.outcome("small")[0] == "new", "nothing is known of it"


@pytest.mark.skipif(shutil.which("flock") is None, reason="without flock run.sh cannot tell")
def test_run_whose_processes_live_is_not_begun_again(tmp_path):
    """A process that outlives run.sh, as LAMMPS does after a kill of the script that started it."""
    idle = Idle(tmp_path)
    for name in ("model.pt", "stop", "linger"):
        (tmp_path / name).touch()
    assert idle.outcome()[0] == "new"
    how, words = idle.outcome()
    assert how == "refused" and f"na1-G: another process still runs it in {idle.made.parent}" in words
    os.kill(int((tmp_path / "linger").read_text()), signal.SIGKILL)
    (tmp_path / "linger").unlink()
    assert idle.outcome()[0] == "on"
    log = idle.made.with_suffix(".log")
    log.unlink()
    log.mkdir()
    how, words = idle.outcome()
    assert how == "refused" and f"na1-G: cannot write {log}" in words


def test_models_of_one_name_are_refused(tmp_path):
    idle, elsewhere = Idle(tmp_path), tmp_path / "elsewhere/model.pt"
    elsewhere.parent.mkdir()
    idle.model.write_text("one")
    elsewhere.write_text("other")
    assert idle.outcome()[0] == "new"
    how, words = idle.outcome(MODEL=elsewhere)
    assert how == "refused" and f"holds results of {idle.model}, not of {elsewhere}" in words
    elsewhere.write_text("one")
    assert idle.outcome(MODEL=elsewhere)[0] == "done", "the same file in another place"


def layer_at(z, fraction):
    i, j = np.mgrid[0:4, 0:4].reshape(2, -1)
    f = np.stack([(i + fraction[0]) / 4, (j + fraction[1]) / 4, np.full(16, z / 40.0)], 1)
    return f @ CELL

# SPDX-License-Identifier: GPL-2.0-only
"""The decks of examples/janus in size test: physics, not frozen digits.

Dynamics with the shipped potential and D3; charges, snapshots and the voltage with the public parameters of SpookyNet
in double precision, which know no sodium, so their energies are only compared with themselves."""

import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from ase.io import read
from ase.units import Bohr, Hartree
from deck import EXAMPLES, Decks
from lammps_run import environment
from natrolite.plots import recomputed
from natrolite.plots.table import Table
from tiny_spookynet import PARAMETERS

POTENTIAL = "spookynet-janus.pt"
SPECIES = ("sheet", "ring", "hydrogen", "nitrogen", "sodium")


@pytest.fixture(scope="module")
def decks(tmp_path_factory, model):
    """Dynamics for x = 0, 1, 2."""
    decks = Decks("janus", tmp_path_factory.mktemp("janus"), model)
    decks.output = decks.run("md")
    return decks


@pytest.fixture(scope="module")
def charged(tmp_path_factory):
    """Dynamics, snapshots and voltages with a SpookyNet in double precision."""
    from natrolite.export import export
    from natrolite.exporters import spookynet

    folder = tmp_path_factory.mktemp("charged")
    export(spookynet, str(PARAMETERS), folder / "spooky.pt", "float64", options={"lr_cutoff": 8.0})
    decks = Decks("janus", folder, folder / "spooky.pt")
    for deck in ("md", "ocv", "snapshots"):
        assert "dispersion/d3" not in decks.run(deck, d3="no")
    return decks


def script(decks, name):
    """Return the finished process of a Python file of the folder."""
    return subprocess.run(
        [sys.executable, EXAMPLES / "janus" / name, "results"],
        cwd=decks.folder,
        env=environment(),
        capture_output=True,
        text=True,
    )


def frames(path):
    return read(path, ":", format="lammps-dump-text")


def axes_of(atoms):
    """Return the vectors from the ring's first carbon to N: array (molecules, 3)."""
    molecule = atoms.arrays["v_molecule"].ravel()
    first = [np.flatnonzero(molecule == m)[0] for m in np.unique(molecule[molecule > 0])]
    nitrogen = [i for i, s in enumerate(atoms.get_chemical_symbols()) if s == "N"]
    return np.array([atoms.get_distance(i, j, mic=True, vector=True) for i, j in zip(first, nitrogen)])


@pytest.mark.parametrize("form", ["slab", "periodic"])
def test_build(tmp_path, form):
    decks = Decks("janus", tmp_path, "none")
    decks.run("build", form=form, layers=3, ab_a=2, contents=[0, 1.5, 4])
    x, atoms, mass, capacity, volume = decks.table("build.table").data.T
    assert np.array_equal(atoms, 6 * (31 + x)) and np.allclose(mass, 24 * 12.011 + 6 * 1.008 + 14.007)
    assert np.allclose(capacity, 26801.48 * x / mass, rtol=1e-5)
    if form == "periodic":
        assert np.allclose(volume, 9 * 2.466**2 * np.sqrt(0.75) * 9.5, atol=1e-3)
    decks.drawn("build.table")
    built = read(
        tmp_path / "results/build-4.data",
        format="lammps-data",
        atom_style="molecular",
        Z_of_type={1: 6, 2: 6, 3: 6, 4: 1, 5: 7, 6: 11},
    )
    apart = built.get_all_distances(mic=True) + 9 * np.eye(len(built))
    sodium = built.numbers == 11
    assert sodium.sum() == 24 and apart[sodium].min() >= 2.1 and apart.min() == pytest.approx(1.01, abs=0.01)
    sheets = built.arrays["type"] == 1
    heights = np.unique(built.positions[sheets, 2].round(3))
    assert np.allclose(np.diff(heights), 9.5)
    assert np.allclose(np.sort(apart[sheets][:, sheets], 1)[:, :3], 2.466 / 3**0.5, atol=1e-3)
    feet, nitrogen = built.arrays["type"] == 3, built.arrays["type"] == 5
    assert np.allclose(apart[feet][:, sheets].min(1), 1.60, atol=1e-3), "straight above a carbon"
    assert np.allclose(np.sort(built.positions[nitrogen, 2] - built.positions[feet, 2]), 4.2, atol=1e-3)
    for low in heights:  # eight in every gallery
        height = (built.positions[sodium, 2] - low) % built.cell[2, 2]
        assert (height < 9.5).sum() == 8


def test_gaps_and_tilt(decks):
    for x in (0, 1, 2):
        table = decks.table(f"md-{x}.gap")
        assert table.settings["x"] == str(x) and np.array_equal(table.data[:, 0], np.arange(0, 41, 2))
        shots = frames(decks.folder / f"results/md-{x}.dump")
        assert len(shots) == 3
        for atoms, row in zip(shots, table.data[::10]):
            z = np.sort(atoms.positions[atoms.arrays["v_molecule"].ravel() == 0][:36, 2])
            assert row[2] == pytest.approx(z[18:].mean() - z[:18].mean(), abs=2e-5)
            axes = axes_of(atoms)
            tilt = np.degrees(np.arccos(axes[:, 2] / np.linalg.norm(axes, axis=1)))
            assert len(tilt) == 2 and row[5] == pytest.approx(tilt.mean(), abs=1e-3) and row[6] == row[2]
        assert 150 < table.column("temperature").mean() < 600 and 8.5 < table.data[:, 2].min()
    decks.drawn("md-1.gap")
    assert "pair dispersion/d3/opt" in decks.output


def test_charges_of_the_shipped_potential(decks):
    """They add up to nothing, and sodium is positive."""
    for x in (0, 1, 2):
        table = decks.table(f"md-{x}.charges")
        assert np.abs(table.column("total")).max() < 1e-9
        if x:
            assert 0.05 < table.column("sodium").mean() < 0.9 and table.column("nitrogen").mean() < 0


def test_without_charges(tmp_path):
    """A potential that knows no charges runs with charges = no only."""
    import tiny_sevennet
    from natrolite.export import export
    from natrolite.exporters import sevennet

    tiny_sevennet.write(tmp_path / "tiny.pth", tiny_sevennet.flat_config(["C", "H", "N", "Na"]))
    export(sevennet, str(tmp_path / "tiny.pth"), tmp_path / "tiny.pt", "float32")
    decks = Decks("janus", tmp_path, tmp_path / "tiny.pt")
    decks.refused("md", "does not take", "charge")
    output = decks.run("md", charges="no", contents=1)
    assert "no charges" in output and not list((tmp_path / "results").glob("*.charges"))
    assert len(decks.table("md-1.gap").data) == 21
    decks.run("snapshots", charges="no", contents=1)
    assert script(decks, "snapshots.py").returncode == 0
    assert "charges" not in read(tmp_path / "results/snapshots-1.extxyz").calc.results


def test_pairs_and_diffusion(decks):
    shots = frames(decks.folder / "results/md-2.dump")
    for kind, symbol in (("NaN", "N"), ("NaNa", "Na"), ("Naring", None)):
        _, g, running = Table(decks.folder / f"results/md-2.{kind}.rdf").data.T
        atoms = shots[-1]
        symbols, molecule = np.array(atoms.get_chemical_symbols()), atoms.arrays["v_molecule"].ravel()
        if symbol:
            targets = atoms.positions[symbols == symbol]
        else:
            targets = np.array([atoms.positions[(molecule == m) & (symbols == "C")].mean(0) for m in (1, 2)])
        images = (
            np.array([[i, j, k] for i in (-2, -1, 0, 1, 2) for j in (-2, -1, 0, 1, 2) for k in (-1, 0, 1)]) @ atoms.cell
        )
        d = targets[None, :, None] + images - atoms.positions[symbols == "Na"][:, None, None]
        d = np.linalg.norm(d, axis=-1)
        count = ((d < 8.0) & (d > 1e-6)).sum() / (symbols == "Na").sum()
        assert running[-1] == pytest.approx(count, abs=0.6), f"{kind}: neighbors within 8 A, mean of a moving stack"
        assert g[:30].max() == 0 < g.max(), "nothing closer than 1.5 A"
        decks.drawn(f"md-2.{kind}.rdf")
    msd = Table(decks.folder / "results/md-2.msd")
    assert msd.settings["ions"] == "4" and "D" in msd.settings
    assert not (decks.folder / "results/md-0.msd").exists()


def test_goes_on(decks, tmp_path):
    """A run that was killed, and leaves its rows behind, gives what an uninterrupted one gives; what is done is left out."""
    short = {"contents": [0, 1], "steps": 300, "maxiter": 5, "equil": 4}
    decks.run("md", out="whole", **short)
    whole = Table(decks.folder / "whole/md-1.gap").data
    other = Decks("janus", tmp_path, decks.model)
    running = subprocess.Popen(other.command("md", **short), cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL)
    results, end = tmp_path / "results", time.monotonic() + 200
    while not (results / "md-1.restart").exists() and running.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    running.kill()
    running.wait()
    assert (results / "md-0.finished").exists() and not (results / "md-1.finished").exists(), "killed within x = 1"
    output = other.run("md", restart="yes", **short)
    assert "md-0: done before" in output and "md-1: done before" not in output
    again = Table(results / "md-1.gap").data
    assert np.array_equal(again[:, 0], whole[:, 0]) and np.allclose(again[:, 2:], whole[:, 2:], rtol=1e-4, atol=2e-3)
    ends = [np.loadtxt(folder / "md-1.msd") for folder in (results, decks.folder / "whole")]
    assert np.array_equal(ends[0][:, 3], ends[1][:, 3]) and np.allclose(ends[0], ends[1], rtol=1e-3, atol=1e-6)
    energies = [np.loadtxt(folder / "md-1.energies") for folder in (results, decks.folder / "whole")]
    assert energies[0].shape == (3,) and energies[0][0] == 2 and np.allclose(*energies, atol=2e-3), (
        "of all samples, in one row"
    )


def test_charges_and_summary(charged):
    for x in (0, 1, 2):
        table = charged.table(f"md-{x}.charges")
        counts = dict(zip(SPECIES, (36, 12, 12, 2, 2 * x)))
        assert np.abs(table.column("total")).max() < 1e-9
        summed = sum(counts[s] * table.column(s) for s in SPECIES if counts[s])
        assert np.abs(summed).max() < 1e-7, "means and counts of the species make the total"
        assert ("sodium" in table.columns) == (x > 0)
        assert table.column("hydrogen").min() > 0 > table.column("nitrogen").max()
    charged.drawn("md-2.charges")
    done = script(charged, "summary.py")
    assert done.returncode == 0, done.stderr
    table = charged.table("janus.table")
    assert np.array_equal(table.data[:, 0], [0, 1, 2])
    assert table.column("spacing")[1] == pytest.approx(
        Table(charged.folder / "results/md-1.gap").data[:, 2].mean(), rel=1e-5
    )
    q = Table(charged.folder / "results/md-2.charges").column("sodium")
    assert table.column("charge sodium")[2] == pytest.approx(q.mean(), rel=1e-4)
    assert table.column("charge sodium SD over frames")[2] == pytest.approx(q.std(), rel=1e-4)
    x, n, m, share = charged.table("clusters.table").data.T
    assert (
        [share[x == c].sum() for c in (1, 2)] == pytest.approx([1, 1], abs=1e-4) and (n >= 1).all() and (m <= 2).all()
    )
    charged.drawn("janus.table")
    charged.drawn("clusters.table")


def test_clusters():
    """A pair of Na at the N of molecule 1, one Na on the ring of 2, and one alone."""
    from ase import Atoms

    sys.path.insert(0, str(EXAMPLES / "janus"))
    import summary

    places = [[0, 0, 0], [2.5, 0, 0], [6.0, 0, 0], [10, 10, 10], [10, 10, 12.8], [0, 15, 0]]
    made = Atoms("NNaNaCNaNa", places, cell=[20] * 3, pbc=True)
    made.arrays["v_molecule"] = np.array([1, 0, 0, 2, 0, 0])
    assert sorted(summary.clusters(made)) == [(1, 0), (1, 1), (2, 1)]


def test_snapshots(charged):
    """Read back by ASE and evaluated in Python: energies, forces and charges of the deck; POSCAR and CP2K have the atoms."""
    from natrolite.evaluate import evaluate
    from natrolite.modelfile import load

    done = script(charged, "snapshots.py")
    assert done.returncode == 0 and "snapshots-2: 2 frames" in done.stdout, done.stderr
    module, metadata = load(charged.model)
    results = charged.folder / "results"
    for x in (1, 2):
        shots = read(results / f"snapshots-{x}.extxyz", ":")
        assert len(shots) == 2 and np.abs(shots[0].positions - shots[1].positions).max() > 0.01
        for number, atoms in enumerate(shots):
            assert atoms.info["charge"] == 0 and len(atoms) == 62 + 2 * x
            if number == 0:
                ours = evaluate(module, metadata, atoms)[0]
                assert atoms.get_potential_energy() == pytest.approx(ours.energy, abs=1e-6)
                assert np.allclose(atoms.get_forces(), ours.forces, atol=1e-5)
                assert np.allclose(atoms.get_charges(), ours.atomic["charges"].ravel(), atol=1e-6)
            poscar = read(results / f"snapshots-{x}/{number}.POSCAR")
            assert np.array_equal(poscar.numbers, atoms.numbers)
            shift = np.linalg.solve(atoms.cell.T, (poscar.positions - atoms.positions).T)
            assert np.abs(shift - np.round(shift)).max() < 1e-7
            text = (results / f"snapshots-{x}/{number}.inp").read_text()
            block = text[text.index("&COORD") : text.index("&END COORD")]
            places = [line.split() for line in block.splitlines()[1:] if line.strip()]
            assert np.allclose([[float(v) for v in p[1:]] for p in places], atoms.positions, atol=1e-7)
            assert [p[0] for p in places] == atoms.get_chemical_symbols() and "CHARGE 0" in text and "4 4 1" in text


CP2K = """ SCF run converged in     7 steps
 ENERGY| Total FORCE_EVAL ( QS ) energy [hartree]: {:.12f}
 ATOMIC FORCES in [a.u.]
{}
 Hirshfeld Charges
{}
 PROGRAM ENDED AT
"""


def in_place_of_cp2k(folder, shots):
    """Write a command that prints what CP2K would of the frame in its input: the potential's numbers less 3 meV/atom,
    0.2 eV/A on one component of two atoms, and 0.1 e on one of them and the last atom."""
    for x, (_, frames) in shots.items():
        for k, atoms in enumerate(frames):
            energy, forces, charges = (atoms.calc.results[name] for name in ("energy", "forces", "charges"))
            forces, charges = forces * Bohr / Hartree, charges.copy()
            forces[:2, 0] -= np.array([0.2, -0.2]) * Bohr / Hartree
            charges[[0, -1]] -= [0.1, -0.1]
            rows = [f"{i} 1 X " + " ".join(f"{v:.10f}" for v in force) for i, force in enumerate(forces)]
            charges = [f"{i} X 1 {q:.8f}" for i, q in enumerate(charges)]
            text = CP2K.format((energy - 0.003 * len(atoms)) / Hartree, "\n".join(rows), "\n".join(charges))
            first = "_".join(["", atoms.symbols[0], *(f"{v:.8f}" for v in atoms.positions[0])])
            (folder / first).write_text(text)
            (folder / f"{x}-{k}").symlink_to(first)
    command = folder / "cp2k"
    command.write_text(f'#!/bin/sh\ncat "{folder}/$(grep -A 1 "&COORD" frame.inp | tail -n 1 | tr -s " " _)"\n')
    command.chmod(0o755)
    return str(command)


@pytest.fixture
def recomputing(charged, tmp_path, monkeypatch, capsys):
    """Return run(*options) -> (exit code, output, error text) of recompute.py, and the decks of its folder."""
    monkeypatch.syspath_prepend(str(EXAMPLES / "janus"))
    import recompute

    results = tmp_path / "results"
    shutil.copytree(charged.folder / "results", results)
    monkeypatch.setattr(
        recompute.label.frames, "dispersion", lambda atoms: (-0.5 * len(atoms), np.zeros((len(atoms), 3)))
    )
    monkeypatch.setattr(recompute.importlib.util, "find_spec", lambda name: name)
    command = in_place_of_cp2k(tmp_path, recompute.snapshots(results))

    def run(*options):
        capsys.readouterr()
        code = recompute.main([str(results), "--cp2k", command, *options])
        return code, *capsys.readouterr()

    return run, Decks("janus", tmp_path, charged.model)


def test_snapshots_are_recomputed(recomputing):
    """What differs from the numbers of CP2K is in the table."""
    run, decks = recomputing
    code, output, error = run("--frames", "5")
    assert code == 0 and "5 frames" in output, error
    table = decks.table("recomputed.table")
    x, frame, element = table.data[:, :3].T
    assert sorted(set(zip(x, frame))) == [(0, 0), (0, 1), (1, 1), (2, 0), (2, 1)] and len(x) == 5 * 62 + 2 + 2 * 4
    energy, force, charge = recomputed.errors(table)
    assert energy == pytest.approx(3, abs=0.01)
    assert force == pytest.approx(0.2 * np.sqrt(10 / 3 / len(x)), rel=1e-3)
    assert charge == pytest.approx(0.1 * np.sqrt(10 / len(x)), rel=1e-3)
    ours, dft = (table.column(name)[(x == 2) & (frame == 1)] for name in ("charge", "charge by DFT"))
    assert np.allclose((ours - dft)[[0, -1]], [0.1, -0.1], atol=1e-4) and element[-1] == 11
    shot = read(decks.folder / "results/recomputed/snapshots-2-1.extxyz")
    ours = table.data[(x == 2) & (frame == 1)][:, 8:11]
    assert np.allclose(np.abs(ours - shot.arrays["forces_pbe"]).max(0), [0.2, 0, 0], atol=2e-4)
    decks.drawn("recomputed.table")


def test_recomputing_goes_on(recomputing):
    """A frame that fails holds nothing up; what was computed stays, but not for other snapshots of the same name."""
    run, decks = recomputing
    answer = (decks.folder / "1-0").resolve()
    text = answer.read_text()
    answer.unlink()
    code, output, _ = run("--frames", "6", "--jobs", "1")
    assert code == 1 and "snapshots-1-0: dropped: cp2k broke off" in output and "5 frames" in output
    answer.write_text(text)
    code, output, _ = run("--frames", "6")
    assert code == 0 and output.count("done before") == 5 and "6 frames" in output
    dump = decks.folder / "results/snapshots-1.dump"
    last = dump.read_text().rpartition("ITEM: TIMESTEP")[2]
    dump.write_text(2 * f"ITEM: TIMESTEP{last}")
    assert "5 frames" in run("--frames", "1")[1]
    code, output, _ = run("--frames", "6")
    assert code == 0 and output.count("done before") == 5
    x, frame = (table := decks.table("recomputed.table")).data[:, :2].T
    assert np.array_equal(*(table.data[(x == 1) & (frame == k)][:, 5:8] for k in (0, 1)))


def test_recomputed_with_d3_and_without_charges(recomputing):
    run, decks = recomputing
    results = decks.folder / "results"
    for path in results.glob("snapshots-*.dump"):
        path.write_text(path.read_text().replace("f_q", "f_other"))
    for path in sorted(results.glob("snapshots-*.energies")):
        path.write_text(path.read_text().replace("d3 = no", "d3 = yes"))
        code, _, error = run("--frames", "3")
        assert (code == 1 and "other settings" in error) or path.stem == "snapshots-2"
    assert code == 0
    energy, _, charge = recomputed.errors(decks.table("recomputed.table"))
    assert energy == pytest.approx(503, abs=0.01) and np.isnan(charge)
    decks.drawn("recomputed.table")


def test_recompute_refuses(recomputing, tmp_path, monkeypatch):
    run, decks = recomputing
    assert "no nowhere" in run("--cp2k", "nowhere")[2]
    with pytest.raises(SystemExit):
        run("--frames", "0")
    import recompute

    monkeypatch.setattr(recompute.importlib.util, "find_spec", lambda name: None)
    assert "pip install dftd3" in run()[2]
    for path in (decks.folder / "results").glob("snapshots-*.dump"):
        path.unlink()
    code, _, error = run()
    assert code == 1 and "run in.snapshots" in error


def test_ocv(charged):
    table = charged.table("md.voltages")
    n, energy, error = np.loadtxt(charged.folder / "results/md.energies").T
    mu = float(table.settings["settings"].split("mu = ")[1].split()[0])
    v = -(np.diff(energy) - 2 * mu) / 2
    assert np.array_equal(n, [0, 2, 4]) and np.allclose(table.data[1:, 3], v, atol=1e-6) and (error > 0).all()
    assert np.allclose(table.data[1:, 7], 26801.48 * n[1:] / 2 / 308.319, rtol=1e-4)
    metal = np.loadtxt(charged.folder / "results/metal.energies")
    assert metal[1] / metal[0] == pytest.approx(mu, abs=1e-6)
    charged.drawn("md.voltages")


def test_charged_box(charged):
    """The charges add up to the total on every step, on one and two ranks, with an even and an odd number of electrons."""
    rows = {}
    for charge, spin, ranks in ((1, None, 1), (1, 1, 2), (0, 2, 1), (-2, None, 2)):
        words = {"spin": spin} if spin is not None else {}
        output = charged.run("charge", charge=charge, ranks=ranks, out=f"q{charge}-{ranks}", **words)
        assert f"{336 - charge} electrons, {spin or charge % 2} unpaired" in output
        table = Table(charged.folder / f"q{charge}-{ranks}/charge-{charge}.charges")
        assert np.array_equal(table.column("step"), np.arange(11))
        assert np.abs(table.column("total") - charge).max() < 1e-9
        rows[charge, ranks] = table.data
    assert np.allclose(rows[1, 1][0, 3:], rows[1, 2][0, 3:], atol=1e-6), "two ranks, the same charges at the start"
    assert rows[1, 1][0, 11] > rows[0, 1][0, 11] > rows[-2, 2][0, 11], "sodium's charge follows the total"


@pytest.mark.parametrize(
    "variables, words",
    [
        ({"charge": 1, "spin": 0}, ["335 electrons", "charge 1", "spin 0", "odd"]),
        ({"charge": 0, "spin": 1}, ["336 electrons", "even"]),
        ({"spin": -1}, ["spin is -1", "whole number"]),
        ({"charges": "no"}, ["charges is no"]),
    ],
)
def test_wrong_electrons(charged, variables, words):
    charged.refused("charge", *words, maxiter=0, **variables)


@pytest.mark.parametrize(
    "deck, variables, words",
    [
        ("md", {"contents": 0.3}, ["x is 0.3", "multiple of 0.5"]),
        ("md", {"form": "wire"}, ["form is wire", "periodic"]),
        ("md", {"steps": 10}, ["steps is 10", "block of 20"]),
        ("md", {"model": "nowhere.pt"}, ["nowhere.pt"]),
        ("md", {"contents": 60}, ["of 120 Na fit 2.1 A"]),
        ("md", {"layers": 1}, ["layers is 1"]),
        ("charge", {"charges": "no", "charge": 1}, ["charge is 1", "charges is no"]),
        ("ocv", {"out": "nothing"}, ["nothing/md-0.energies", "run in.md"]),
        ("snapshots", {"out": "nothing"}, ["nothing/md-0.data", "run in.md"]),
    ],
)
def test_wrong_input(decks, deck, variables, words):
    decks.refused(deck, *words, **{"out": "refused", **variables})


def test_periodic(decks):
    """The endless stack follows the pressure before it is measured; both gaps are there."""
    decks.run("md", form="periodic", contents=1, out="endless", maxiter=5, d3cut=9.0)
    table = Table(decks.folder / "endless/md-1.gap")
    atoms = frames(decks.folder / "endless/md-1.dump")[-1]
    gaps = table.data[:, 6:]
    assert (
        gaps.shape[1] == 2
        and np.allclose(gaps.sum(1), atoms.cell[2, 2], atol=1e-4)
        and abs(atoms.cell[2, 2] - 19.0) > 1e-4
    )


def test_report(charged):
    """run.sh makes summary, files for DFT and the page from a list of decks, and leaves out what is done."""
    (charged.folder / "list").write_text("build contents=2\ncharge charge=0 d3=no\n")
    folder = charged.folder / "out/janus/spooky"
    folder.mkdir(parents=True)
    for path in (charged.folder / "results").glob("md-1.[gmcd]*[!a]"):
        (folder / path.name).write_bytes(path.read_bytes())
    done = charged.run_all(RANKS=1, RUNS=charged.folder / "list")
    assert done.returncode == 0 and "done before" not in done.stdout, done.stdout + done.stderr
    page = (charged.folder / "out/janus/report.html").read_text()
    table = Table(folder / "janus.table")
    assert f"{table.column('charge sodium')[0]:.2f} (x = 1)" in page
    assert "0.5 to 0.17" in page and "174 at x = 2" in page
    assert (folder / "janus.table.png").exists()

# SPDX-License-Identifier: GPL-2.0-only
"""equivariant/kk against the plain style in one LAMMPS with KOKKOS: to 1e-12 of each quantity's size.

The other files of this folder run a second time with -suffix kk there (ctest -L kokkos).
"""

import os
import pathlib
import subprocess

import lammps_run
import numpy as np
import pytest
import toy_systems

pytestmark = pytest.mark.skipif(
    not lammps_run.KOKKOS, reason="needs a LAMMPS with KOKKOS: cmake --workflow --preset test-kokkos"
)
TOYS = ["mp", "mp3", "lj", "gsum", "charged", "peratom"]
ELECTRONS = {"charged": "charge -0.7 spin 2"}
STYLES = ["equivariant", "equivariant/kk", "equivariant/kk/host", "equivariant/kk/device"]
SIX = [f"c_six[{k}]" for k in range(1, 7)]
NINE = [f"c_nine[{k}]" for k in range(1, 10)]
COMPUTES = "compute six all stress/atom NULL virial\ncompute nine all centroid/stress/atom NULL virial\n"


def pair(file, style="equivariant/kk", keywords=""):
    """Return the lines of a pair style by its full name: `equivariant` is the plain one."""
    return "suffix off\n" + lammps_run.pair(file, toy_systems.NAMES, keywords, style) + "\nsuffix on\n"


def close(a, b, what):
    """Equal to 1e-12 of the largest entry (or of 1)."""
    size = max(1.0, np.abs(b).max())
    assert np.abs(np.asarray(a) - b).max() <= 1e-12 * size, (what, np.abs(a - b).max(), size)


@pytest.mark.parametrize("ranks, threads", [(1, 1), (1, 2), (1, 4), (2, 1), (2, 2), (4, 1)])
def test_kk_equals_plain(ranks, threads, toys, tmp_path):
    """Energies, forces and all kinds of virials, in every structure and under every name."""
    before = "processors 4 1 1" if ranks == 4 else ""
    deck = ""
    for toy in TOYS:
        for name in toy_systems.ALL:
            deck += lammps_run.load(f"{toy}{name}", toy_systems.system(name), tmp_path, before) + COMPUTES
            for style in STYLES:
                lines = pair(toys / f"{toy}.pt", style, ELECTRONS.get(toy, ""))
                tag = f"{toy}-{name}-{style.replace('/', '-')}"
                deck += lammps_run.evaluate(tag, lines, [*SIX, *NINE])
    done = lammps_run.lmp(deck, tmp_path, ranks, timeout=400, threads=threads)
    for toy in TOYS:
        for name in toy_systems.ALL:
            plain, *others = (lammps_run.point(done, f"{toy}-{name}-{style.replace('/', '-')}") for style in STYLES)
            for style, found in zip(STYLES[1:], others):
                case = toy, name, style
                close(found.energy, np.array(plain.energy), case)
                close(found.forces, plain.forces, case)
                close(found.virial, plain.virial, case)
                for column in ["c_natpe", *SIX, *NINE]:
                    close(found.columns[column], plain.columns[column], (*case, column))


def walk(toy, file, folder, ranks, threads, style="equivariant/kk", before=""):
    """Return the frames of 200 steps at 150 K with several rebuilt neighbor lists."""
    folder.mkdir()
    s = toy_systems.system("liquid")
    deck = lammps_run.load("walk", s, folder, before)
    deck += pair(file, style, ELECTRONS.get(toy, ""))
    deck += """
neighbor 0.5 bin
velocity all create 150 77 loop geom
fix move all nve
timestep 0.002
dump walk all custom 50 walk.dump id x y z fx fy fz
dump_modify walk sort id format float %.17g
run 200 post no
"""
    lammps_run.lmp(deck, folder, ranks, threads=threads)
    return lammps_run.read_dump(folder / "walk.dump")


def apart(some, others):
    assert len(some) == len(others) == 5
    return max(np.abs(a[c] - b[c]).max() for a, b in zip(some, others) for c in a.names)


@pytest.mark.parametrize("toy", ["mp3", "charged"])
def test_dynamics_with_1_to_4_threads(toy, toys, tmp_path):
    """The plain style's trajectory to rounding, whatever the ranks and threads; the same bits twice."""
    file = toys / f"{toy}.pt"
    plain = walk(toy, file, tmp_path / "plain", 1, 1, style="equivariant")
    assert np.abs(plain[0]["x"] - plain[-1]["x"]).max() > 0.05
    for ranks, threads in [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (2, 4)]:
        frames = walk(toy, file, tmp_path / f"{ranks}-{threads}", ranks, threads)
        assert apart(frames, plain) <= 1e-9, (ranks, threads)
    again = walk(toy, file, tmp_path / "again", 1, 4)
    assert apart(again, lammps_run.read_dump(tmp_path / "1-4" / "walk.dump")) == 0.0


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("package", ["neigh half newton on", "binsize 3.0"])
def test_package_options(package, ranks, toys, tmp_path):
    """The style asks for its own full list, whatever the others get and however it is binned."""
    file = toys / "mp3.pt"
    kk = walk("mp3", file, tmp_path / "kk", ranks, 2, before=f"package kokkos {package}")
    plain = walk("mp3", file, tmp_path / "plain", ranks, 1, style="equivariant")
    assert apart(kk, plain) <= 1e-9


def both_ways(decks, folder, ranks, fields=()):
    """Return {tag: Point} of the decks {tag: lines} without KOKKOS and with it, which must be equal."""
    s = toy_systems.system("liquid")
    points = []
    for way, threads in [("plain", 0), ("kk", None)]:
        (folder / way).mkdir()
        deck = "".join(
            lammps_run.load(tag, s, folder / way) + lammps_run.evaluate(tag, lines, fields)
            for tag, lines in decks.items()
        )
        done = lammps_run.lmp(deck, folder / way, ranks, threads=threads)
        points.append({tag: lammps_run.point(done, tag) for tag in decks})
    plain, kk = points
    for tag in decks:
        close(kk[tag].energy, np.array(plain[tag].energy), tag)
        close(kk[tag].forces, plain[tag].forces, tag)
        close(kk[tag].virial, plain[tag].virial, tag)
        for column in ["c_natpe", *fields]:
            close(kk[tag].columns[column], plain[tag].columns[column], (tag, column))
    return kk


@pytest.mark.parametrize("ranks", [1, 2])
def test_hybrid_overlay_kk(ranks, toys, tmp_path):
    """With lj/cut/kk on top it is the sum; a NULL type included."""
    model = f"pair_coeff * * equivariant {toys / 'peratom.pt'} Ar NULL"
    lj = "pair_coeff * * lj/cut 0.01 3.0"
    decks = {
        "both": f"pair_style hybrid/overlay equivariant lj/cut 6.0\n{model}\n{lj}",
        "model": f"pair_style hybrid/overlay equivariant zero 6.0\n{model}\npair_coeff * * zero",
        "lj": "pair_style lj/cut 6.0\npair_coeff * * 0.01 3.0",
    }
    points = both_ways(decks, tmp_path, ranks)
    both, alone, lj = (points[tag] for tag in ("both", "model", "lj"))
    close(both.energy, np.array(alone.energy + lj.energy), "sum")
    close(both.forces, alone.forces + lj.forces, "sum")
    close(both.virial, alone.virial + lj.virial, "sum")
    assert abs(alone.energy) > 0.1


@pytest.mark.parametrize("ranks", [1, 2])
def test_atoms_that_the_list_leaves_out(ranks, toys, tmp_path):
    """A type whose pairs all belong to another style: its atoms have no row."""
    model = f"equivariant {toys / 'mp3.pt'} Ar Ne"
    decks = {
        "all": f"pair_style equivariant\npair_coeff * * {model.split(' ', 1)[1]}",
        "hybrid": f"pair_style hybrid equivariant zero 6.0\npair_coeff * * {model}\npair_coeff 1 * zero",
    }
    points = both_ways(decks, tmp_path, ranks)
    assert abs(points["all"].energy - points["hybrid"].energy) > 1e-3


@pytest.mark.parametrize("ranks", [1, 2])
def test_fields_beside_a_committee_in_one_file(ranks, toys, tmp_path):
    """fix pair gets the energies of the model that drives the run, not those of its last member."""
    coefficients = f"pair_coeff * * {toys / 'committee.pt'} Ar Ne"
    lines = f"pair_style equivariant committee 1 members.txt\n{coefficients}\n"
    lines += "fix fields all pair 1 equivariant energy 0 uncertainty 1"
    kk = both_ways({"once": lines}, tmp_path, ranks, fields=["f_fields[1]", "f_fields[2]"])["once"]
    close(kk.columns["f_fields[1]"], kk.columns["c_natpe"], "energy")
    assert kk.columns["f_fields[2]"].max() > 1e-3
    tables = [np.loadtxt(tmp_path / way / "members.txt") for way in ("plain", "kk")]
    close(tables[1], tables[0], "table")


@pytest.mark.parametrize("ranks", [1, 2])
def test_newton_off_is_refused(ranks, toys, tmp_path):
    s = toy_systems.system("box")
    lines = pair(toys / "mp.pt")
    deck = lammps_run.single_point("off", s, tmp_path, lines, before="package kokkos newton off neigh full")
    done = lammps_run.attempt(deck, tmp_path, ranks)
    assert done.code != 0 and len(done.errors()) == 1, done.tail()
    assert "package kokkos newton on neigh half" in done.errors()[0]


def test_kokkos_switched_off_is_refused(toys, tmp_path):
    s = toy_systems.system("box")
    lines = lammps_run.pair(toys / "mp.pt", s.names, style="equivariant/kk")
    deck = lammps_run.single_point("off", s, tmp_path, lines)
    done = lammps_run.attempt(deck, tmp_path, threads=0)
    assert done.code != 0 and len(done.errors()) == 1, done.tail()
    assert "'-k on'" in done.errors()[0]


def test_the_plugin_is_never_unloaded():
    """CUDA crashes in the first kernel of a library that was closed and loaded again, as `clear` does in some LAMMPS."""
    plugin = pathlib.Path(os.environ["NATROLITE_PLUGINS"], "kokkos", "natrolite_kokkosplugin.so")
    said = subprocess.run(["readelf", "-d", plugin], capture_output=True, text=True, check=True).stdout
    assert "NODELETE" in said

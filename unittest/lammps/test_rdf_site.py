# SPDX-License-Identifier: GPL-2.0-only
"""compute rdf/site against a loop over ions and the centers of mass of molecules."""

import numpy as np
import pytest
from harness import BOXES, good, page_examples, read_vectors, refused, write_data

HEAD = """units metal
atom_style molecular
box tilt large
read_data data.rings
pair_style zero 6.0
pair_coeff * *
group ions type 1
group carbon type 2
group none empty
compute rings carbon chunk/atom molecule
"""


def rings(box, seed=1, ions=9, count=14):
    rng = np.random.default_rng(seed)
    x, types, molecules = [*(box.lo + rng.random((ions, 3)) @ box.h)], [1] * ions, [0] * ions
    for m in range(count):
        center = box.lo + rng.random(3) @ box.h
        a, b = np.linalg.qr(rng.standard_normal((3, 2)))[0].T
        for k in range(6):
            x.append(
                center + 1.42 * (np.cos(k * np.pi / 3) * a + np.sin(k * np.pi / 3) * b) + 0.05 * rng.standard_normal(3)
            )
            types.append(2)
            molecules.append(m + 1)
    return np.array(x), np.array(types), np.array(molecules)


def write(folder, box, system):
    x, types, molecules = system
    write_data(folder / "data.rings", box, types, x, [22.99, 12.011], molecules=molecules)


def twin(box, system, nbin, rcut, keep=slice(None)):
    x, types, molecules = system
    sites = np.array([x[molecules == m][keep].mean(0) for m in range(1, molecules.max() + 1)])
    sites, _ = box.wrap(sites)
    ions, _ = box.wrap(x[types == 1])
    d = (sites[None, :, None] + box.images(rcut)[None, None] - ions[:, None, None]).reshape(-1, 3)
    r = np.linalg.norm(d, axis=1)
    counts, edges = np.histogram(r[r < rcut], bins=nbin, range=(0, rcut))
    shells = 4 / 3 * np.pi * np.diff(edges**3)
    g = counts / (len(ions) * len(sites) / box.volume * shells)
    return np.c_[0.5 * (edges[1:] + edges[:-1]), g, np.cumsum(counts) / len(ions)]


OUT = "fix o all ave/time {0} 1 {0} c_r[*] mode vector file r.txt format ' %.17g'\n"


@pytest.mark.parametrize("ranks", [1, 2, 4])
@pytest.mark.parametrize("kind", ["orthogonal", "triclinic"])
@pytest.mark.parametrize("rcut", [7.0, 30.0])  # 30: longer than the box
def test_against_numpy(tmp_path, kind, ranks, rcut):
    box = BOXES[kind]
    system = rings(box)
    write(tmp_path, box, system)
    deck = HEAD + f"compute r all rdf/site 50 {rcut} ions rings\nthermo_style custom step c_r[10][2]\n"
    good(deck + OUT.format(1) + "run 0\n", tmp_path, ranks)
    got = read_vectors(tmp_path / "r.txt")[0][1]
    expected = twin(box, system, 50, rcut)
    assert expected[-1, 2] > 1
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_group_of_the_compute_masks_chunk_atoms(tmp_path):
    box = BOXES["triclinic"]
    system = rings(box)
    write(tmp_path, box, system)
    first = " ".join(str(int(np.flatnonzero(system[2] == m)[0]) + 1) for m in range(1, 15))
    deck = HEAD + f"group first id {first}\ncompute r first rdf/site 20 8.0 ions rings\n" + OUT.format(1) + "run 0\n"
    good(deck, tmp_path, 2)
    np.testing.assert_allclose(
        read_vectors(tmp_path / "r.txt")[0][1], twin(box, system, 20, 8.0, slice(0, 1)), rtol=1e-10
    )


def test_dynamics_one_is_four_ranks_and_rerun(tmp_path):
    box = BOXES["triclinic"]
    tables = {}
    for ranks in (1, 4):
        folder = tmp_path / str(ranks)
        write(folder, box, rings(box))
        deck = (
            HEAD
            + """velocity all create 900 3 loop all
velocity all set 20 0 30 sum yes
fix n all nve
timestep 0.002
compute r all rdf/site 20 8.0 ions rings
dump d all custom 20 dump.all id mol type x y z ix iy iz
dump_modify d format float %.17g
"""
            + OUT.format(20)
            + "run 80\nunfix o\nundump d\nreset_timestep 0\n"
            + OUT.format(20).replace("r.txt", "again.txt")
            + "rerun dump.all dump x y z ix iy iz\n"
        )
        good(deck, folder, ranks)
        tables[ranks] = np.array([b for _, b in read_vectors(folder / "r.txt")])
        again = np.array([b for _, b in read_vectors(folder / "again.txt")])
        np.testing.assert_allclose(tables[ranks], again, rtol=1e-10)
    np.testing.assert_allclose(tables[1], tables[4], rtol=1e-10)
    assert np.ptp(tables[1][:, -1, 2]) > 0


def test_no_ions_and_no_sites_are_zero(tmp_path):
    box = BOXES["orthogonal"]
    write(tmp_path, box, rings(box))
    for arguments in ("all rdf/site 5 6.0 none rings", "none rdf/site 5 6.0 ions rings"):
        good(HEAD + f"compute r {arguments}\n" + OUT.format(1) + "run 0\n", tmp_path, 2)
        assert (read_vectors(tmp_path / "r.txt")[0][1][:, 1:] == 0).all()


WRONG = [
    ("0 6.0 ions rings", ["Nbin", "0"]),
    ("10 -6.0 ions rings", ["rcut", "-6"]),
    ("10 6.0 nobody rings", ["nobody"]),
    ("10 6.0 ions loops", ["loops", "chunk/atom"]),
    ("10 6.0 ions thermo_temp", ["thermo_temp", "chunk/atom"]),
    ("10 6.0 ions", ["chunkID", "lacks a value"]),
    ("10 6.0 ions rings 5", ["'5'"]),
    ("10 900.0 ions rings", ["900"]),
]


@pytest.mark.parametrize("arguments,pieces", WRONG)
def test_wrong_input_is_refused(tmp_path, arguments, pieces):
    write(tmp_path, BOXES["orthogonal"], rings(BOXES["orthogonal"]))
    refused(HEAD + f"compute r all rdf/site {arguments}\nthermo_style custom c_r[1][1]\nrun 0\n", tmp_path, *pieces)


def test_examples_of_the_page(tmp_path):
    examples = page_examples("compute_rdf_site.rst", ".. code-block:: LAMMPS")
    assert examples
    write(tmp_path, BOXES["orthogonal"], rings(BOXES["orthogonal"]))
    good(
        HEAD.replace("compute rings carbon chunk/atom molecule\n", "") + "\n".join(examples) + "\nrun 10\n", tmp_path, 2
    )

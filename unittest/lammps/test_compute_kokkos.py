# SPDX-License-Identifier: GPL-2.0-only
"""ion/environment/kk and layer/spacing/kk against the plain styles in one LAMMPS with KOKKOS, to 1e-12."""

import lammps_run
import numpy as np
import pytest
from harness import BOXES, good, read_vectors, refused, write_data

pytestmark = pytest.mark.skipif(
    not lammps_run.KOKKOS, reason="needs a LAMMPS with KOKKOS: cmake --workflow --preset test-kokkos"
)
SUFFIXES = ["", "/kk", "/kk/host", "/kk/device"]
HEAD = """units metal
atom_style atomic
box tilt large
suffix off
read_data data.mixed
pair_style zero 5.0
pair_coeff * *
comm_modify cutoff 11.0
group ions type 1
group low id 13:96
group top id 97:180
group host type 2 3
"""
MOVING = """
velocity all create 300 1
fix d all deform 1 xy erate 0.5 z erate 0.01 remap x flip yes units box
fix n all nve
timestep 0.01
neigh_modify every 1 delay 0 check yes
"""
ENVIRONMENTS = [
    "5.0 3.0 host",
    "4.0 3.0 host switch rational 6 12 cut 7.0",
    "3.0 2.5 low switch cosine 1.5",
    "4.0 3.0 all",
    "5.0 3.0 host volume 3.5 0.0 spacing 0.5",
]
LAYERS = ["low top", "low top periodic yes weight mass", "auto 2.5 periodic yes"]


def write_mixed(folder, box):
    """Twelve ions anywhere, two rough layers of two elements."""
    rng = np.random.default_rng(5)
    x = box.lo + rng.random((180, 3)) @ box.h
    types = np.r_[np.ones(12, int), rng.integers(2, 4, 168)]
    for layer, z in ((slice(12, 96), 1.0), (slice(96, 180), 12.0)):
        shift = (box.lo[2] + z - x[layer, 2] + 0.3 * rng.standard_normal(84)) / box.h[2, 2]
        x[layer] += shift[:, None] * box.h[2]
    write_data(folder / "data.mixed", box, types, x, [22.99, 12.011, 15.999])


def close(some, plain):
    assert some.shape == plain.shape and np.abs(plain).max() > 1.0
    np.testing.assert_allclose(some, plain, rtol=1e-12, atol=1e-12)


def list_styles(text):
    """Return {compute style: attributes of its neighbor list}."""
    lines = text.splitlines()
    rows = [k for k, line in enumerate(lines) if ") compute ion/environment" in line]
    return {lines[k].split(") compute ")[1].split(",")[0]: lines[k + 1].split(", ") for k in rows}


@pytest.mark.parametrize("ranks, threads", [(1, 1), (1, 2), (2, 1)])
@pytest.mark.parametrize("kind", ["orthogonal", "triclinic"])
def test_environment_kk_equals_plain(tmp_path, kind, ranks, threads):
    write_mixed(tmp_path, BOXES[kind])
    deck, columns = HEAD + MOVING * (kind == "triclinic"), []
    for k, arguments in enumerate(ENVIRONMENTS):
        for m, suffix in enumerate(SUFFIXES):
            deck += f"compute c{k}{m} ions ion/environment{suffix} {arguments}\n"
            columns.append(f"c_c{k}{m}[*]")
    deck += f"""
dump d ions custom 20 dump.env id {" ".join(columns)}
dump_modify d format float %.17g
fix o all ave/time 20 1 20 {" ".join(columns)} file averages.txt format ' %.17g'
run {60 if kind == "triclinic" else 0}
"""
    result = good(deck, tmp_path, ranks, threads=threads)
    lists = list_styles(result.text)
    assert set(lists) == {"ion/environment" + suffix for suffix in SUFFIXES}
    frames = lammps_run.read_dump(tmp_path / "dump.env")
    tables = [frame.numbers()[:, 1:] for frame in frames] + [result.table("averages.txt")[:, 1:]]
    assert len(frames) == (4 if kind == "triclinic" else 1)
    for table in tables:
        table = table.reshape(len(table), len(ENVIRONMENTS), len(SUFFIXES), 6)
        for k in range(len(ENVIRONMENTS)):
            for m in range(1, len(SUFFIXES)):
                close(table[:, k, m], table[:, k, 0])


@pytest.mark.parametrize("ranks, threads", [(1, 1), (1, 2), (2, 1)])
@pytest.mark.parametrize("kind", ["orthogonal", "triclinic"])
def test_spacing_kk_equals_plain(tmp_path, kind, ranks, threads):
    write_mixed(tmp_path, BOXES[kind])
    deck = HEAD + "group layers union low top\n" + MOVING * (kind == "triclinic")
    for k, arguments in enumerate(LAYERS):
        for m, suffix in enumerate(SUFFIXES):
            deck += f"compute c{k}{m} layers layer/spacing{suffix} {arguments}\n"
            deck += f"fix o{k}{m} all ave/time 20 1 20 c_c{k}{m}[*] mode vector file {k}{m}.txt format ' %.17g'\n"
    # new IDs change no layer
    good(
        deck + ("run 60\nreset_atoms id sort yes\nrun 20\n" if kind == "triclinic" else "run 0\n"),
        tmp_path,
        ranks,
        threads=threads,
    )
    for k in range(len(LAYERS)):
        plain, *others = ([rows for _, rows in read_vectors(tmp_path / f"{k}{m}.txt")] for m in range(len(SUFFIXES)))
        assert len(plain) == (5 if kind == "triclinic" else 1)
        for rows in others:
            close(np.concatenate(rows), np.concatenate(plain))


def test_suffix_takes_the_device_list(tmp_path):
    """With -suffix kk the neighbors come from a list of Kokkos, with `volume` from one of the host."""
    write_mixed(tmp_path, BOXES["orthogonal"])
    deck = HEAD.replace("suffix off\n", "") + "compute c ions ion/environment 5.0 3.0 host {}\nrun 0\n"
    for arguments, kokkos in (("", True), ("volume 3.5 0.0", False)):
        result = good(deck.format(arguments), tmp_path)
        attributes = list_styles(result.text)["ion/environment/kk"]
        assert ("kokkos_device" in attributes) == kokkos, attributes


@pytest.mark.parametrize("style", ["ion/environment/kk 5.0 3.0 host", "layer/spacing/kk low top"])
def test_without_kokkos_one_line(tmp_path, style):
    write_mixed(tmp_path, BOXES["orthogonal"])
    deck = HEAD + f"compute c ions {style}\n"
    refused(deck, tmp_path, f"Compute {style.split()[0]} needs KOKKOS: run lmp with '-k on'", threads=0)


def test_empty_rank(tmp_path):
    """All ions and layers on one of two ranks."""
    write_mixed(tmp_path, BOXES["orthogonal"])
    deck = (
        HEAD.replace("read_data", "processors 2 1 1\nread_data")
        + """
region right block 10 INF INF INF INF INF
delete_atoms region right compress no
compute e ions ion/environment 5.0 3.0 host
compute f ions ion/environment/kk 5.0 3.0 host
compute s all layer/spacing low top
compute t all layer/spacing/kk low top
fix o all ave/time 1 1 1 c_e[*] c_f[*] file averages.txt format ' %.17g'
fix p all ave/time 1 1 1 c_s[*] c_t[*] mode vector file gaps.txt format ' %.17g'
run 0
"""
    )
    good(deck, tmp_path, 2)
    averages = np.loadtxt(tmp_path / "averages.txt")[1:]
    close(averages[6:], averages[:6])
    gaps = read_vectors(tmp_path / "gaps.txt")[0][1].ravel()
    close(gaps[5:], gaps[:5])

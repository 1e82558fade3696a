# SPDX-License-Identifier: GPL-2.0-only
"""Dynamics with a float64 model of each family: ranks, restart, hybrid, D3, the ghosts of Allegro."""

import random
import subprocess
import sys

import lammps_run
import numpy as np
import pairwise
import pytest
import structures
import test_pair_fuzz as fuzz

# family -> (its environment, model file)
MODELS = {
    "mace": ("mace", "mace-zbl-float64.pt"),
    "nequip": ("nequip", "nequip-zbl.pt"),
    "allegro": ("nequip", "allegro-zbl.pt"),
    "nequix": ("nequix", "nequix.pt"),
    "sevennet": ("sevennet", "sevennet-float64.pt"),
    "spookynet": ("spookynet", "spookynet-float64.pt"),
}
ELECTRONS = {"spookynet": "charge 1 spin 0"}  # 36 C and Na: 227 electrons less one
SYSTEM = lammps_run.System(structures.na_in_graphite())
CUBE = lammps_run.System(structures.amorphous_carbon())  # Na4C36


@pytest.fixture
def file(made):
    """file(family) -> path of its model file."""
    return lambda family: made(MODELS[family][0])[0] / MODELS[family][1]


def select(family, file):
    return lammps_run.pair(file(family), SYSTEM.names, ELECTRONS.get(family, "")) + "\n"


def trajectory(name, every):
    return f"""
dump {name} all custom {every} {name}.dump id x y z vx vy vz fx fy fz
dump_modify {name} sort id format float %.17g
"""


def start(folder, system=SYSTEM):
    deck = lammps_run.load("start", system, folder, before="atom_modify map yes sort 0 0.0")
    return deck + "timestep 0.00025\nvelocity all create 300 4711 loop geom dist gaussian\n"


NVT = "fix bath all nvt temp 300 300 0.025\n"


def cells(counts):
    """Return (family, ranks): every family, every number of ranks; ALL of them if asked for."""
    return pairwise.cover([(family, ranks) for family in MODELS for ranks in counts], lambda row: {*enumerate(row)})


@pytest.mark.parametrize("family", list(MODELS))
def test_200_steps_of_nvt_on_1_and_3_ranks(family, file, tmp_path, measured):
    """The same trajectory to rounding: forces of order 1 eV/A, 50 fs."""
    frames = []
    for ranks in (1, 3):
        folder = tmp_path / str(ranks)
        folder.mkdir()
        deck = start(folder) + select(family, file) + NVT + trajectory("walk", 100) + "run 200\n"
        lammps_run.lmp(deck, folder, ranks, timeout=600)
        frames.append(lammps_run.read_dump(folder / "walk.dump"))
    one, three = frames
    assert len(one) == len(three) == 3
    moved = max(np.abs(one[-1][c] - one[0][c]).max() for c in "xyz")
    away = max(np.abs(a[c] - b[c]).max() for a, b in zip(one, three) for c in "xyz")
    force = max(np.abs(a[f"f{c}"] - b[f"f{c}"]).max() for a, b in zip(one, three) for c in "xyz")
    measured("NVT, 200 steps, 1 and 3 ranks: moved, difference (A), forces (eV/A)", family, moved, away, force)
    assert moved > 0.02 and away <= 1e-9 and force <= 1e-8


@pytest.mark.parametrize("family, ranks", cells([1, 2]))
def test_restart_continues_bit_by_bit(family, ranks, file, tmp_path):
    """In a cube: LAMMPS itself rounds the positions of a tilted box anew when it reads them."""
    pair = lammps_run.pair(file(family), CUBE.names) + "\n"
    deck = start(tmp_path, CUBE) + pair + NVT + "run 10\nwrite_restart half.restart\n"
    deck += trajectory("whole", 5) + "run 10\n"
    deck += "clear\natom_modify map yes sort 0 0.0\nread_restart half.restart\n" + pair
    deck += "timestep 0.00025\nneighbor 1.0 bin\n" + NVT + trajectory("half", 5) + "run 10\n"
    lammps_run.lmp(deck, tmp_path, ranks, timeout=600)
    whole, half = (lammps_run.read_dump(tmp_path / f"{name}.dump") for name in ("whole", "half"))
    assert len(whole) == len(half) == 3
    for a, b in zip(whole, half):
        assert all(np.array_equal(a[column], b[column]) for column in a.names)


def energies(deck, folder, ranks):
    return lammps_run.lmp(deck, folder, ranks, timeout=600).printed()


def once(name, pair):
    return f'{pair}\nrun 0 post no\nprint "@ {name} $(pe:%.17g) $(fx[37]:%.17g) $(fy[5]:%.17g)"\n'


@pytest.mark.parametrize("ranks", [1, 2])
def test_two_families_side_by_side(ranks, file, tmp_path):
    """Carbon by SevenNet and sodium by MACE: the sum of either alone."""
    a, b = file("sevennet"), file("mace")
    nobody = "pair_coeff 1 2 zero"
    deck = start(tmp_path) + once(
        "both",
        f"""
pair_style hybrid equivariant equivariant zero 5.0
pair_coeff * * equivariant 1 {a} C NULL
pair_coeff * * equivariant 2 {b} NULL Na
{nobody}""",
    )
    deck += once(
        "carbon",
        f"pair_style hybrid equivariant zero 5.0\npair_coeff * * equivariant {a} C NULL\n{nobody}\npair_coeff 2 2 zero",
    )
    deck += once(
        "sodium",
        f"pair_style hybrid equivariant zero 5.0\npair_coeff * * equivariant {b} NULL Na\n"
        f"{nobody}\npair_coeff 1 1 zero",
    )
    found = energies(deck, tmp_path, ranks)
    assert np.abs(found["both"] - found["carbon"] - found["sodium"]).max() <= 1e-10
    energy, on_sodium, on_carbon = found["carbon"]
    assert abs(energy) > 1.0 and on_sodium == 0.0 and abs(on_carbon) > 1e-6
    assert abs(found["sodium"][0]) > 1e-3


@pytest.mark.parametrize("family, ranks", cells([2, 1]))
def test_dispersion_on_top(family, ranks, file, tmp_path):
    """hybrid/overlay with stock D3 is the sum of the two."""
    keywords = ELECTRONS.get(family, "")
    model, d3 = f"equivariant {keywords}", "dispersion/d3 bj pbe 12.0 8.0"
    deck = start(tmp_path) + "neigh_modify one 10000 page 100000\n"
    deck += once(
        "both",
        f"pair_style hybrid/overlay {model} {d3}\n"
        f"pair_coeff * * equivariant {file(family)} C Na\npair_coeff * * dispersion/d3 C Na",
    )
    deck += once("model", select(family, file))
    deck += once("d3", f"pair_style {d3}\npair_coeff * * C Na")
    found = energies(deck, tmp_path, ranks)
    assert np.abs(found["both"] - found["model"] - found["d3"]).max() <= 1e-10
    assert abs(found["d3"][0]) > 0.1


@pytest.mark.parametrize("ranks", [2, 4])
def test_allegro_needs_one_shell_of_ghosts_and_no_exchange(ranks, file, tmp_path):
    """The ghosts reach one cutoff (4 A and the skin of 1 A), however many layers the network has."""
    from natrolite import modelfile

    meta = modelfile.read_metadata(file("allegro"))
    assert meta["strictly_local"] and meta["collectives"] == {"ghost": 0, "sum": 0, "max": 0}
    deck = start(tmp_path) + once("one", select("allegro", file))
    done = lammps_run.lmp(deck, tmp_path, ranks)
    assert "exchange ghost" in done.output and "ghost atom cutoff = 5" in done.output
    alone = energies(start(tmp_path) + once("one", select("allegro", file)), tmp_path, 1)
    assert np.abs(done.printed()["one"] - alone["one"]).max() <= 1e-10


def test_message_passing_model_compiled_as_allegro(made, tmp_path):
    folder, _ = made("nequip")
    deck = start(tmp_path) + lammps_run.pair(folder / "mistaken.nequip.pt2", SYSTEM.names)
    done = lammps_run.attempt(deck + "\nrun 0\n", tmp_path)
    assert done.code != 0 and len(done.errors()) == 1, done.tail()
    assert all(word in done.errors()[0] for word in ("passes messages", "--target pair_nequip")), done.errors()


def test_compiled_file_in_a_strict_c_library(made, tmp_path):
    """glibc 2.41 or newer refuses executable stacks: the error names the way out."""
    folder, _ = made("nequip")
    deck = start(tmp_path) + lammps_run.pair(folder / "allegro-cutoffs.nequip.pt2", SYSTEM.names)
    done = lammps_run.attempt(deck + "\nrun 0\n", tmp_path, GLIBC_TUNABLES=None)
    if done.code == 0:
        pytest.skip("this C library opens libraries with executable stacks")
    assert len(done.errors()) == 1 and "GLIBC_TUNABLES=glibc.rtld.execstack=2" in done.errors()[0], done.tail()


FOREIGN = {
    "deployed.pt": "sevennet",
    "zbl-float64-lammps.pt": "mace",
    "nequip-zbl.nequip.pth": "nequip",
    "allegro-cutoffs.nequip.pt2": "nequip",
    "allegro-cutoffs-deployed.pth": "nequip06",
}


# what `natrolite info` says of them
INFO = {
    "deployed.pt": ["(sevennet)", "sevenn 0.", "float32", "4 Angstrom", "folded and shell", "5: C H Na O Ti"],
    "zbl-float64-lammps.pt": ["(mace)", "float64", "4 Angstrom", "2 layer(s)", "5: H C O Na Ti"],
    "nequip-zbl.nequip.pth": ["(nequip)", "nequip-compile", "float64", "folded and shell", "5: H C O Na Ti"],
    "allegro-cutoffs.nequip.pt2": ["(allegro)", "AOTInductor", "device cpu", "every exchange", "some pairs"],
    "allegro-cutoffs-deployed.pth": [
        "(allegro)",
        "nequip-deploy, nequip 0.6",
        "float64",
        "every exchange",
        "some pairs",
    ],
}


@pytest.mark.skipif(lammps_run.KOKKOS, reason="natrolite check runs the LAMMPS of its own Python")
@pytest.mark.parametrize("name", list(FOREIGN))
def test_info_and_check_of_foreign_files(name, made, tmp_path):
    """check runs LAMMPS in its own process, and refuses what LAMMPS refuses."""
    file = made(FOREIGN[name])[0] / name
    damaged = tmp_path / f"damaged-{name}"
    damaged.write_bytes(fuzz.garbage(file.read_bytes(), random.Random(3)))

    def command(word, path, **changes):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "natrolite", word, path],
            capture_output=True,
            text=True,
            env=lammps_run.environment(**changes),
            timeout=300,
        )
        return done.returncode, done.stdout, done.stderr

    code, said, complaint = command("info", file)
    assert code == 0 and not complaint and all(word in said for word in INFO[name]), (said, complaint)
    code, said, complaint = command("check", file)
    assert code == 0 and "the slope of the energy" in said and "5 atoms have" in said, complaint
    for outcome in (command("check", damaged), command("check", file, LAMMPS_PLUGIN_PATH="")):
        assert outcome[0] == 1 and outcome[2].count("\n") == 1 and name in outcome[2], outcome
    assert "LAMMPS_PLUGIN_PATH" in outcome[2]


def test_error_in_a_compiled_file_is_one_line(made, tmp_path):
    """LibTorch's errors are of many lines, also in an evaluation outside of TorchScript."""
    file = made("nequip")[0] / "allegro-cutoffs.nequip.pt2"

    def swapped(name, content):
        return content.replace(b"forces virial", b"virial forces") if name.endswith(".json") else content

    (tmp_path / "swapped.nequip.pt2").write_bytes(fuzz.rewritten(file.read_bytes(), swapped))
    text = start(tmp_path, CUBE) + lammps_run.pair(tmp_path / "swapped.nequip.pt2", CUBE.names)
    done = lammps_run.attempt(text + "\nrun 0\n", tmp_path)
    assert done.code != 0 and len(done.errors()) == 1 and "failed on rank 0" in done.errors()[0], done.tail()
    assert "start out of range" in done.errors()[0], done.tail()
    assert "frame #" not in done.output and "Exception raised" not in done.output, done.tail()


@pytest.mark.parametrize("name", list(FOREIGN))
def test_damaged_foreign_files(name, made, tmp_path):
    """Ten mutations of each (see test_pair_fuzz.py): one error line, or the very results."""
    rng = random.Random(name)
    data = (made(FOREIGN[name])[0] / name).read_bytes()

    def energy(file, folder):
        folder.mkdir()
        deck = start(folder, CUBE) + lammps_run.pair(file, CUBE.names)
        done = lammps_run.attempt(deck + '\nrun 0 post no\nprint "@ pe $(pe:%.17g)"\n', folder)
        good = done.code == 0 and not done.errors()
        return done, done.printed()["pe"][0] if good else None

    whole = energy(made(FOREIGN[name])[0] / name, tmp_path / "whole")[1]
    refused = 0
    for k, kind in enumerate(["truncated", "bits", "bits", "weights", "garbage"] * 2):
        if kind == "weights" and name.endswith(".pt2"):
            kind = "bits"  # its weights are not stored as records of TorchScript
        file = tmp_path / f"{kind}-{k}-{name}"
        file.write_bytes(getattr(fuzz, kind)(data, rng))
        done, found = energy(file, tmp_path / f"run{k}")
        if found is not None:
            assert found == whole, f"{file.name} ran with {found} for {whole}"
            continue
        refused += 1
        assert 0 < done.code < 128 and len(done.errors()) == 1, f"{file.name}\n{done.tail()}"
        assert file.name in done.errors()[0], done.errors()
    assert refused > 5


def with_texts(data, **texts):
    """Return a deployed file with other extra files; None removes one."""

    def change(name, content):
        folder, _, key = name.rpartition("/")
        return texts.get(key, content) if folder.endswith("/extra") else content

    return fuzz.rewritten(data, change)


DEPLOYED = {
    # other extra files -> words of the error, none if it runs
    "renamed": ({"type_names": "H sp2 O ion Ti"}, []),
    "species": ({"n_species": "4"}, ["'n_species' is '4'", "5 types", "deploy the trained model again"]),
    "cutoffs": ({"per_edge_type_cutoff": "4.31 " * 25}, ["4.31", "more than its 'r_max' 4.3"]),
    "halved": ({"per_edge_type_cutoff": "4.0 " * 5}, ["not a square matrix"]),
}


@pytest.mark.parametrize("name", list(DEPLOYED))
def test_deployed_file_with_other_texts(name, made, tmp_path):
    """Type names need not be elements; what does not fit the model is refused."""
    texts, words = DEPLOYED[name]
    folder, cases = made("nequip06")
    original = "allegro-cutoffs-deployed.pth"
    file = tmp_path / "other.pth"
    file.write_bytes(with_texts((folder / original).read_bytes(), **texts))
    types = texts.get("type_names", "H C O Na Ti").split()
    deck = start(tmp_path, CUBE) + lammps_run.pair(file, [types[1], types[3]])
    done = lammps_run.attempt(deck + '\nrun 0 post no\nprint "@ pe $(pe:%.17g)"\n', tmp_path)
    if words:
        assert done.code != 0 and len(done.errors()) == 1, done.tail()
        assert all(word in done.errors()[0] for word in ["other.pth", *words]), done.errors()
        return
    truth = [c["energy"] for c in cases if (c["file"], c["structure"]) == (original, "amorphous_carbon")]
    assert done.code == 0 and abs(done.printed()["pe"][0] - truth[0]) <= 1e-9 * len(CUBE), done.tail()


def test_constant_on_the_total_energy_is_named(made, tmp_path):
    folder, _ = made("nequip06")
    file = folder / "nequip05-double-deployed.pth"
    if not file.exists():
        pytest.skip("no environment nequip05: give NATROLITE_PROVIDE=ON or -DNATROLITE_PYTHON_nequip05=PYTHON")
    done = lammps_run.lmp(start(tmp_path) + lammps_run.pair(file, SYSTEM.names) + "\nrun 0\n", tmp_path)
    assert "constant of -3.5" in done.output


def test_molecular_spookynet_is_refused_in_a_periodic_box(made, tmp_path):
    """A file without a long-range cutoff needs every pair of atoms, which a crystal has not."""
    folder, _ = made("spookynet")
    deck = start(tmp_path) + lammps_run.pair(folder / "spookynet-molecular.pt", SYSTEM.names, "charge 1")
    done = lammps_run.attempt(deck + "\nrun 0\n", tmp_path)
    assert done.code != 0 and len(done.errors()) == 1, done.tail()
    assert all(word in done.errors()[0] for word in ("spookynet-molecular.pt", "lr")), done.errors()

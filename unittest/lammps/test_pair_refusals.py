# SPDX-License-Identifier: GPL-2.0-only
"""Bad input on 1 and 4 ranks: one error line with the value and the remedy, an exit code, no hang."""

import ctypes.util
import os
import shutil
import subprocess

import lammps_run
import pytest
import toy_systems

SYSTEM = toy_systems.system("box")
RANKS = pytest.mark.parametrize("ranks", [1, 4])

# file -> words of the message, besides the file's name
FILES = {
    "nowhere": ["cannot read the file", "No such file or directory", "give its path", "LAMMPS_POTENTIALS"],
    "empty": ["the file is empty", "export it again"],
    "truncated": ["damaged or truncated", "export the file again"],
    "notzip": ["not a zip archive", "natrolite export"],
    "checkpoint": ["Python checkpoint", "natrolite export"],
    "state_dict": ["state dict", "weights without a model", "natrolite export"],
    "metatomic_like": ["metatomic model", "natrolite export"],
    "plain_script": ["no natrolite.json", "natrolite export"],
    "nequip_frozen": ["frozen", "nequip before 0.5", "deploy the trained model again"],
    "nequip_old": ["unknown part 'TwoLayers'", "deploy the trained model again"],
    "nequip_like": ["no 'model'", "natrolite export"],
    "compiled": ["AOTInductor", "no NequIP or Allegro file", "natrolite export"],
    "newer": ["format_version 2", "update Natrolite"],
    "missing_key": ["lacks the key 'r_max'", "natrolite export"],
    "unknown_op": ["natrolite_unregistered::foo", "export it again"],
    "mismatch": ["the self test failed", "energy", "here", "check no"],
    "far": ["the self test cannot be made", "too far apart", "check no"],
    "flat": ["the self test cannot be made", "too flat", "check no"],
    "badjson": ["not valid JSON", "damaged"],
}

# name -> (model, elements, keywords, words); a model of None is the folder itself
ARGUMENTS = {
    "folder": (None, "Ar Ne", "", ["Is a directory"]),
    "unknown element": ("mp", "Ar Xe", "", ["Element Xe (atom type 2)", "knows: Ar Ne"]),
    "one name missing": ("mp", "Ar", "", ["per atom type", "2 types, 1 names"]),
    "one name too many": ("mp", "Ar Ne Ar", "", ["per atom type", "2 types, 3 names"]),
    "only NULL": ("mp", "NULL NULL", "", ["names no element", "all types are NULL"]),
    "unknown keyword": ("mp", "Ar Ne", "exchnge ghost", ["keyword 'exchnge'", "known are exchange, device"]),
    "unknown exchange": ("mp", "Ar Ne", "exchange both", ["'exchange'", "not 'both'", "auto, folded, ghost, shell"]),
    "unknown device": ("mp", "Ar Ne", "device tpu", ["'device'", "not 'tpu'", "auto, cpu, cuda"]),
    "unknown check": ("mp", "Ar Ne", "check maybe", ["'check'", "no, yes", "not 'maybe'"]),
    "missing value": ("mp", "Ar Ne", "check no exchange", ["'exchange' lacks a value"]),
    "charge is no number": ("charged", "Ar Ne", "charge one", ["'charge' needs a number", "not 'one'"]),
    "no such variable": ("charged", "Ar Ne", "charge v_none", ["Variable none", "keyword charge"]),
    "not equal-style": ("charged", "Ar Ne", "spin v_atomwise", ["Variable atomwise", "keyword spin"]),
    "charge not taken": ("mp", "Ar Ne", "charge 1", ["does not take", "keyword charge", "remove it"]),
    "spin not taken": ("mp", "Ar Ne", "spin 1", ["does not take", "keyword spin"]),
    "ghosts too short": ("mp3", "Ar Ne", "exchange shell", ["exchange shell", "13", "comm_modify cutoff 13"]),
    "sums on a shell": ("gsum", "Ar Ne", "exchange shell", ["exchange shell", "sums", "exchange ghost"]),
}


def refused(deck, folder, ranks, words, **changes):
    """Run a deck; assert one error line that has all the words, and a non-zero exit code."""
    done = lammps_run.attempt(deck, folder, ranks, timeout=90, **changes)
    lines = done.errors()
    assert done.code != 0, done.tail()
    assert len(lines) == 1, done.tail()
    missing = [word for word in words if word not in lines[0]]
    assert not missing, (missing, lines[0])
    for trace in ("Traceback", "SIGSEGV", "Segmentation", "frame #", "terminate called"):
        assert trace not in done.output, done.tail()
    return lines[0]


def deck(folder, pair, **options):
    return "variable atomwise atom id\n" + lammps_run.single_point("bad", SYSTEM, folder, pair, **options)


def both(file, keywords="", names="Ar Ne"):
    return lammps_run.pair(file, names.split(), keywords)


@RANKS
@pytest.mark.parametrize("name", list(FILES))
def test_bad_file(name, ranks, toys, tmp_path):
    file = toys / f"{name}.pt"
    refused(deck(tmp_path, both(file)), tmp_path, ranks, [f"Model file {file}", *FILES[name]])


@pytest.mark.parametrize("word", ["no", "off", "false"])
def test_mismatch_runs_without_a_check(word, toys, tmp_path):
    lammps_run.lmp(deck(tmp_path, both(toys / "mismatch.pt", f"check {word}")), tmp_path)


# C++'s allocation, preloaded: on one rank it fails for more bytes than FAIL_ABOVE
SCARCE = """
#include <cstdlib>
#include <cstring>
#include <new>
void *operator new(std::size_t bytes)
{
  const char *above = std::getenv("FAIL_ABOVE"), *me = std::getenv("PMI_RANK");
  const bool fails = me && !std::strcmp(me, std::getenv("FAIL_RANK")) && bytes > std::strtoull(above, nullptr, 10);
  void *block = fails ? nullptr : std::malloc(bytes ? bytes : 1);
  if (!block) throw std::bad_alloc();
  return block;
}
"""


def preloaded(source, folder, language):
    """Compile a library for LD_PRELOAD; return its path."""
    variable, *names = {"c": ("CC", "cc", "gcc"), "c++": ("CXX", "c++", "g++")}[language]
    compiler = os.environ.get(variable) or next(filter(None, map(shutil.which, names)))
    (folder / "source").write_text(source)
    library = folder / "preloaded.so"
    command = [compiler, "-shared", "-fPIC", "-x", language, folder / "source", "-o", library]
    subprocess.run(command, check=True)
    return library


@pytest.mark.parametrize("rank", [0, 1])
def test_one_rank_without_memory_for_the_file(rank, tmp_path):
    """The others wait in a broadcast: they must learn of it all the same."""
    file, size = tmp_path / "large.pt", 64 * 2**20
    with open(file, "wb") as large:
        large.truncate(size)
    library = preloaded(SCARCE, tmp_path, "c++")
    scarce = {"LD_PRELOAD": library, "FAIL_ABOVE": size // 2, "FAIL_RANK": rank}
    refused(deck(tmp_path, both(file)), tmp_path, 2, [f"Model file {file}", "out of memory"], **scarce)


@pytest.mark.parametrize("ranks", [1, 2])
def test_files_are_found_in_lammps_potentials(ranks, toys, tmp_path):
    """By their names, behind those in the folder LAMMPS runs in."""
    folders = os.pathsep.join([str(tmp_path), str(toys)])
    lines = both("mp.pt") + "\nrun 0\n" + both("elsewhere/mp3.pt")
    done = lammps_run.lmp(deck(tmp_path, lines), tmp_path, ranks, LAMMPS_POTENTIALS=folders)
    assert all(f"file {toys / name}" in done.output for name in ("mp.pt", "mp3.pt"))
    (tmp_path / "mp.pt").write_bytes((toys / "mismatch.pt").read_bytes())
    refused(deck(tmp_path, both("mp.pt")), tmp_path, ranks, ["self test failed"], LAMMPS_POTENTIALS=toys)


@RANKS
@pytest.mark.parametrize("name", list(ARGUMENTS))
def test_bad_arguments(name, ranks, toys, tmp_path):
    model, elements, keywords, words = ARGUMENTS[name]
    file = toys / f"{model}.pt" if model else toys
    refused(deck(tmp_path, both(file, keywords, elements)), tmp_path, ranks, words)


@RANKS
@pytest.mark.parametrize("units", ["lj", "si"])
def test_other_units(units, ranks, toys, tmp_path):
    words = ["needs units metal or real", f"not {units}"]
    refused(deck(tmp_path, both(toys / "mp.pt"), units=units), tmp_path, ranks, words)


@RANKS
def test_newton_off(ranks, toys, tmp_path):
    words = ["needs newton pair on", "remove 'newton off'"]
    refused(deck(tmp_path, both(toys / "mp.pt"), before="newton off"), tmp_path, ranks, words)


@pytest.mark.parametrize("ranks", [2, 4])
def test_folded_on_several_ranks(ranks, toys, tmp_path):
    words = ["exchange folded", f"not on {ranks}", "use exchange auto or ghost"]
    refused(deck(tmp_path, both(toys / "mp.pt", "exchange folded")), tmp_path, ranks, words)


@RANKS
def test_other_pair_coeff(ranks, toys, tmp_path):
    lines = f"pair_style equivariant\npair_coeff 1 2 {toys / 'mp.pt'} Ar Ne"
    refused(deck(tmp_path, lines), tmp_path, ranks, ["must start with * *"])


@RANKS
def test_cuda_without_gpu(ranks, toys, tmp_path):
    words = ["CUDA", "device cpu"]
    pair = both(toys / "mp.pt", "device cuda")
    refused(deck(tmp_path, pair), tmp_path, ranks, words, CUDA_VISIBLE_DEVICES="")


@RANKS
def test_position_that_is_no_number(ranks, toys, tmp_path):
    """LAMMPS' own message; and lmp ends all ranks, though mpiexec may lose what it said before MPI_Abort."""
    lines = both(toys / "mp3.pt") + "\nvariable nan atom exp(1000)-exp(1000)\nset atom 5 x v_nan"
    text = deck(tmp_path, lines)
    assert lammps_run.attempt(text, tmp_path, ranks, timeout=90, fresh=True).code != 0
    done = lammps_run.attempt(text, tmp_path, ranks, timeout=90)
    assert done.code != 0
    assert any("on-numeric" in line for line in done.errors()), done.tail()


@RANKS
def test_missing_engine(ranks, toys, tmp_path):
    nowhere = tmp_path / "no_engine.so"
    words = ["there is no engine", str(nowhere), "natrolite export", "NATROLITE_ENGINE"]
    refused(deck(tmp_path, both(toys / "mp.pt")), tmp_path, ranks, words, NATROLITE_ENGINE=nowhere)


@pytest.mark.parametrize("where, found", [("", True), ("..", True), ("../..", False)])
def test_engine_beside_the_plugin_or_above(where, found, toys, tmp_path):
    """The plugin of the /kk styles is one folder below the engine's."""
    built = os.environ["NATROLITE_PLUGINS"]
    folder = tmp_path / "top" / "plugins" / "kokkos"
    folder.mkdir(parents=True)
    shutil.copy(os.path.join(built, "natroliteplugin.so"), folder)
    engine = os.environ.get("NATROLITE_ENGINE", os.path.join(built, "libnatrolite_engine.so"))
    os.symlink(engine, folder / where / "libnatrolite_engine.so")
    text = deck(tmp_path, both(toys / "mp.pt"))
    places = {"LAMMPS_PLUGIN_PATH": folder, "NATROLITE_ENGINE": None}
    if found:
        done = lammps_run.attempt(text, tmp_path, threads=0, **places)
        assert done.code == 0, done.tail()
    else:
        refused(text, tmp_path, 1, ["there is no engine", "natrolite export"], **places)


@RANKS
def test_other_library_as_engine(ranks, toys, tmp_path):
    other = ctypes.util.find_library("m")
    words = [other, "is not an engine"]
    refused(deck(tmp_path, both(toys / "mp.pt")), tmp_path, ranks, words, NATROLITE_ENGINE=other)


@pytest.mark.parametrize("how", ["exclude type 1 1", "include light"])
def test_lists_without_all_neighbors_are_warned_of(how, toys, tmp_path):
    def output(lines):
        return lammps_run.lmp(deck(tmp_path, lines, before="atom_modify first light"), tmp_path).output

    group = "group light type 2\n"
    assert output(f"{group}neigh_modify {how}\n{both(toys / 'mp.pt')}").count("takes neighbors away") == 1
    assert "takes neighbors away" not in output(group + both(toys / "mp.pt"))


def test_plugin_offers_the_style(tmp_path):
    done = lammps_run.lmp("plugin list\n", tmp_path)
    assert "pair style plugin equivariant" in done.output


# A host that answers otherwise than the one the plugin was built for: its C interface, preloaded.
OTHER_HOST = {
    "version": ("int lammps_version(void *h) { return 20200101; }", ["version 20200101", "headers"]),
    "sizes": (
        "int lammps_extract_setting(void *h, const char *n) { return 8; }",
        ["IDs of 32 bits", "has 64", "bigbig"],
    ),
}


@pytest.mark.parametrize("difference", list(OTHER_HOST))
def test_other_host(difference, toys, tmp_path):
    source, words = OTHER_HOST[difference]
    library = preloaded(source, tmp_path, "c")
    words = ["Natrolite plugin was built", *words]
    refused(deck(tmp_path, both(toys / "mp.pt")), tmp_path, 1, words, LD_PRELOAD=library)

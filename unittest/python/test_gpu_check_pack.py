# SPDX-License-Identifier: GPL-2.0-only
"""tools/gpu-check pack: what it packs, from where, and what it refuses."""

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
import tarfile
from types import SimpleNamespace

import numpy as np
import pytest
from test_gpu_check import TOOLS, write


@pytest.fixture
def trees(tmp_path):
    """Return a LAMMPS and a Kokkos of few files, as far as pack reads them."""
    package = """find_package(Kokkos 5.1.0 REQUIRED CONFIG)
set(KOKKOS_PKG_SOURCES ${KOKKOS_PKG_SOURCES_DIR}/kokkos.cpp
                       ${KOKKOS_PKG_SOURCES_DIR}/fix_nh_kokkos.cpp
                       ${KOKKOS_PKG_SOURCES_DIR}/comm_kokkos.cpp)
"""
    version = "set(Kokkos_VERSION_MAJOR 5)\nset(Kokkos_VERSION_MINOR 2)\nset(Kokkos_VERSION_PATCH 2)\n"
    lammps = {
        "LICENSE": "",
        "README": "",
        "cmake/CMakeLists.txt": "",
        "cmake/Modules/Packages/KOKKOS.cmake": package,
        "cmake/Modules/StyleHeaderUtils.cmake": 'if(EXISTS "${ext_file_name}")',
        "src/version.h": '#define LAMMPS_VERSION "4 Jul 2026"',
        "src/pair.cpp": "",
        "src/nlohmann/json.hpp": "",
        "src/KOKKOS/kokkos.cpp": "",
        "src/KOKKOS/comm_kokkos.cpp": "",
        "src/KOKKOS/fix_nve_kokkos.cpp": "",
        "src/KOKKOS/fix_property_atom_kokkos.cpp": "",
        "src/KOKKOS/fix_nh_kokkos.cpp": "",
        "src/KOKKOS/pair_hybrid_kokkos.cpp": "",
        "src/KOKKOS/pair_eam_kokkos.cpp": "",
        "src/KOKKOS/pair_eam_kokkos.h": "",
        "src/PLUGIN/plugin.cpp": "",
        "src/MANYBODY/pair_eam.cpp": "",
        "src/STUBS/mpi.h": "",
        "lib/kokkos/LICENSE": "",
        "src/fix_nve.cpp": '#include "fix_nve.h"\n#include "fix_respa.h"',
        "src/fix_nve.h": "",
        "src/fix_respa.cpp": "",
        "src/fix_respa.h": "",
        "src/fix_wall.cpp": "",
        "src/fix_wall.h": "",
        "src/fix.cpp": "",
    }
    kokkos = {
        "CMakeLists.txt": version,
        "core/src/Kokkos_Core.hpp": "",
        "core/unit_test/Test.cpp": "",
        "example/CMakeLists.txt": "add_subdirectory(tutorial)",
    }
    return write(tmp_path / "lammps", lammps), write(tmp_path / "kokkos", kokkos)


@pytest.fixture
def pack(monkeypatch):
    """Return the module, with models and wheels that cost nothing."""
    import models
    import pack as module

    def model_files(build, to):
        write(to, {"models.json": "[]"})
        return ["mp.pt"]

    monkeypatch.setattr(models, "pack", model_files)
    monkeypatch.setattr(module, "pack_wheels", lambda to: to.mkdir())
    return module


def call(module, monkeypatch, folder, lammps, kokkos):
    words = ["pack", str(folder), "--lammps", str(lammps), "--kokkos", str(kokkos)]
    monkeypatch.setattr(sys, "argv", words)
    module.main()
    return folder


INSIDE = {
    "lammps/src/KOKKOS/fix_nve_kokkos.cpp",
    "lammps/src/KOKKOS/fix_property_atom_kokkos.cpp",
    "lammps/src/KOKKOS/kokkos.cpp",
    "lammps/src/KOKKOS/pair_hybrid_kokkos.cpp",
    "lammps/src/KOKKOS/pair_eam_kokkos.h",
    "lammps/src/PLUGIN/plugin.cpp",
    "lammps/src/fix_nve.h",
    "lammps/src/fix_respa.cpp",
    "lammps/src/fix.cpp",
    "lammps/src/STUBS/mpi.h",
    "lammps/src/pair.cpp",
    "lammps/src/nlohmann/json.hpp",
    "kokkos/core/src/Kokkos_Core.hpp",
    "natrolite/src/plugin_kokkos.cpp",
    "natrolite/CMakeLists.txt",
    "natrolite/unittest/lammps/lammps_run.py",
    "natrolite/unittest/kokkos/device_kernels.cpp",
}
OUTSIDE = {
    "lammps/src/KOKKOS/fix_nh_kokkos.cpp",
    "lammps/src/KOKKOS/pair_eam_kokkos.cpp",
    "lammps/src/MANYBODY",
    "lammps/src/fix_wall.cpp",
    "lammps/src/fix_wall.h",
    "kokkos/core/unit_test",
    "natrolite/doc",
}


def test_a_pack_holds_what_is_compiled_and_no_more(pack, trees, monkeypatch, tmp_path, capfd):
    folder = call(pack, monkeypatch, tmp_path / "out", *trees)
    assert "LAMMPS 4 Jul 2026, Kokkos 5.2.2, 1 model files" in capfd.readouterr().out
    assert {path.name for path in folder.iterdir()} == {
        "check",
        "content.json",
        "models",
        "run",
        "sources.tar.xz",
        "wheels",
    }
    assert os.access(folder / "run", os.X_OK) and os.access(folder / "check" / "cxx", os.X_OK)
    with tarfile.open(folder / "sources.tar.xz") as archive:
        names = set(archive.getnames())
        recipe = archive.extractfile("lammps/cmake/Modules/Packages/KOKKOS.cmake").read().decode()
        styles = archive.extractfile("lammps/cmake/Modules/StyleHeaderUtils.cmake").read().decode()
        assert archive.extractfile("kokkos/example/CMakeLists.txt").read() == b""
    assert INSIDE <= names, INSIDE - names
    assert "comm_kokkos.cpp" in recipe and "fix_nh_kokkos" not in recipe
    assert not OUTSIDE & names
    assert "{extension}.cpp" in styles
    assert not list(folder.rglob("*.pyc"))


def test_packs_that_would_not_do_are_refused(pack, trees, monkeypatch, tmp_path):
    lammps, kokkos = trees
    monkeypatch.setattr(pack, "pack_ours", lambda to: write(to, {"CMakeLists.txt": "#" * 2000}).name)
    full = write(tmp_path / "full", {"thesis.tex": ""})
    with pytest.raises(SystemExit, match="not empty"):
        call(pack, monkeypatch, full, lammps, kokkos)
    assert (full / "thesis.tex").exists()
    own = call(pack, monkeypatch, tmp_path / "own", lammps, kokkos)
    call(pack, monkeypatch, own, lammps, kokkos)  # over its own
    monkeypatch.setattr(pack, "LIMIT", 1000)
    with pytest.raises(SystemExit, match="more than"):
        call(pack, monkeypatch, tmp_path / "large", lammps, kokkos)
    write(kokkos, {"CMakeLists.txt": (kokkos / "CMakeLists.txt").read_text().replace("MAJOR 5", "MAJOR 4")})
    with pytest.raises(SystemExit, match=r"\[4, 2, 2\], this LAMMPS wants \[5, 1, 0\]"):
        call(pack, monkeypatch, tmp_path / "old", lammps, kokkos)


def test_the_cases_of_a_family(monkeypatch, tmp_path):
    """From the folder that its tests left: no machine code, everything in LAMMPS' frame."""
    import models

    atoms = {"symbols": "C2", "positions": [[0, 0, 0], [1.2, 0, 0]], "cell": None}
    case = {
        "structure": "pair",
        "atoms": atoms,
        "dtype": "float64",
        "foreign": False,
        "charge": 0,
        "spin": 0,
        "layers": 1,
        "cutoff": 4.0,
        "modes": ["folded", "shell"],
        "energy": 1.0,
        "forces": [[1, 0, 0], [-1, 0, 0]],
        "stress": None,
    }
    cases = [case | {"file": "a.pth"}, case | {"file": "b.pth"}, case | {"file": "a.pt2"}]
    write(tmp_path / "families/mace-1", {"cases.json": json.dumps(cases), "a.pt2": ""})
    for name, tf32 in (("a", "0"), ("b", "1")):
        says = {"type_names": "C Na", "r_max": "4", "model_dtype": "float32", "allow_tf32": tf32}
        with zipfile.ZipFile(tmp_path / f"families/mace-1/{name}.pth", "w") as file:
            file.writestr(f"{name}/constants.pkl", "")
            for key, value in says.items():
                file.writestr(f"{name}/extra/{key}", value)
    (tmp_path / "out").mkdir()
    monkeypatch.setenv("NATROLITE_PYTHON", sys.executable)
    entry, rounded = models.family_files(tmp_path, "mace", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.pth", "b.pth", "pair.data"}
    assert (entry["file"], entry["family"], entry["cases"][0]["atoms"]) == ("a.pth", "mace", 2)
    assert (entry["tf32"], rounded["tf32"]) == (False, True)
    assert np.linalg.norm(entry["cases"][0]["forces"][0]) == pytest.approx(1.0)


def test_a_file_of_a_family_without_cases(tmp_path):
    """SevenNet's exported file is packed too, for all modes; the run on the CPU is its truth."""
    import family_cases

    case = {"file": "deployed.pt", "dtype": "float32", "foreign": True, "modes": ["folded"], "energy": 1.0}
    other = case | {"file": "deployed-0.12.pt"}
    write(tmp_path, {"cases.json": json.dumps([case, other])})
    *known, own = family_cases.cases_of(tmp_path, "sevennet")
    assert known == [case, other] == family_cases.cases_of(tmp_path, "mace")
    assert (own["file"], own["dtype"], own["foreign"]) == ("sevennet-float64.pt", "float64", False)
    assert "ghost" in own["modes"] and family_cases.in_frame(own, None) == {"energy": None}


def version(kokkos, major):
    """Return a copy of sources of Kokkos of another version."""
    other = kokkos.with_name(f"kokkos{major}")
    text = (kokkos / "CMakeLists.txt").read_text().replace("MAJOR 5", f"MAJOR {major}")
    return write(other, {"CMakeLists.txt": text, "core/src/Kokkos_Core.hpp": ""})


@pytest.mark.parametrize(
    "mirror, given, said",
    [
        ({"lammps-sid", "kokkos-sid"}, None, ""),  # the first choice needs no word
        (
            {"lammps-sid", "lammps-trixie", "kokkos-trixie"},
            None,
            "LAMMPS and Kokkos of trixie, because LAMMPS of sid: Debian's mirror has no source of its Kokkos; .* checksum",
        ),
        ({"lammps-trixie", "kokkos-trixie"}, None, "Debian's sid has no source of lammps"),
        (
            {"lammps-sid", "lammps-trixie"},
            4,
            r"of trixie, because LAMMPS of sid: .* is \[4, 2, 2\], this LAMMPS wants \[5, 1, 0\]",
        ),
        ({"lammps-sid", "lammps-trixie"}, 3, None),
        (set(), None, None),
    ],
)
def test_the_newest_pair_of_lammps_and_kokkos(mirror, given, said, pack, trees, monkeypatch, tmp_path, capsys):
    """sid's LAMMPS takes Kokkos 5, trixie's Kokkos 4; a release that LAMMPS names is not to be had here."""
    lammps, kokkos = trees
    recipe = "cmake/Modules/Packages/KOKKOS.cmake"
    newest = (lammps / recipe).read_text()
    archive = tmp_path / "kokkos.tar.gz"
    archive.write_bytes(b"no archive")
    words = f'set(KOKKOS_URL "{archive.as_uri()}")\nset(KOKKOS_SHA256 "00ff")\n'
    older = tmp_path / "lammps-older"
    write(older, {recipe: words + newest.replace("5.1.0", "4.1.0")})
    write(lammps, {recipe: words + newest})
    folders = {"lammps-sid": lammps, "kokkos-sid": kokkos, "lammps-trixie": older, "kokkos-trixie": version(kokkos, 4)}
    monkeypatch.setattr(
        pack, "debian", lambda suite, package, _: {name: folders[name] for name in mirror}.get(f"{package}-{suite}")
    )
    args = SimpleNamespace(suite=None, lammps=None, kokkos=given and version(kokkos, given))
    if said is None:
        with pytest.raises(SystemExit, match="give --lammps DIR and --kokkos DIR that fit"):
            pack.sources(args, tmp_path)
        return
    found = pack.sources(args, tmp_path)
    suite = "sid" if not said else "trixie"
    assert found == (folders[f"lammps-{suite}"], args.kokkos or folders[f"kokkos-{suite}"])
    output = capsys.readouterr().out
    assert re.search(said.replace("checksum", "has another SHA256 than LAMMPS says"), output) and output.count(
        "\n"
    ) == bool(said)


@pytest.mark.parametrize("check", ["SHA256", "MD5"])
def test_the_release_that_lammps_names(check, pack, trees, tmp_path):
    """Downloaded where Debian has no Kokkos; the checksum is compared."""
    lammps, kokkos = trees
    archive = tmp_path / "5.2.2.tar.gz"
    with tarfile.open(archive, "w:gz") as stream:
        stream.add(kokkos, "kokkos-5.2.2")
    digest = hashlib.new(check.lower(), archive.read_bytes()).hexdigest()
    recipe = lammps / "cmake/Modules/Packages/KOKKOS.cmake"
    recipe.write_text(f'set(KOKKOS_URL "{archive.as_uri()}")\nset(KOKKOS_{check} "{digest}")\n' + recipe.read_text())
    found, why = pack.kokkos_source.find(lammps, None, lambda: None, tmp_path)
    assert not why and pack.kokkos_source.version_of(found) == [5, 2, 2]


def test_a_fetch_that_fails_leaves_nothing(tmp_path):
    """tools/debian-source.sh with an apt-get that knows a mirror and no package."""
    write(
        tmp_path,
        {"bin/apt-get": '#!/bin/sh\ncase "$*" in *indextargets*) echo mirror ;; *download-only*) exit 100 ;; esac\n'},
    )
    (tmp_path / "bin" / "apt-get").chmod(0o755)
    env = os.environ | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    done = subprocess.run(
        [TOOLS / "debian-source.sh", "fetch", "sid", "kokkos", tmp_path / "out" / "kokkos"],
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 77 and "no source of kokkos in sid" in done.stderr
    assert not list((tmp_path / "out").iterdir())

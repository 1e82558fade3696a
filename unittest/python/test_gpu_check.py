# SPDX-License-Identifier: GPL-2.0-only
"""tools/gpu-check without a GPU, network or compiler: what it packs, how it chooses compilers, what it reports."""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
from types import SimpleNamespace

import numpy as np
import pytest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
CHECK = TOOLS / "gpu_check"
sys.path.insert(0, str(CHECK))
sys.path.insert(0, str(CHECK.parents[1] / "unittest" / "lammps"))


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


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
    inside = {
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
    assert inside <= names, inside - names
    assert "comm_kokkos.cpp" in recipe and "fix_nh_kokkos" not in recipe
    outside = {
        "lammps/src/KOKKOS/fix_nh_kokkos.cpp",
        "lammps/src/KOKKOS/pair_eam_kokkos.cpp",
        "lammps/src/MANYBODY",
        "lammps/src/fix_wall.cpp",
        "lammps/src/fix_wall.h",
        "kokkos/core/unit_test",
        "natrolite/doc",
    }
    assert not outside & names
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
    cases = [case | {"file": "a.pt"}, case | {"file": "a.pt2"}]
    write(tmp_path / "families/mace-1", {"cases.json": json.dumps(cases), "a.pt": "", "a.pt2": ""})
    (tmp_path / "out").mkdir()
    monkeypatch.setenv("NATROLITE_PYTHON", sys.executable)
    (entry,) = models.family_files(tmp_path, "mace", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.pt", "pair.data"}
    assert (entry["file"], entry["family"], entry["cases"][0]["atoms"]) == ("a.pt", "mace", 2)
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


def test_two_ranks_take_the_first_file_that_can(tmp_path, monkeypatch):
    monkeypatch.setenv("NATROLITE_PLUGINS", "none")
    import agree

    entries = [
        {"file": "a.pth", "family": "a", "cases": [{"modes": ["folded"]}]},
        {"file": "a.pt", "family": "a", "cases": [{"modes": ["folded"]}, {"modes": ["ghost"], "id": "second"}]},
        {"file": "b.pt", "family": "b", "cases": [{"modes": ["ghost"]}]},
        {"file": "c.pt", "family": "b", "cases": [{"modes": ["ghost"]}]},
        {"file": "d.pt", "family": "d", "cases": [{"modes": ["folded"]}]},
    ]
    write(tmp_path, {"models/models.json": json.dumps(entries)})
    found, agreement = [], agree.Agreement(tmp_path, tmp_path, None, agree.Ways(True), 2)
    monkeypatch.setattr(agreement, "together", lambda stage, clock, tasks: found.extend(tasks))
    agreement.two_ranks(None)
    assert [(what, [case["modes"] for case in entry["cases"]]) for what, _, entry, _ in found] == [
        ("a.pt kk", [["ghost"]]),
        ("b.pt kk", [["ghost"]]),
    ]


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


def test_the_compiler_of_a_source(tmp_path):
    """nvcc gets what sees Kokkos, g++ all else and the links, without nvcc's switches."""
    write(
        tmp_path,
        {
            "src/style.cpp": '#include "style_pair.h"\n',
            "src/math.cpp": '#include "math.h"\n',
            "src/KOKKOS/fix.cpp": "",
            "kokkos/cmake/compile_tests/cplusplus17.cpp": "",
            "src/acc.cpp": '#include "accelerator_kokkos.h" // IWYU\n',
            "nvcc": '#!/bin/sh\necho nvcc "$@"\n',
            "gcc": '#!/bin/sh\necho gcc "$@"\n',
        },
    )
    for name in ("nvcc", "gcc"):
        (tmp_path / name).chmod(0o755)
    env = os.environ | {
        "NATROLITE_NVCC_WRAPPER": str(tmp_path / "nvcc"),
        "NATROLITE_ARCH": "sm_90",
        "NVCC_WRAPPER_DEFAULT_COMPILER": str(tmp_path / "gcc"),
    }

    def said(*words):
        command = [CHECK / "cxx", *words]
        return subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()

    switches = ["-extended-lambda", "-arch=sm_80", "-O2", "-c"]
    for source in ("src/style.cpp", "src/KOKKOS/fix.cpp", "src/acc.cpp"):
        assert said(*switches, source) == ["nvcc", "-arch=sm_80", "-extended-lambda", "-O2", "-c", source]
    for source in ("src/math.cpp", "kokkos/cmake/compile_tests/cplusplus17.cpp"):
        assert said(*switches, source) == ["gcc", "-O2", "-c", source]
    assert said("-shared", "-arch=sm_90", "style.o") == ["gcc", "-shared", "style.o"]
    assert said("--version") == ["nvcc", "-arch=sm_90", "--version"]


@pytest.mark.parametrize("last, code", [("0 difference(s)", 0), ("3 difference(s)", 1)])
def test_a_run_with_programs_made_by_hand(last, code, tmp_path):
    """The loops alone; a failure is one line of both files, and the exit code."""
    pack = write(
        tmp_path / "pack",
        {
            "content.json": '{"natrolite": "1", "lammps": "2", "kokkos": "3"}',
            "models/models.json": "[]",
            "built.json": "{}",
            "kernels": f"#!/bin/sh\necho '{last}'\n",
        },
    )
    (pack / "check").symlink_to(CHECK)
    (pack / "kernels").chmod(0o755)
    write(
        pack,
        {
            "work/natrolite/unittest/lammps/none": "",
            "work/mpi/none": "",
            "work/site/none": "",
            "plugins/natroliteplugin.so": "",
        },
    )
    programs = {
        "lmp": "false",
        "mpiexec": None,
        "plugins": str(pack / "plugins"),
        "engine": "none",
        "kernels": str(pack / "kernels"),
    }
    write(pack, {"built.json": json.dumps(programs)})
    for name in ("lammps_run.py", "lammps_server.py"):
        os.symlink(CHECK.parents[1] / "unittest" / "lammps" / name, pack / "work/natrolite/unittest/lammps" / name)
    start = """import sys; sys.path.insert(0, sys.argv.pop(1)); import pathlib, run
run.PACK = pathlib.Path(sys.argv.pop(1)); sys.exit(run.main())"""
    command = [
        sys.executable,
        "-c",
        start,
        CHECK,
        pack,
        "--cpu",
        "--built",
        pack,
        "--only",
        "kernels",
        "ranks",
        "--work",
        pack / "work",
        "--out",
        tmp_path / "out",
    ]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=100)
    assert done.returncode == code, done.stdout + done.stderr
    content = json.loads((tmp_path / "out" / "results.json").read_text())
    assert content["facts"]["lammps"] == "2"
    outcomes = [(line["stage"], line["outcome"]) for line in content["lines"]]
    assert outcomes == [("kernels", "FAILED" if code else "ok"), ("ranks", "skipped")]
    assert (tmp_path / "out" / "table.txt").read_text().count("\n") == len(content["facts"]) + 2


def test_the_programs_of_a_build(tmp_path):
    """The plain plugin of the tree of the /kk styles runs without these, where nvcc failed on them."""
    import build

    steps = build.Build(tmp_path, tmp_path, None, None, True, 2)
    steps.mpi = False
    write(tmp_path, {"build-lammps/lmp": "", "build-kk/plugins/natroliteplugin.so": "plain"})
    assert steps.programs() is None
    write(tmp_path, {"build-engine/plugins/libnatrolite_engine.so": "engine"})
    built = steps.programs()
    assert (built["kk"], built["kernels"], built["mpiexec"]) == (False, None, None)
    assert pathlib.Path(built["engine"]).read_text() == "engine"
    assert pathlib.Path(built["plugins"], "natroliteplugin.so").read_text() == "plain"
    write(tmp_path, {"build-kk/plugins/kokkos/natrolite_kokkosplugin.so": "kk"})
    assert steps.programs()["kk"] and (tmp_path / "plugins/kokkos/natrolite_kokkosplugin.so").exists()
    assert json.loads((tmp_path / "built.json").read_text())["kk"]


def test_why_a_build_failed():
    import build

    ninja = "[2/9] Building CXX object src/error.cpp.o\nFAILED: lmp\n"
    linker = ["ld: liblammps.so.0: undefined reference to `X::sync()'", "collect2: error: ld returned 1 exit status"]
    assert build.what_failed(ninja + "\n".join(linker) + "\nninja: build stopped.") == linker
    assert build.what_failed("CMake Error at x:1\n  none") == ["CMake Error at x:1"]
    assert build.what_failed(ninja + "killed") == ["FAILED: lmp", "killed"]


def test_the_rehearsal_compares_two_evaluators(monkeypatch):
    """On a GPU equivariant/kk has LibTorch; on the CPU it would have the native evaluator, as the plain style has."""
    monkeypatch.setenv("NATROLITE_PLUGINS", "none")
    import agree

    case = {"shell_cutoff": 9.0, "charge": 0, "spin": 0}
    assert "evaluator torch" in agree.style(case, "kk", agree.Ways(True), "ghost")
    assert "evaluator" not in agree.style(case, "kk", agree.Ways(False), "ghost")


def test_numbers_that_are_none_never_agree(tmp_path, monkeypatch):
    monkeypatch.setenv("NATROLITE_PLUGINS", "none")
    import agree
    import report

    assert agree.relative(np.array([1.0, np.nan]), np.ones(2)) == float("inf")
    assert agree.relative(np.array([3.0, 1.0]), np.array([4.0, 1.0])) == 0.25
    lines = report.Report(tmp_path, {})
    write(tmp_path, {"models/models.json": "[]"})
    judge = agree.Agreement(tmp_path, tmp_path, lines, agree.Ways(True), 2).judge
    wrong = [("float64", (0.0, 2e-9, 0.0)), ("float32", (np.nan, 0.0, 0.0)), ("float32", (0.0, 0.0, np.inf))]
    for dtype, errors in wrong:
        judge("agree", dtype, {"dtype": dtype}, errors, 1.0)
    assert lines.failures() == 3
    judge("agree", "good", {"dtype": "float64"}, (1e-10, 1e-10, 1e-10), 1.0)
    assert lines.failures() == 3


def test_a_second_run_keeps_the_results_of_the_first(tmp_path):
    import report

    for run in ("first", "second", "third"):
        report.Report(tmp_path, {}).add("agree", run, "ok")
    for name, run in (("results-1", "first"), ("results-2", "second"), ("results", "third")):
        assert [line["what"] for line in json.loads((tmp_path / f"{name}.json").read_text())["lines"]] == [run]
    assert "first" in (tmp_path / "table-1.txt").read_text()


def test_a_longer_run_gives_every_stage_more():
    import clock

    assert clock.Clock(clock.PLANNED).share(60) == 60
    assert clock.Clock(2 * clock.PLANNED).share(60) == pytest.approx(120)
    assert 58 < clock.Clock(1).share(70) <= 60


@pytest.mark.parametrize(
    "name", ["gpu-check", "debian-source.sh", "lammps-host.sh", "kokkos-host.sh", "open-mpi-host.sh", "gpu_check/cxx"]
)
def test_scripts_are_well_formed(name):
    subprocess.run(["bash", "-n", TOOLS / name], check=True)


def test_the_head_of_gpu_check_is_its_help():
    done = subprocess.run([TOOLS / "gpu-check"], capture_output=True, text=True)
    assert done.returncode == 2 and "pack DIR" in done.stdout and "--minutes" in done.stdout
    for stage in ("kernels", "agree", "sanitizer"):
        assert stage in done.stdout

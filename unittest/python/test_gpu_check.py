# SPDX-License-Identifier: GPL-2.0-only
"""tools/gpu-check without a GPU, network or compiler: how it chooses compilers, what it compares and reports."""

import json
import os
import pathlib
import subprocess
import sys

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


def by_hand(pack, last):
    """Make a pack whose only program, kernels, ends with the line `last`; nothing else is built in it."""
    files = {
        "content.json": '{"natrolite": "1", "lammps": "2", "kokkos": "3"}',
        "models/models.json": "[]",
        "kernels": f"#!/bin/sh\necho '{last}'\n",
        "plugins/natroliteplugin.so": "",
    }
    programs = {"lmp": "false", "mpiexec": None, "engine": "none"}
    programs |= {name: str(pack / name) for name in ("plugins", "kernels")}
    write(pack, {**files, "built.json": json.dumps(programs)})
    write(pack / "work", {f"{folder}/none": "" for folder in ("natrolite/unittest/lammps", "mpi", "site")})
    (pack / "kernels").chmod(0o755)
    (pack / "check").symlink_to(CHECK)
    root, source = CHECK.parents[1], pack / "work/natrolite"
    for name in ("python", "unittest/lammps/lammps_run.py", "unittest/lammps/lammps_server.py"):
        (source / name).symlink_to(root / name)


@pytest.mark.parametrize("last, code", [("0 difference(s)", 0), ("3 difference(s)", 1)])
def test_a_run_with_programs_made_by_hand(last, code, tmp_path):
    """The loops alone; a failure is one line of both files, and the exit code."""
    pack, out = tmp_path / "pack", tmp_path / "out"
    by_hand(pack, last)
    start = """import sys; sys.path.insert(0, sys.argv.pop(1)); import pathlib, run
run.PACK = pathlib.Path(sys.argv.pop(1)); sys.exit(run.main())"""
    command = [sys.executable, "-c", start, CHECK, pack, "--cpu", "--built", pack, "--only", "kernels", "ranks"]
    command += ["--work", pack / "work", "--out", out]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(w) for w in command], env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == code, done.stdout + done.stderr
    content = json.loads((out / "results.json").read_text())
    assert content["facts"]["lammps"] == "2"
    outcomes = [(line["stage"], line["outcome"]) for line in content["lines"]]
    assert outcomes == [("kernels", "FAILED" if code else "ok"), ("ranks", "skipped")]
    assert (out / "table.txt").read_text().count("\n") == len(content["facts"]) + 2


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
        judge("agree", dtype, {"dtype": dtype, "tf32": False}, errors, 1.0)
    assert lines.failures() == 3
    judge("agree", "good", {"dtype": "float64", "tf32": False}, (1e-10, 1e-10, 1e-10), 1.0)
    assert lines.failures() == 3


def test_only_a_gpu_rounds_to_tf32(tmp_path, monkeypatch):
    monkeypatch.setenv("NATROLITE_PLUGINS", "none")
    import agree
    import report

    lines = report.Report(tmp_path, {})
    write(tmp_path, {"models/models.json": "[]"})
    judge = agree.Agreement(tmp_path, tmp_path, lines, agree.Ways(False), 2).judge
    for what, failures in (("a.pth kk", 0), ("a.pth cuda", 0), ("a.pth cpu", 1)):
        judge("agree", what, {"dtype": "float32", "tf32": True}, (3e-5, 5e-5, 4e-3), 1.0)
        assert lines.failures() == failures


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

# SPDX-License-Identifier: GPL-2.0-only
"""Makes the folder that `tools/gpu-check pack` promises; see there."""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

import kokkos_source
import models
import thin
from models import stop

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SOURCE = HERE.parent / "debian-source.sh"
SUITES = ["sid", "trixie"]  # of Debian, newest first
LIMIT = 60_000_000  # bytes, of the whole folder
# What LAMMPS' KOKKOS package always compiles but these, which take nvcc a minute or two each; and the styles of the
# decks of the check and of the /kk tests, and fix property/atom, which its atom_kokkos.cpp links with.
NEEDLESS = ["fix_nh_kokkos", "fix_nh_sphere_kokkos", "min_kokkos", "min_linesearch_kokkos"]
STYLES = ["atom_vec_atomic", "verlet", "compute_temp", "fix_nve", "fix_property_atom"]
STYLES += ["npair_skip", "npair_copy", "npair_trim", "pair_hybrid", "pair_hybrid_overlay"]
JSON = "nlohmann-json==3.12.0"  # which LAMMPS before 2025 lacks
# what the machine may lack, for its Python 3.12
WHEELS = ["mpich==5.0.2", "ase==3.29.0"]
PLATFORMS = ["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"]
OURS = ["CMakeLists.txt", "LICENSE", "cmake", "examples/demo", "python", "pyproject.toml", "src", "unittest"]


def run(command, **options):
    """Run a command that must succeed."""
    done = subprocess.run([str(word) for word in command], **options)
    if done.returncode:
        stop(f"failed: {' '.join(map(str, command))}")
    return done


def debian(suite, package, folder):
    """Return the folder of a package's sources in a suite of Debian, or None."""
    to = folder / f"{package}-{suite}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return None if subprocess.run([SOURCE, "fetch", suite, package, to], **quiet).returncode else to


def sources(args, folder):
    """Return the folders of LAMMPS and of a Kokkos that it takes: the given ones, or of the newest suite with both."""
    reasons = []
    for suite in [args.suite] if args.suite else SUITES:
        lammps = pathlib.Path(args.lammps) if args.lammps else debian(suite, "lammps", folder)
        if lammps is None:
            reasons.append(f"Debian's {suite} has no source of lammps")
            continue
        kokkos, why = kokkos_source.find(lammps, args.kokkos, lambda: debian(suite, "kokkos", folder), folder)
        if kokkos:
            if reasons:
                print(f"gpu-check: LAMMPS and Kokkos of {suite}, because {'; '.join(reasons)}")
            return lammps, kokkos
        reasons.append(f"{'the given LAMMPS' if args.lammps else f'LAMMPS of {suite}'}: {why}")
        if args.lammps:
            break
    stop(f"{'; '.join(reasons)}; give --lammps DIR and --kokkos DIR that fit, or another --suite")


def always_compiled(lammps):
    """Take needless sources out of the list that LAMMPS' KOKKOS package always compiles; return the others."""
    recipe = lammps / "cmake/Modules/Packages/KOKKOS.cmake"
    text = re.sub(rf"\${{KOKKOS_PKG_SOURCES_DIR}}/({'|'.join(NEEDLESS)})\.cpp\b", "", recipe.read_text())
    recipe.write_text(text)
    block = re.search(r"set\(KOKKOS_PKG_SOURCES (.*?)\)", text, re.DOTALL)
    return re.findall(r"KOKKOS_PKG_SOURCES_DIR}/(\w+)\.cpp", block[1])


def pack_lammps(source, to):
    """LAMMPS with the packages KOKKOS and PLUGIN, the MPI of one rank and the styles of the check; return its version."""
    to.mkdir(parents=True)
    for name in ("LICENSE", "README"):
        shutil.copy(source / name, to)
    shutil.copytree(source / "cmake", to / "cmake")
    for folder in ("third_party", "lib/kokkos"):
        (to / folder).mkdir(parents=True)
    if (source / "third_party").is_dir():
        shutil.copytree(source / "third_party", to / "third_party", dirs_exist_ok=True)
    for item in (source / "src").iterdir():
        kept = item.name in ("KOKKOS", "PLUGIN", "STUBS") or item.name.islower()
        if item.is_dir() and kept:
            shutil.copytree(item, to / "src" / item.name)
        elif item.suffix in (".cpp", ".h"):
            (to / "src").mkdir(exist_ok=True)
            shutil.copy(item, to / "src")
    run([SOURCE, "prune", to, *always_compiled(to), *(f"{style}_kokkos" for style in STYLES)])
    thin.thin(to / "src", [ROOT / "src", ROOT / "src/lammps", ROOT / "src/lammps/kokkos"])
    return re.search(r'"(.*)"', (to / "src/version.h").read_text())[1]


def pack_kokkos(source, to):
    """Kokkos without its tests and documents; return its version."""
    unwanted = shutil.ignore_patterns(
        ".git*", "unit_test*", "perf_test*", "performance_tests", "doc", "docs", "example", "benchmarks", "debian"
    )
    shutil.copytree(source, to, ignore=unwanted)
    for folder in ("example", "benchmarks"):  # which its CMake enters
        (to / folder).mkdir()
        (to / folder / "CMakeLists.txt").touch()
    return ".".join(map(str, kokkos_source.version_of(to)))


def pack_ours(to):
    """Pack what git knows of the rooms that are built and used there; return the commit."""
    command = ["git", "-C", ROOT, "ls-files", "-z", "--", *OURS]
    files = run(command, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, files):
        if (ROOT / name).is_file() and not name.startswith(("unittest/reference", "unittest/python")):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)
    return run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()


def pack_json(folder, lammps, to):
    """Pack the header that the engine needs, where LAMMPS does not bring it."""
    if (lammps / "src/nlohmann/json.hpp").exists():
        return
    run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, JSON])
    with zipfile.ZipFile(next(folder.glob("nlohmann_json-*.whl"))) as wheel:
        wheel.extractall(folder / "json")
    shutil.copytree(folder / "json/nlohmann_json/include/nlohmann", to / "src/nlohmann")
    header = to / "src/nlohmann"
    for name in header.rglob("*.hpp"):  # under the name that LAMMPS' own copy has
        text = name.read_text()
        name.write_text(re.sub(r"\bnlohmann\b(?!/)", "nlohmann_lmp", text))


def pack_wheels(to):
    words = [f"--platform={name}" for name in PLATFORMS]
    run(
        [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--only-binary=:all:",
            "--python-version",
            "3.12",
            "--implementation",
            "cp",
            *words,
            "-d",
            to,
            *WHEELS,
        ]
    )


def archive(folder, names):
    """Pack subfolders into one file, which is quick to carry."""
    run(["tar", "-C", folder, "-cJf", folder / "sources.tar.xz", *names])
    for name in names:
        shutil.rmtree(folder / name)


def arguments():
    parser = argparse.ArgumentParser(prog="gpu-check pack")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--suite", help="of Debian, for what is not given by a folder")
    parser.add_argument("--lammps", help="folder with the sources of LAMMPS")
    parser.add_argument("--kokkos", help="folder with the sources of Kokkos")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    return parser.parse_args()


def main():
    args = arguments()
    if args.folder.exists() and any(args.folder.iterdir()) and not (args.folder / "content.json").exists():
        stop(f"{args.folder} is not empty and no folder of this program")
    shutil.rmtree(args.folder, ignore_errors=True)
    out = args.folder.resolve()
    out.mkdir(parents=True)
    (out / "content.json").write_text("{}")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        content = {"models": models.pack(args.build, out / "models")}
        lammps, kokkos = sources(args, scratch)
        content["lammps"] = pack_lammps(lammps, out / "lammps")
        pack_json(scratch, lammps, out / "lammps")
        content["kokkos"] = pack_kokkos(kokkos, out / "kokkos")
    content["natrolite"] = pack_ours(out / "natrolite")
    pack_wheels(out / "wheels")
    archive(out, ["lammps", "kokkos", "natrolite"])
    here_only = ["__pycache__", "pack.py", "kokkos_source.py", "models.py", "family_cases.py", "thin.py"]
    shutil.copytree(HERE, out / "check", ignore=shutil.ignore_patterns(*here_only))
    (out / "run").write_text('#!/bin/sh\nexec python3 "$(dirname "$0")/check/run.py" "$@"\n')
    os.chmod(out / "run", 0o755)
    (out / "content.json").write_text(json.dumps(content, indent=1))
    size = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    if size > LIMIT:
        stop(f"{out} has {size / 1e6:.1f} MB, more than {LIMIT / 1e6:.0f}")
    print(
        f"{out}: {size / 1e6:.1f} MB, LAMMPS {content['lammps']}, Kokkos {content['kokkos']}, "
        f"{len(content['models'])} model files"
    )


if __name__ == "__main__":
    main()

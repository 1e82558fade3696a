# SPDX-License-Identifier: GPL-2.0-only
"""The borders of the rooms: which headers each folder of src/ may include, and what it links."""

import os
import pathlib
import re
import subprocess

import pytest

SOURCE = pathlib.Path(os.environ["NATROLITE_SOURCE"]) / "src"
PLUGINS = pathlib.Path(os.environ["NATROLITE_PLUGINS"])
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
STANDARD = re.compile(r"^[a-z_0-9]+$")  # <vector>, <cmath>


def includes(folder):
    files = [f for f in (SOURCE / folder).rglob("*") if f.suffix in (".h", ".cpp", ".in")]
    assert files, f"no sources in {folder}"
    return [(f.name, name) for f in files for name in INCLUDE.findall(f.read_text())]


def test_core_includes_only_itself_and_the_standard_library():
    own = {f.name for f in (SOURCE / "core").iterdir()}
    bad = [(f, n) for f, n in includes("core") if n not in own | {"omp.h"} and not STANDARD.match(n)]
    assert not bad


@pytest.mark.parametrize(
    "room, rooms, further",
    [
        ("model", "core|model", "nlohmann"),
        ("native", "core|model|native|layers|charged", ""),
        ("torch", "core|model", "torch|ATen|c10|caffe2"),
    ],
)
def test_rooms_of_models_include_no_lammps_and_no_mpi(room, rooms, further):
    own = {f.name for f in (SOURCE / room).rglob("*")} | {"json.h"}
    allowed = re.compile(rf"^({rooms}{'|' + further if further else ''})/|^(malloc|unistd|omp)\.h$")
    bad = [(f, n) for f, n in includes(room) if n not in own and not STANDARD.match(n) and not allowed.match(n)]
    assert not bad


def test_adapters_include_no_torch():
    bad = [(f, n) for f, n in includes("lammps") if re.match(r"^(torch|ATen|c10|caffe2)/", n) and n != "torch/engine.h"]
    assert not bad


@pytest.mark.parametrize(
    "library, forbidden",
    [("natroliteplugin.so", ["torch", "c10", "lammps"]), ("libnatrolite_engine.so", ["lammps", "mpi"])],
)
def test_binaries_link_only_what_they_may(library, forbidden):
    needed = re.findall(
        r"\(NEEDED\).*\[(.+)\]",
        subprocess.run(["readelf", "-d", PLUGINS / library], capture_output=True, text=True, check=True).stdout,
    )
    assert needed
    assert not [n for n in needed if any(word in n for word in forbidden)]


def test_sources_carry_the_license_line():
    files = [f for f in SOURCE.rglob("*") if f.suffix in (".h", ".cpp")]
    assert not [f for f in files if "SPDX-License-Identifier: GPL-2.0-only" not in f.read_text()]


def test_headers_have_one_kind_of_guard():
    headers = [f for room in (SOURCE, SOURCE.parent / "unittest") for f in room.rglob("*.h")]
    assert headers and not [f for f in headers if "#pragma once\n" not in f.read_text()]
    guards = re.compile(r"^#\s*ifndef (\w+)\n#\s*define \1\s*$", re.MULTILINE)
    assert not [f for f in headers if guards.search(f.read_text())]

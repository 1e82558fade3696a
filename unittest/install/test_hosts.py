# SPDX-License-Identifier: GPL-2.0-only
"""Which LAMMPS CMake takes: cmake/LammpsHost.cmake alone, with source folders and packages made up here."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(os.environ["NATROLITE_SOURCE"])
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(host CXX)
list(APPEND CMAKE_MODULE_PATH {source}/cmake)
option(NATROLITE_ENGINE "" ON)
include(Python)
include(LammpsHost)
"""


def configure(folder, *options):
    """Return (exit code, output with single spaces) of CMake on a project that only looks for LAMMPS."""
    (folder / "CMakeLists.txt").write_text(PROJECT.format(source=SOURCE))
    command = [os.environ["NATROLITE_CMAKE"], "-S", folder, "-B", folder / "build", *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    return done.returncode, " ".join(done.stdout.split())


@pytest.mark.parametrize(
    "version, words",
    [
        ("2 Aug 2023", ["LAMMPS host: 20230802"]),
        ("15 Jun 2023", ["version 20230615", "needs 2Aug2023 (20230802) or newer"]),
        ("3 Nov 2022", ["version 20221103", "needs 2Aug2023 (20230802) or newer"]),
    ],
)
def test_oldest_version(version, words, tmp_path):
    source = tmp_path / "lammps" / "src"
    source.mkdir(parents=True)
    (source / "lammps.h").touch()
    (source / "version.h").write_text(f'#define LAMMPS_VERSION "{version}"\n')
    code, output = configure(tmp_path, f"-DLAMMPS_SOURCE_DIR={source.parent}", f"-DLAMMPS_MPI_STUBS={source}")
    assert (code == 0) == (version == "2 Aug 2023"), output
    assert all(word in output for word in words), output


def packages(folder, abi):
    """Write Python packages lammps, its library made with a C++ ABI, and mpich; return CMake's option."""
    for name in ("lammps/include/lammps", "mpich-5.0.dist-info", "include"):
        (folder / name).mkdir(parents=True)
    (folder / "lammps" / "__init__.py").write_text("__version__ = 20240829\n")
    (folder / "include" / "mpi.h").touch()
    (folder / "mpich-5.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: mpich\nVersion: 5.0\n")
    (folder / "mpich-5.0.dist-info" / "RECORD").write_text("include/mpi.h,,\n")
    code = """#include <string>
namespace LAMMPS_NS { struct Error { void all(const std::string &, int, const std::string &); };
void Error::all(const std::string &, int, const std::string &) {} }
"""
    (folder / "error.cpp").write_text(code)
    compiler = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++")
    command = [compiler, "-shared", "-fPIC", f"-D_GLIBCXX_USE_CXX11_ABI={abi}", "-o", folder / "lammps/liblammps.so"]
    subprocess.run([*command, folder / "error.cpp"], check=True)
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={folder} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return f"-DPython3_EXECUTABLE={python}"


@pytest.mark.parametrize("abi, engine, fine", [(1, "ON", True), (0, "OFF", True), (0, "ON", False)])
def test_old_abi_of_cxx(abi, engine, fine, tmp_path):
    option = packages(tmp_path / "site", abi)
    code, output = configure(tmp_path, option, f"-DNATROLITE_ENGINE={engine}")
    assert (code == 0) == fine, output
    if not fine:
        assert "liblammps.so was built with GCC's old C++ ABI" in output and "-DNATROLITE_ENGINE=OFF" in output


CONFIG = """set(LAMMPS_VERSION 20260704)
add_library(LAMMPS::lammps SHARED IMPORTED)
set_target_properties(LAMMPS::lammps PROPERTIES IMPORTED_LOCATION "${{CMAKE_CURRENT_LIST_DIR}}/liblammps.so"
  INTERFACE_INCLUDE_DIRECTORIES "{prefix}/include" INTERFACE_COMPILE_DEFINITIONS "LAMMPS_BIGBIG")
"""


@pytest.mark.parametrize("option", ["-DLAMMPS_DIR={prefix}/lib/cmake/LAMMPS", "-DCMAKE_PREFIX_PATH={prefix}"])
def test_installed_lammps(option, tmp_path):
    """Named, or found by CMake where the Python has no lammps; its integer sizes are read."""
    prefix = tmp_path / "prefix"
    files = {
        "lib/cmake/LAMMPS/LAMMPSConfig.cmake": CONFIG.format(prefix=prefix),
        "include/lammps/pair.h": "",
        "stubs/mpi.h": "",
    }
    for name, text in files.items():
        (prefix / name).parent.mkdir(parents=True, exist_ok=True)
        (prefix / name).write_text(text)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S -I "$@"\n')
    python.chmod(0o755)
    options = [option.format(prefix=prefix), f"-DPython3_EXECUTABLE={python}", f"-DLAMMPS_MPI_STUBS={prefix}/stubs"]
    code, output = configure(tmp_path, *options)
    assert code == 0 and f"LAMMPS host: 20260704, bigbig, headers {prefix}/include/lammps" in output, output
    code, output = configure(tmp_path, "-UCMAKE_PREFIX_PATH", "-ULAMMPS_DIR", *options[1:])
    assert code and "No LAMMPS found" in output, output

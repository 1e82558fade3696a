# SPDX-License-Identifier: GPL-2.0-only
"""Builds Kokkos, LAMMPS and both plugins from the pack, side by side where they can.

The result is built.json in the work folder: {lmp, mpiexec (null without MPI), plugins, engine, kernels
(null where they did not compile), kk (is there a plugin of the /kk styles?)}. One made by hand with other
programs is as good (`run --built DIR`). Environment: NATROLITE_ARCH, and for a rehearsal that must be short
NATROLITE_FLAGS in place of -O2 -DNDEBUG for LAMMPS and the plugins (and nvcc's own NVCC_APPEND_FLAGS).
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
MPI_PROBE = "import ctypes, sys; m = ctypes.CDLL(sys.argv[1], ctypes.RTLD_GLOBAL); sys.exit(m.MPI_Init(None, None))"
OPTIMIZED = "-O2 -DNDEBUG"


class Failed(RuntimeError):
    """A step of the build went wrong; the text is what what_failed finds in its output."""


def what_failed(output):
    """Return the lines that tell why, of compilers and linkers; not Ninja's of files that are called error.cpp."""
    lines = [line for line in output.splitlines() if not line.startswith("[")]
    return [line for line in lines if re.search(r"\berror\b|undefined reference", line, re.I)][:8] or lines[-15:]


class Build:
    """All steps; `cpu` takes OpenMP and g++ in place of CUDA."""

    def __init__(self, pack, work, report, clock, cpu, jobs):
        self.pack, self.work, self.report = pack, work, report
        self.clock, self.cpu, self.jobs = clock, cpu, jobs
        self.processes = []
        self.arch = os.environ.get("NATROLITE_ARCH", "sm_90")
        self.flags = os.environ.get("NATROLITE_FLAGS", OPTIMIZED)
        wrapper = work / "kokkos" / "bin" / "nvcc_wrapper"
        self.env = os.environ | {"NATROLITE_NVCC_WRAPPER": str(wrapper), "NATROLITE_ARCH": self.arch}
        self.compiler = "g++" if cpu else str(HERE / "cxx")

    def call(self, name, command):
        """Run one step; its output is a log in the work folder."""
        log, begin = self.work / f"{name}.log", time.monotonic()
        with open(log, "w") as stream:
            process = subprocess.Popen(
                [str(word) for word in command],
                env=self.env,
                cwd=self.work,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.processes.append(process)
            try:
                code = process.wait(timeout=max(1.0, self.clock.left()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                code = "time is up"
        seconds = time.monotonic() - begin
        if code:
            raise Failed(f"{name} ({code}): " + "\n".join(what_failed(log.read_text(errors="replace"))))
        self.report.add("build", name, "ok", f"{seconds:.0f} s", seconds=seconds)

    def unpack(self):
        self.work.mkdir(parents=True, exist_ok=True)
        if not (self.work / "natrolite").exists():
            subprocess.run(["tar", "-xf", self.pack / "sources.tar.xz", "-C", self.work], check=True)
        if not (self.work / "mpi").exists():
            with zipfile.ZipFile(next(self.pack.glob("wheels/mpich-*.whl"))) as wheel:
                inside = [n for n in wheel.namelist() if ".data/data/" in n and not n.endswith("/")]
                for name in inside:
                    to = self.work / "mpi" / name.split(".data/data/")[1]
                    to.parent.mkdir(parents=True, exist_ok=True)
                    to.write_bytes(wheel.read(name))
                    if to.parent.name == "bin":
                        to.chmod(0o755)
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", self.work / "site"]
        if not (self.work / "site").exists():
            self.call("wheels", [*pip, *self.pack.glob("wheels/ase-*.whl")])

    def mpi_works(self):
        """Return whether the MPI of the pack starts here."""
        library = self.work / "mpi" / "lib" / "libmpi.so.12"
        done = subprocess.run([sys.executable, "-c", MPI_PROBE, library], capture_output=True, text=True, timeout=60)
        self.report.add(
            "build",
            "mpi",
            "ok" if done.returncode == 0 else "missing",
            "MPICH of the pack" if done.returncode == 0 else f"LAMMPS gets one rank: {done.stderr[-300:]}",
        )
        return done.returncode == 0

    def mpi_options(self):
        mpi = self.work / "mpi"
        if not self.mpi:
            return ["-DBUILD_MPI=OFF", f"-DLAMMPS_MPI_STUBS={self.work}/lammps/src/STUBS"]
        found = [
            f"-DMPI_{lang}_{name}"
            for lang in ("C", "CXX")
            for name in (
                "COMPILER=MPI_COMPILER-NOTFOUND",
                f"HEADER_DIR={mpi}/include",
                "LIB_NAMES=mpi",
                "SKIP_MPICXX=ON",
            )
        ]
        return [
            "-DBUILD_MPI=ON",
            "-DMPI_ASSUME_NO_BUILTIN_MPI=ON",
            "-DMPI_SKIP_COMPILER_WRAPPER=ON",
            f"-DMPI_mpi_LIBRARY={mpi}/lib/libmpi.so.12",
            "-DMPI_SKIP_GUESSING=ON",
            *found,
        ]

    def driver(self):
        """CUDA's driver library to link with: the toolkit's stub, which CMake finds, the machine's, or an empty one."""
        toolkits = [pathlib.Path(shutil.which("nvcc") or "/").resolve().parents[1:2], [pathlib.Path("/usr/local/cuda")]]
        stubs = [
            root / part / "stubs/libcuda.so"
            for roots in toolkits
            for root in roots
            for part in ("lib64", "targets/x86_64-linux/lib")
        ]
        if self.cpu or any(stub.exists() for stub in stubs):
            return []
        table = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True).stdout
        found = re.findall(r"libcuda\.so(?:\.1)? .*x86-64.* => (\S+)", table)
        if found:
            return [f"-DCUDA_cuda_driver_LIBRARY={found[0]}"]
        stub = self.work / "stubs" / "libcuda.so"
        stub.parent.mkdir(exist_ok=True)
        empty = ["g++", "-shared", "-x", "c++", "/dev/null", "-Wl,-soname,libcuda.so.1", "-o", stub]
        subprocess.run(empty, check=True)
        # an empty library is needed by nothing, but must be loaded where there is a driver
        return [
            f"-DCUDA_cuda_driver_LIBRARY={stub}",
            "-DCMAKE_SHARED_LINKER_FLAGS=-Wl,--no-as-needed",
            "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--no-as-needed,--allow-shlib-undefined",
        ]

    def cmake(self, source, build, compiler, *options, flags=OPTIMIZED):
        common = [
            "-G",
            "Ninja",
            "-DCMAKE_BUILD_TYPE=Release",
            f"-DCMAKE_CXX_FLAGS_RELEASE={flags}",
            "-DCMAKE_CXX_STANDARD=20",
            f"-DCMAKE_CXX_COMPILER={compiler}",
        ]
        self.call(f"configure {build}", ["cmake", "-S", source, "-B", build, *common, *options])

    def ninja(self, build, jobs, *targets):
        """Build the targets, or all; an error stops only what needs the file."""
        wanted = ["--target", *targets] if targets else []
        self.call(f"build {build}", ["cmake", "--build", build, "-j", jobs, *wanted, "--", "-k", "0"])

    # ------------------------------------------------------------------ the steps

    def engine(self):
        """Build the engine alone, since the tree of the /kk styles has the plain plugin too: g++ only."""
        self.cmake(
            "natrolite",
            "build-engine",
            "g++",
            f"-DLAMMPS_SOURCE_DIR={self.work}/lammps",
            f"-DPython3_EXECUTABLE={sys.executable}",
            *self.mpi_options(),
        )
        self.ninja("build-engine", max(1, self.jobs // 4), "natrolite_engine")

    def kokkos_host(self):
        """Kokkos, LAMMPS' configuration, then LAMMPS and the plugin of the /kk styles side by side."""
        arch = {"sm_80": "AMPERE80", "sm_90": "HOPPER90", "sm_100": "BLACKWELL100"}[self.arch]
        space = (
            ["-DKokkos_ENABLE_OPENMP=ON"]
            if self.cpu
            else ["-DKokkos_ENABLE_CUDA=ON", f"-DKokkos_ARCH_{arch}=ON", *self.driver()]
        )
        prefix = self.work / "prefix"
        self.cmake(
            "kokkos",
            "build-kokkos",
            self.compiler,
            "-DBUILD_SHARED_LIBS=ON",
            "-DKokkos_ENABLE_SERIAL=ON",
            "-DKokkos_ENABLE_IMPL_VIEW_LEGACY=ON",
            f"-DCMAKE_INSTALL_PREFIX={prefix}",
            *space,
        )
        self.ninja("build-kokkos", self.jobs, "install")
        self.cmake(
            "lammps/cmake",
            "build-lammps",
            self.compiler,
            "-DBUILD_SHARED_LIBS=ON",
            "-DPKG_PLUGIN=ON",
            "-DPKG_KOKKOS=ON",
            "-DEXTERNAL_KOKKOS=ON",
            f"-DKokkos_ROOT={prefix}",
            "-DFFT=KISS",
            "-DBUILD_OMP=" + ("ON" if self.cpu else "OFF"),
            "-DWITH_JPEG=OFF",
            "-DWITH_PNG=OFF",
            "-DWITH_CURL=OFF",
            "-DWITH_GZIP=OFF",
            "-DWITH_FFMPEG=OFF",
            "-DLAMMPS_INSTALL_RPATH=ON",
            *self.driver(),
            *self.mpi_options(),
            flags=self.flags,
        )
        plugin = threading.Thread(target=self.guarded, args=(self.kokkos_plugin, prefix))
        plugin.start()
        self.ninja("build-lammps", self.jobs)
        plugin.join()

    def kokkos_plugin(self, prefix):
        """Both plugins and the loops alone; where nvcc fails on the /kk styles, the plain plugin is still made."""
        self.cmake(
            "natrolite",
            "build-kk",
            self.compiler,
            f"-DLAMMPS_SOURCE_DIR={self.work}/lammps",
            f"-DLAMMPS_BINARY_DIR={self.work}/build-lammps",
            f"-DKokkos_ROOT={prefix}",
            "-DNATROLITE_KOKKOS=ON",
            "-DNATROLITE_ENGINE=OFF",
            "-DNATROLITE_DEVICE_CHECK=ON",
            *self.driver(),
            *self.mpi_options(),
            flags=self.flags,
        )
        self.ninja("build-kk", max(1, self.jobs // 2))

    def guarded(self, step, *arguments):
        """Take a step in a thread; keep its error for the end."""
        try:
            step(*arguments)
        except (Failed, subprocess.SubprocessError, OSError) as error:
            self.errors.append(str(error))
            self.report.add("build", step.__name__, "FAILED", str(error)[-1500:])

    def everything(self):
        """Return the programs, or None."""
        self.errors, begin = [], time.monotonic()
        self.unpack()
        self.mpi = self.mpi_works()
        threads = [threading.Thread(target=self.guarded, args=(step,)) for step in (self.kokkos_host, self.engine)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - begin
        self.report.add("build", "all", "FAILED" if self.errors else "ok", f"{seconds:.0f} s", seconds=seconds)
        return self.programs()

    def programs(self):
        """Put together what there is and write built.json; None where nothing can run."""
        plugins, lmp = self.work / "plugins", self.work / "build-lammps/lmp"
        made = [
            self.work / "build-kk/plugins/natroliteplugin.so",
            self.work / "build-engine/plugins/libnatrolite_engine.so",
        ]
        kk = self.work / "build-kk/plugins/kokkos/natrolite_kokkosplugin.so"
        kernels = self.work / "build-kk/unittest/kokkos/device_kernels"
        if not all(file.exists() for file in [lmp, *made]):
            return None
        (plugins / "kokkos").mkdir(parents=True, exist_ok=True)
        for file in made:
            shutil.copy(file, plugins)
        if kk.exists():
            shutil.copy(kk, plugins / "kokkos")
        built = {
            "lmp": str(lmp),
            "mpiexec": str(self.work / "mpi/bin/mpiexec") if self.mpi else None,
            "plugins": str(plugins),
            "engine": str(plugins / "libnatrolite_engine.so"),
            "kernels": str(kernels) if kernels.exists() else None,
            "kk": kk.exists(),
        }
        (self.work / "built.json").write_text(json.dumps(built, indent=1))
        return built

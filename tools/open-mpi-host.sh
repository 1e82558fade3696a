#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A LAMMPS from its sources with Open MPI, as clusters have it, for the tests: Debian's stable release in a
# folder of its own, LAMMPS built and installed in it.
#
#   tools/open-mpi-host.sh [--dir DIR] [-- COMMAND...]
#
# default DIR: ${XDG_CACHE_HOME:-~/.cache}/natrolite/open-mpi-host. COMMAND runs afterwards, outside the
# root; NATROLITE_OPEN_MPI_HOST and NATROLITE_HOST are DIR, NATROLITE_LMP and NATROLITE_MPIEXEC the programs in it.
# Leaves in DIR: debian, lammps (sources), build (their build), prefix (their installation), and bin with
# enter (runs a command in that Debian), lmp, lmp_static (no shared library: all of LAMMPS is in the program)
# and mpiexec.
# Needs root, apt, and about 2 GB; exits with 77 and one line where that is not to be had.
set -euo pipefail
program=open-mpi-host

ROOT_PACKAGES=(g++ cmake ninja-build openmpi-bin libopenmpi-dev pkgconf python3 zlib1g-dev libffi8)
LAMMPS_PACKAGES=(PLUGIN MOLECULE)
# root in a Debian of his own; more ranks than cores, which give way while they wait; one machine
MPIEXEC_OPTIONS="--allow-run-as-root --oversubscribe --mca mpi_yield_when_idle 1 --mca btl ^tcp"
source "$(dirname "$0")/lammps-host.sh"

stage_root() { bootstrap trixie; }

stage_source() {
  rm -rf --one-file-system "$dir/build"
  "$sources" fetch sid lammps "$dir/lammps"
  mkdir -p "$dir"/lammps/{doc,bench,potentials,tools/msi2lmp/frc_files} # which its installation copies
  touch "$dir/lammps/doc/"{lammps,msi2lmp}.1
}

stage_lammps() { build_lammps -DCMAKE_INSTALL_PREFIX="$dir/prefix" -DCMAKE_CXX_FLAGS_RELEASE="-O1 -DNDEBUG"; }

stage_install() {
  rm -rf --one-file-system "$dir/prefix"
  "$dir/bin/enter" cmake --install "$dir/build" >"$dir/install.log"
}

# the same objects in one program, which shows plugins its functions, as lmp does with BUILD_SHARED_LIBS=OFF
stage_static() {
  "$dir/bin/enter" sh -c 'cd "$1" && find CMakeFiles/lammps.dir CMakeFiles/lmp.dir -name "*.o" >static.txt &&
    mpicxx -fopenmp -rdynamic @static.txt -o lmp_static -lz -ldl' sh "$dir/build"
}

write_wrappers lmp lmp_static
run_stage root "$(declare -f bootstrap)" "${ROOT_PACKAGES[@]}"
run_stage source "$(cat "$sources")"
run_stage lammps "$(declare -f build_lammps)" "${LAMMPS_PACKAGES[@]}"
run_stage install
run_stage static
export NATROLITE_OPEN_MPI_HOST=$dir
run_command

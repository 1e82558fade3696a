#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A LAMMPS with KOKKOS (OpenMP) for the tests: Debian sid in a folder of its own, LAMMPS built in it.
#
#   tools/kokkos-host.sh [--dir DIR] [-- COMMAND...]
#
# default DIR: ${XDG_CACHE_HOME:-~/.cache}/natrolite/kokkos-host. COMMAND runs afterwards, outside the
# root; NATROLITE_KOKKOS_HOST and NATROLITE_HOST are DIR, NATROLITE_LMP, NATROLITE_MPIEXEC and NATROLITE_TESTER
# the programs in it.
# Leaves in DIR: debian, lammps (sources with all headers of src/KOKKOS), build (their build), and bin
# with enter (runs a command in that Debian), lmp, mpiexec and test_pair_style. A stage is done again
# only when its text here changes; nothing stays mounted, so DIR may be deleted at any time.
# Needs root, apt, and about 2 GB; exits with 77 and one line where that is not to be had.
set -euo pipefail
program=kokkos-host

ROOT_PACKAGES=(g++ cmake ninja-build libkokkos-dev mpich libmpich-dev pkgconf python3 zlib1g-dev
               libgtest-dev libgmock-dev libyaml-dev)
LAMMPS_PACKAGES=(PLUGIN KOKKOS EXTRA-FIX EXTRA-PAIR EXTRA-COMPUTE MANYBODY MC PHONON MOLECULE)
# what of src/KOKKOS is compiled: the package itself, and styles that the tests' decks use
KOKKOS_CORE=(kokkos atom_kokkos atom_map_kokkos atom_vec_kokkos comm_kokkos comm_tiled_kokkos
             min_kokkos min_linesearch_kokkos neighbor_kokkos neigh_list_kokkos neigh_bond_kokkos
             fix_nh_kokkos fix_nh_sphere_kokkos nbin_kokkos npair_kokkos npair_halffull_kokkos
             domain_kokkos modify_kokkos rand_pool_wrap_kokkos tune_kokkos math_special_kokkos
             dynamical_matrix_kokkos third_order_kokkos)
KOKKOS_STYLES=(atom_vec_atomic atom_vec_charge atom_vec_ellipsoid atom_vec_molecular verlet compute_temp min_cg
               region_block fix_nve fix_nvt fix_npt fix_langevin fix_deform fix_minimize
               fix_property_atom fix_neigh_history npair_skip npair_copy npair_trim pair_lj_cut
               pair_morse pair_zbl pair_hybrid pair_hybrid_overlay)

source "$(dirname "$0")/lammps-host.sh"

# the package of some versions names two libraries that it does not hold: they have headers only
stage_root() {
  bootstrap sid 'cd "$(dirname "$1"/usr/lib/*/libkokkoscore.so)" && for name in algorithms simd; do
    [ -e libkokkos$name.so ] || [ -e libkokkos$name.a ] || ar rc libkokkos$name.a; done'
}

stage_source() {
  rm -rf --one-file-system "$dir/build"
  "$sources" fetch sid lammps "$dir/lammps"
  "$sources" prune "$dir/lammps" "${KOKKOS_CORE[@]}" "${KOKKOS_STYLES[@]/%/_kokkos}"
}

stage_lammps() { build_lammps -DEXTERNAL_KOKKOS=ON; }

# LAMMPS' own test of pair styles, which reads reference values from YAML files.
stage_tester() {
  local tests=$dir/lammps/unittest/force-styles
  "$dir/bin/enter" mpicxx -std=c++20 -O1 -DTEST_INPUT_FOLDER="$tests/tests" -I "$dir/lammps/src" \
    -I "$dir/lammps/unittest" "$tests"/test_{pair_style,main,config_reader}.cpp \
    "$dir"/lammps/unittest/{yaml_writer,error_stats}.cpp -o "$dir/build/test_pair_style" \
    -L "$dir/build" -Wl,-rpath,"$dir/build" -llammps -lgmock -lgtest -lyaml
}

write_wrappers lmp test_pair_style
run_stage root "$(declare -f bootstrap)" "${ROOT_PACKAGES[@]}"
run_stage source "$(cat "$sources")" "${KOKKOS_CORE[@]}" "${KOKKOS_STYLES[@]}"
run_stage lammps "$(declare -f build_lammps)" "${LAMMPS_PACKAGES[@]}"
run_stage tester
export NATROLITE_KOKKOS_HOST=$dir NATROLITE_TESTER=$dir/bin/test_pair_style
run_command

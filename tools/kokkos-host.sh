#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A LAMMPS with KOKKOS (OpenMP) for the tests: Debian sid in a folder of its own, LAMMPS built in it.
#
#   tools/kokkos-host.sh [--dir DIR] [-- COMMAND...]
#
# default DIR: ${XDG_CACHE_HOME:-~/.cache}/natrolite/kokkos-host. COMMAND runs afterwards, outside the
# root; NATROLITE_KOKKOS_HOST is DIR, NATROLITE_LMP, NATROLITE_MPIEXEC and NATROLITE_TESTER the
# programs in it.
# Leaves in DIR: debian, lammps (sources with all headers of src/KOKKOS), build (their build), and bin
# with enter (runs a command in that Debian), lmp, mpiexec and test_pair_style. A stage is done again
# only when its text here changes; nothing stays mounted, so DIR may be deleted at any time.
# Needs root, apt, and about 2 GB; exits with 77 and one line where that is not to be had.
set -euo pipefail

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

say() { echo "kokkos-host: $*"; }
cannot() { say "cannot be made here: $*" >&2; exit 77; }
mirror() { "$sources" mirror; }

check_machine() {
  [ "$(id -u)" = 0 ] || cannot "needs root (it mounts folders and changes its root)"
  command -v apt-get >/dev/null || cannot "needs Debian's apt-get"
  unshare --mount true 2>/dev/null || cannot "no mount namespace of its own (unshare --mount fails)"
  if ! command -v mmdebstrap >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null ||
      cannot "apt-get could not install mmdebstrap"
  fi
}

stage_root() {
  local site
  site=$(mirror)
  rm -rf --one-file-system "$dir/debian"
  # the package of some versions names two libraries that it does not hold: they have headers only
  unshare --mount --propagation private mmdebstrap --quiet --mode=root --variant=apt \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Install-Recommends "false"' \
    --include="$(IFS=,; echo "${ROOT_PACKAGES[*]}")" \
    --customize-hook='touch "$1/.natrolite-kokkos-host"
      cd "$(dirname "$1"/usr/lib/*/libkokkoscore.so)" && for name in algorithms simd; do
        [ -e libkokkos$name.so ] || [ -e libkokkos$name.a ] || ar rc libkokkos$name.a; done' \
    sid "$dir/debian" "$site"
}

stage_source() {
  rm -rf --one-file-system "$dir/build"
  "$sources" fetch sid lammps "$dir/lammps"
  "$sources" prune "$dir/lammps" "${KOKKOS_CORE[@]}" "${KOKKOS_STYLES[@]/%/_kokkos}"
}

stage_lammps() {
  rm -f "$dir/build/CMakeCache.txt" # no option of an earlier recipe; what is compiled stays
  "$dir/bin/enter" cmake -S "$dir/lammps/cmake" -B "$dir/build" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O2 -DNDEBUG" -DCMAKE_CXX_STANDARD=20 \
    -DBUILD_SHARED_LIBS=ON -DBUILD_MPI=ON -DBUILD_OMP=ON -DEXTERNAL_KOKKOS=ON -DFFT=KISS \
    -DLAMMPS_INSTALL_RPATH=ON -DWITH_JPEG=OFF -DWITH_PNG=OFF -DWITH_CURL=OFF \
    $(printf -- '-DPKG_%s=ON ' "${LAMMPS_PACKAGES[@]}") >"$dir/configure.log" ||
    { tail -n 20 "$dir/configure.log"; return 1; }
  # one line of progress in fifty, all else that Ninja says
  NINJA_STATUS="[%f/%t %es] " "$dir/bin/enter" cmake --build "$dir/build" -j "$(nproc)" |
    awk '!/^\[[0-9]+\// || /^\[[0-9]*[05]0\// { print; fflush() }'
}

# LAMMPS' own test of pair styles, which reads reference values from YAML files.
stage_tester() {
  local tests=$dir/lammps/unittest/force-styles
  "$dir/bin/enter" mpicxx -std=c++20 -O1 -DTEST_INPUT_FOLDER="$tests/tests" -I "$dir/lammps/src" \
    -I "$dir/lammps/unittest" "$tests"/test_{pair_style,main,config_reader}.cpp \
    "$dir"/lammps/unittest/{yaml_writer,error_stats}.cpp -o "$dir/build/test_pair_style" \
    -L "$dir/build" -Wl,-rpath,"$dir/build" -llammps -lgmock -lgtest -lyaml
}

# enter, lmp, mpiexec and test_pair_style work the same from inside, so that mpiexec can start bin/lmp.
# NATROLITE_PRELOAD names a library that LAMMPS is to have first (a sanitizer's).
write_wrappers() {
  mkdir -p "$dir/bin"
  write enter <<'END'
#!/bin/sh
# enter COMMAND...: runs it in the root, in mounts that nobody else sees and that end with it. Every
# folder of / but the system's own keeps its name; further ones come from NATROLITE_BIND (a:b:c).
[ -e /.natrolite-kokkos-host ] && exec "$@"
exec unshare --mount --propagation private sh -euc '
  root=$1
  shift
  here=$(pwd -P)
  bind() { mkdir -p "$root$1" && mount --rbind "$1" "$root$1"; }
  for folder in /*; do
    case $folder in
      /bin|/boot|/etc|/lib*|/run|/sbin|/usr|/var|/lost+found) ;;
      *) if [ -d "$folder" ] && [ ! -L "$folder" ]; then bind "$folder"; fi ;;
    esac
  done
  IFS=:
  for folder in ${NATROLITE_BIND:-} "${root%/*}" "$here"; do
    case $folder in
      /|/bin|/etc|/lib*|/run|/sbin|/usr|/usr/bin*|/usr/lib*|/usr/sbin*|/usr/share*|/var) ;;
      *) if [ ! "$folder" -ef "$root$folder" ]; then bind "$folder"; fi ;;
    esac
  done
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  exec chroot "$root" /usr/bin/env -C "$here" "$@"
' enter "$(cd "$(dirname "$0")/.." && pwd -P)/debian" "$@"
END
  for name in lmp test_pair_style; do
    write $name <<'END'
#!/bin/sh
bin=$(cd "$(dirname "$0")" && pwd -P)
exec "$bin/enter" env LD_PRELOAD="${NATROLITE_PRELOAD:-${LD_PRELOAD:-}}" "${bin%/bin}/build/$(basename "$0")" "$@"
END
  done
  write mpiexec <<'END'
#!/bin/sh
exec "$(dirname "$0")/enter" /usr/bin/mpiexec "$@"
END
}

write() {
  cat >"$dir/bin/$1.new"
  chmod +x "$dir/bin/$1.new"
  mv "$dir/bin/$1.new" "$dir/bin/$1"
}

# Does a stage unless its stamp holds the hash of its inputs: its text, its lists, the stages before.
run_stage() {
  local stage=$1 begin=$SECONDS
  shift
  inputs=$( (echo "$inputs" "$@"; declare -f "stage_$stage") | sha256sum)
  if [ "$(cat "$dir/$stage.stamp" 2>/dev/null)" = "$inputs" ]; then return; fi
  say "$stage ..."
  rm -f "$dir/$stage.stamp"
  "stage_$stage"
  echo "$inputs" >"$dir/$stage.stamp"
  say "$stage done in $((SECONDS - begin)) s"
}

sources=$(cd "$(dirname "$0")" && pwd -P)/debian-source.sh
dir=${XDG_CACHE_HOME:-$HOME/.cache}/natrolite/kokkos-host
while [ $# -gt 0 ]; do
  case $1 in
    --dir) dir=${2:?kokkos-host: --dir wants a folder}; shift 2 ;;
    --) shift; break ;;
    *) say "usage: $0 [--dir DIR] [-- COMMAND...]" >&2; exit 2 ;;
  esac
done
check_machine
mkdir -p "$dir"
dir=$(cd "$dir" && pwd -P)
exec 9>"$dir/lock"
flock 9 # two calls at once: the second waits
inputs=""
write_wrappers
run_stage root "${ROOT_PACKAGES[@]}"
run_stage source "$(cat "$sources")" "${KOKKOS_CORE[@]}" "${KOKKOS_STYLES[@]}"
run_stage lammps "${LAMMPS_PACKAGES[@]}"
run_stage tester
say "ready: $dir/bin/lmp"
if [ $# -gt 0 ]; then
  exec 9>&-
  export NATROLITE_KOKKOS_HOST=$dir NATROLITE_LMP=$dir/bin/lmp \
         NATROLITE_MPIEXEC=$dir/bin/mpiexec NATROLITE_TESTER=$dir/bin/test_pair_style
  exec "$@"
fi

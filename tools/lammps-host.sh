# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What kokkos-host.sh and open-mpi-host.sh have in common: a LAMMPS built in a Debian in a folder of its own,
# stage after stage. They source this file, with `program` (the name that messages begin with), ROOT_PACKAGES,
# LAMMPS_PACKAGES and their arguments. Sets dir and, from what follows --, command.
# A stage is done again only when its text changes; nothing stays mounted, so DIR may be deleted at any time.
# Needs root and apt; exits with 77 and one line where that is not to be had.
set -euo pipefail

say() { echo "$program: $*"; }
cannot() { say "cannot be made here: $*" >&2; exit 77; }

check_machine() {
  [ "$(id -u)" = 0 ] || cannot "needs root (it mounts folders and changes its root)"
  command -v apt-get >/dev/null || cannot "needs Debian's apt-get"
  unshare --mount true 2>/dev/null || cannot "no mount namespace of its own (unshare --mount fails)"
  if ! command -v mmdebstrap >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null ||
      cannot "apt-get could not install mmdebstrap"
  fi
}

# bootstrap SUITE [HOOK]: a Debian of ROOT_PACKAGES; HOOK is run with its folder as $1
bootstrap() {
  local site
  site=$("$sources" mirror)
  rm -rf --one-file-system "$dir/debian"
  unshare --mount --propagation private mmdebstrap --quiet --mode=root --variant=apt \
    --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Install-Recommends "false"' \
    --include="$(IFS=,; echo "${ROOT_PACKAGES[*]}")" \
    --customize-hook='touch "$1/.natrolite-host"' --customize-hook="${2:-true}" \
    "$1" "$dir/debian" "$site"
}

# build_lammps OPTION...
build_lammps() {
  rm -f "$dir/build/CMakeCache.txt" # no option of an earlier recipe; what is compiled stays
  "$dir/bin/enter" cmake -S "$dir/lammps/cmake" -B "$dir/build" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O2 -DNDEBUG" -DCMAKE_CXX_STANDARD=20 \
    -DBUILD_SHARED_LIBS=ON -DBUILD_MPI=ON -DBUILD_OMP=ON -DFFT=KISS \
    -DLAMMPS_INSTALL_RPATH=ON -DWITH_JPEG=OFF -DWITH_PNG=OFF -DWITH_CURL=OFF \
    $(printf -- '-DPKG_%s=ON ' "${LAMMPS_PACKAGES[@]}") "$@" >"$dir/configure.log" ||
    { tail -n 20 "$dir/configure.log"; return 1; }
  # one line of progress in fifty, all else that Ninja says
  NINJA_STATUS="[%f/%t %es] " "$dir/bin/enter" cmake --build "$dir/build" -j "$(nproc)" |
    awk '!/^\[[0-9]+\// || /^\[[0-9]*[05]0\// { print; fflush() }'
}

# bin/enter and bin/mpiexec, and one in bin for each program of build that is named. They work the same from
# inside, so that mpiexec can start bin/lmp. NATROLITE_PRELOAD names a library that LAMMPS is to have first (a sanitizer's).
write_wrappers() {
  mkdir -p "$dir/bin"
  write enter <<'END'
#!/bin/sh
# enter COMMAND...: runs it in the root, in mounts that nobody else sees and that end with it. Every
# folder of / but the system's own keeps its name; further ones come from NATROLITE_BIND (a:b:c).
[ -e /.natrolite-host ] && exec "$@"
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
  for name in "$@"; do
    write "$name" <<'END'
#!/bin/sh
bin=$(cd "$(dirname "$0")" && pwd -P)
exec "$bin/enter" env LD_PRELOAD="${NATROLITE_PRELOAD:-${LD_PRELOAD:-}}" "${bin%/bin}/build/$(basename "$0")" "$@"
END
  done
  write mpiexec <<END
#!/bin/sh
exec "\$(dirname "\$0")/enter" /usr/bin/mpiexec ${MPIEXEC_OPTIONS:-} "\$@"
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

# the command of the user, when all is there
run_command() {
  say "ready: $dir/bin/lmp"
  if [ ${#command[@]} -gt 0 ]; then
    exec 9>&-
    export NATROLITE_HOST=$dir NATROLITE_LMP=$dir/bin/lmp NATROLITE_MPIEXEC=$dir/bin/mpiexec
    exec "${command[@]}"
  fi
}

sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)/debian-source.sh
dir=${XDG_CACHE_HOME:-$HOME/.cache}/natrolite/$program
command=()
inputs=""
while [ $# -gt 0 ]; do
  case $1 in
    --dir) dir=${2:?$program: --dir wants a folder}; shift 2 ;;
    --) shift; command=("$@"); break ;;
    *) say "usage: $0 [--dir DIR] [-- COMMAND...]" >&2; exit 2 ;;
  esac
done
check_machine
mkdir -p "$dir"
dir=$(cd "$dir" && pwd -P)
exec 9>"$dir/lock"
flock 9 # two calls at once: the second waits

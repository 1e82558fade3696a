#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Sources of a Debian package, and the part of LAMMPS' KOKKOS that is compiled.
#
#   tools/debian-source.sh fetch SUITE PACKAGE DIR   DIR becomes the unpacked sources; exit 77 where the
#                                                    machine's mirror has them not
#   tools/debian-source.sh prune LAMMPS NAME...      of LAMMPS/src/KOKKOS keep all headers, since plugins
#                                                    include them, and of the sources these (without .cpp)
#   tools/debian-source.sh mirror                    prints the mirror of the machine's own apt
#
# Needs root and apt. Leaves nothing but DIR; the machine's own lists of packages stay as they are.
set -euo pipefail

cannot() { echo "debian-source: $*" >&2; exit 77; }

mirror() {
  local found
  found=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' | head -n 1)
  if [ -z "$found" ]; then
    apt-get update -qq
    found=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' | head -n 1)
  fi
  [ -n "$found" ] || cannot "apt knows no Debian mirror"
  echo "$found"
}

fetch() {
  local suite=$1 package=$2 to=$3 site
  site=$(mirror)
  rm -rf --one-file-system "$to"
  mkdir -p "$(dirname "$to")"
  apt=$(mktemp -d "$to.XXXXXX")
  trap 'rm -rf "$apt"' EXIT
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/unpacked"
  echo "deb-src $site $suite main" >"$apt/sources.list"
  local options=(-qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
                 -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache"
                 -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$apt" && apt-get "${options[@]}" source --download-only --tar-only "$package") ||
    cannot "Debian's mirror has no source of $package in $suite"
  local unwanted=(doc bench examples potentials tools)
  tar -xf "$apt/$package"_*.tar.* -C "$apt/unpacked" "${unwanted[@]/#/--exclude=}"
  if [ -d "$apt/unpacked/cmake" ]; then mv "$apt/unpacked" "$to"; else mv "$apt"/unpacked/* "$to"; fi # a top folder
}

# a style without source is none
prune() {
  local tree=$1 name styles=$1/cmake/Modules/StyleHeaderUtils.cmake
  shift
  for name in "$tree"/src/KOKKOS/*.cpp; do
    name=$(basename "$name" .cpp)
    case " $* " in
      *" $name "*) ;;
      *) rm "$tree/src/KOKKOS/$name.cpp" ;;
    esac
  done
  sed -i 's/if(EXISTS "${ext_file_name}")/if(EXISTS "${abs_path}\/${basename}_${extension}.cpp")/' "$styles"
  grep -q '{extension}.cpp")' "$styles"
}

case ${1:-} in
  fetch) [ $# = 4 ] && fetch "$2" "$3" "$4" ;;
  prune) [ $# -ge 2 ] && prune "${@:2}" ;;
  mirror) mirror ;;
  *) echo "debian-source: see the head of $0" >&2; exit 2 ;;
esac

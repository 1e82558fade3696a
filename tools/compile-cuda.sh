#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Do the /kk styles and the engine's operators compile for NVIDIA GPUs? Compiles with nvcc, links nothing, runs nothing, needs no GPU.
#
#   tools/compile-cuda.sh --lammps DIR --kokkos DIR [--torch DIR] [--arch 80,90] [SOURCE ...]
#
# --lammps  sources of LAMMPS with src/KOKKOS
# --kokkos  sources of Kokkos, or the prefix of an installed one, of the version that LAMMPS wants;
#           its headers are enough, whatever it was configured for. Both are in the folder DIR that
#           tools/kokkos-host.sh leaves: --lammps DIR/lammps --kokkos DIR/debian/usr
# --torch   the folder torch of a Python, any build: also compiles the engine's operators (with their
#           CUDA keys) and its CUDA stream
# --arch    compute capabilities (default 80,90)
# SOURCE    default: LAMMPS' own fix_nve_kokkos.cpp, to tell the errors of its headers from ours,
#           then src/plugin_kokkos.cpp and src/lammps/kokkos/*.cpp, and with --torch
#           src/torch/exchange_operators.cpp and src/torch/cuda_stream.cpp
# NVCC      the compiler (environment; default nvcc)
#
# Exit: 0 all compiled, 1 something did not, 2 wrong usage, 77 something is missing.
set -u -o pipefail
top=$(cd "$(dirname "$0")/.." && pwd)

missing() { echo "compile-cuda.sh: $1; nothing was compiled"; exit 77; }
usage() { echo "compile-cuda.sh: $1 (see the head of this file)"; exit 2; }

lammps='' kokkos='' torch='' archs='80,90' sources=()
while [ $# -gt 0 ]; do
  case $1 in
    --lammps|--kokkos|--torch|--arch)
      [ $# -gt 1 ] || usage "$1 needs a value"
      case $1 in --lammps) lammps=$2 ;; --kokkos) kokkos=$2 ;; --torch) torch=$2 ;; --arch) archs=$2 ;; esac
      shift 2 ;;
    -*) usage "unknown option $1" ;;
    *) sources+=("$1"); shift ;;
  esac
done

nvcc=$(command -v "${NVCC:-nvcc}") || missing "no nvcc: install the CUDA toolkit, or set NVCC"
[ -n "$lammps" ] || missing "no --lammps DIR"
[ -n "$kokkos" ] || missing "no --kokkos DIR"
[ -f "$lammps/src/KOKKOS/fix_nve_kokkos.cpp" ] || missing "no LAMMPS sources with src/KOKKOS in $lammps"

# The headers of Kokkos: of a source tree, or of an installed one.
includes=()
if [ -f "$kokkos/core/src/Kokkos_Core.hpp" ]; then
  for folder in core/src containers/src algorithms/src simd/src tpls/desul/include tpls/mdspan/include; do
    includes+=(-I "$kokkos/$folder")
  done
  version=$(sed -n 's/^set(Kokkos_VERSION_\(MAJOR\|MINOR\|PATCH\) \([0-9]*\)).*/\2/p' "$kokkos/CMakeLists.txt")
else
  for folder in "$kokkos" "$kokkos/include" "$kokkos/include/kokkos" "$kokkos/usr/include/kokkos"; do
    [ -f "$folder/Kokkos_Core.hpp" ] && includes=(-I "$folder") && break
  done
  [ ${#includes[@]} -gt 0 ] || missing "no Kokkos_Core.hpp in $kokkos"
  version=$(sed -n 's/^#define KOKKOS_VERSION_\(MAJOR\|MINOR\|PATCH\) \([0-9]*\).*/\2/p' "$folder/KokkosCore_config.h")
fi
read -r major minor patch <<<"$(echo $version)"
[ -n "${patch:-}" ] || missing "cannot tell the version of the Kokkos in $kokkos"
release=$(sed -n 's/.*LAMMPS_VERSION "\(.*\)".*/\1/p' "$lammps/src/version.h")
[ -n "$release" ] || missing "no LAMMPS_VERSION in $lammps/src/version.h"
day=$(date -d "$release" +%Y%m%d) || missing "cannot read the LAMMPS version '$release'"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# What Kokkos' CMake would write for -DKokkos_ENABLE_CUDA=ON and one architecture; found before the
# files of an installed Kokkos because its folder comes first.
configure() {    # compute capability, folder
  local family arch=$1 to=$2 name
  case $arch in
    8?) family=AMPERE ;; 90) family=HOPPER ;; 1??) family=BLACKWELL ;;
    *) usage "--arch $arch: known are 80 86 90 100 120" ;;
  esac
  [ "$arch" != 89 ] || usage "--arch 89: known are 80 86 90 100 120"
  mkdir -p "$to/desul/atomics"
  {
    echo "#if !defined(KOKKOS_MACROS_HPP) || defined(KOKKOS_CORE_CONFIG_H)"
    echo "#error include Kokkos_Macros.hpp"
    echo "#endif"
    echo "#define KOKKOS_CORE_CONFIG_H"
    echo "#define KOKKOS_VERSION $((major * 10000 + minor * 100 + patch))"
    echo "#define KOKKOS_VERSION_MAJOR $major"
    echo "#define KOKKOS_VERSION_MINOR $minor"
    echo "#define KOKKOS_VERSION_PATCH $patch"
    for name in ENABLE_SERIAL ENABLE_CUDA ENABLE_CUDA_LAMBDA ENABLE_CXX20 ENABLE_COMPLEX_ALIGN \
                ENABLE_IMPL_MDSPAN ENABLE_IMPL_REF_COUNT_BRANCH_UNLIKELY ENABLE_LIBDL \
                "ENABLE_DEPRECATED_CODE_$major" "ARCH_$family" "ARCH_$family$arch"; do
      echo "#define KOKKOS_$name"
    done
  } > "$to/KokkosCore_config.h"
  printf '#include <%s>\n' setup/Kokkos_Setup_Cuda.hpp > "$to/KokkosCore_Config_SetupBackend.hpp"
  printf '#include <fwd/Kokkos_Fwd_%s.hpp>\n' SERIAL CUDA > "$to/KokkosCore_Config_FwdBackend.hpp"
  printf '#include <decl/Kokkos_Declare_%s.hpp>\n' SERIAL CUDA > "$to/KokkosCore_Config_DeclareBackend.hpp"
  printf '#define DESUL_ATOMICS_ENABLE_CUDA\n' > "$to/desul/atomics/Config.hpp"
}

# A call of a host function from device code is only a warning of nvcc, and a crash on the GPU.
flags=(-x cu -std=c++20 -expt-extended-lambda -Werror cross-execution-space-call
  -D LMP_KOKKOS -D LMP_KOKKOS_DOUBLE_DOUBLE -D LMP_KOKKOS_LAYOUT_LEGACY -D LAMMPS_SMALLBIG
  -D "NATROLITE_HOST_VERSION=$day"
  -I "$lammps/src" -I "$lammps/src/KOKKOS" -I "$lammps/src/STUBS"
  -I "$top/src" -I "$top/src/core" -I "$top/src/model" -I "$top/src/lammps")

if [ -n "$torch" ]; then
  [ -f "$torch/include/ATen/ATen.h" ] || missing "no LibTorch headers in $torch"
  torch_version=$(sed -n "s/^__version__ = '\(.*\)'/\1/p" "$torch/version.py")
  flags+=(-isystem "$torch/include" -isystem "$torch/include/torch/csrc/api/include")
fi

ours=("$top"/src/lammps/kokkos/*.cpp)
if [ ${#sources[@]} -eq 0 ]; then
  [ -f "${ours[0]}" ] || missing "no src/lammps/kokkos/*.cpp in $top"
  sources=("$lammps/src/KOKKOS/fix_nve_kokkos.cpp" "$top/src/plugin_kokkos.cpp" "${ours[@]}")
  [ -z "$torch" ] || sources+=("$top/src/torch/"{exchange_operators,cuda_stream}.cpp)
fi

report=() failed=0
for arch in ${archs//,/ }; do
  configure "$arch" "$scratch/sm_$arch"
  for source in "${sources[@]}"; do
    [ -f "$source" ] || usage "no file $source"
    log=$scratch/log outcome=ok start=$SECONDS
    "$nvcc" "${flags[@]}" -arch "sm_$arch" -I "$scratch/sm_$arch" "${includes[@]}" \
      -c "$source" -o "$scratch/object.o" > "$log" 2>&1 || { outcome=FAILED; failed=1; }
    # warnings about our own files; of the hosts' headers there are many
    if [ $outcome = FAILED ]; then cat "$log"; else grep -A4 -F "$top/" "$log"; fi
    report+=("$(printf '%-7s sm_%s  %s  (%d s)' $outcome "$arch" "${source#"$top"/}" $((SECONDS - start)))")
    echo "${report[-1]}" >&2
  done
done

echo "Compiled only; nothing was linked or run on a GPU:"
printf '  %s\n' "${report[@]}"
echo "with $("$nvcc" --version | sed -n 's/.*release [^,]*, V/nvcc /p'), $(g++ --version | head -n 1)," \
     "Kokkos $major.$minor.$patch, LAMMPS $release${torch:+, torch $torch_version}"
exit $failed

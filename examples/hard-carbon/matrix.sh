#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Quench, sodiation, transport and density of all systems, densities x loadings, and vibrations of the carbon. run.sh
# reads this file for its list of runs (its `run` runs a deck, resumes it, keeps the time) and writes the page then.
#
#   examples/hard-carbon/matrix.sh [test|small|full]      the same as examples/run.sh [test|small|full] hard-carbon
#
# small: 1.5, 2.0 and 2.5 g/cm^3 with 50 and 100 % sodium. full: 18 systems as published, 1.5 to 3.0 g/cm^3 with 25, 50
# and 100 %; the longest first. Environment, beside that of run.sh: DENSITIES, LOADINGS, JOBS (densities at a time, 2), RANKS (of each, 1).
[ "${BASH_SOURCE[0]}" = "$0" ] && exec "$(dirname "$0")/../run.sh" "${1:-small}" hard-carbon
case $size in
  test) : "${DENSITIES:=2.0}" "${LOADINGS:=50}" ;;
  small) : "${DENSITIES:=2.5 2.0 1.5}" "${LOADINGS:=50 100}" ;;
  full) : "${DENSITIES:=3.0 2.5 2.2 2.0 1.7 1.5}" "${LOADINGS:=25 50 100}" ;;
esac
JOBS=${JOBS:-2} RANKS=${RANKS:-1}

# everything of one density; what follows a deck that fails is left out
of_density() {
  local density=density=$1 loading T
  saved=carbon-$1 run quench "$density" || return 0
  for loading in $LOADINGS; do
    run sodiate "$density" "loading=$loading" && saved=sodium-$1-$loading run transport "$density" "loading=$loading" \
      && run density "$density" "loading=$loading" || true
  done
  for T in 800 1200; do run validate "$density" "T=$T" || true; done
}

for value in $DENSITIES; do
  while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do wait -n || true; done
  of_density "$value" &
done
wait

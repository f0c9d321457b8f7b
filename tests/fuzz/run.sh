#!/usr/bin/env bash
# Runs the fuzzers one after the other, each for so many seconds, and stops at the first that finds something.
#
#   tests/fuzz/run.sh [SECONDS [HARNESS...]]     20 seconds and all of them, unless told otherwise; a night: run.sh 3600
#
# Where a run ends the next one begins: what it learned is in build/fuzz/corpus ($GIBBS_FUZZ_CORPUS), one folder a harness.
# What it finds is in build/fuzz/findings: mend the cause, and keep the file in tests/fuzz/crashes for replay_test.cpp.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

seconds=${1:-20}
shift || true
[[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "'$seconds' is no number of seconds; tests/fuzz/run.sh [SECONDS [HARNESS...]]"
here=$root/tests/fuzz
read -ra known <<<"$(sed -n 's/^set(harnesses \(.*\))$/\1/p' "$here/CMakeLists.txt") command_line"
chosen=("${@:-${known[@]}}")
for name in "${chosen[@]}"; do
  [[ " ${known[*]} " == *" $name "* ]] || fail "there is no harness $name; there are: ${known[*]}"
done

packages+=(clang libclang-rt-14-dev)
install_packages
corpus=${GIBBS_FUZZ_CORPUS:-$root/build/fuzz/corpus}
findings=$root/build/fuzz/findings
mkdir -p "$corpus" "$findings"
scratch=$(TMPDIR=$([[ -w /dev/shm ]] && echo /dev/shm || echo "${TMPDIR:-/tmp}") mktemp -d) # files in memory are faster
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch

# fuzz NAME: libFuzzer on one harness. Inputs are short, since long ones are slow and seldom tell more.
fuzz() {
  local name=$1 folders=("$corpus/$1") length=4096 dictionary=()
  mkdir -p "$corpus/$name"
  for folder in "$here/corpus/$name" "$here/crashes/$name"; do
    [[ ! -d $folder ]] || folders+=("$folder")
  done
  [[ $name != cifar10 ]] || length=9300 # three records
  [[ ! -f $here/dictionaries/$name.txt ]] || dictionary=(-dict="$here/dictionaries/$name.txt")
  "$root/build/fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -max_len=$length -timeout=300 -report_slow_units=300 \
    -rss_limit_mb=2048 -malloc_limit_mb=512 -artifact_prefix="$findings/$name-" \
    -print_final_stats=1 "${dictionary[@]}" "${folders[@]}" \
    >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    fail "$name found something: the input is in $findings."
  }
  sed -nE -e "s/^#([0-9]+)\tDONE +cov: ([0-9]+).*/$(printf '%-15s' "$name") \1 executions, \2 edges/p" \
    -e 's/^accepted/                &/p' "$scratch/log"
}

for name in "${chosen[@]}"; do
  if [[ $name == command_line ]]; then
    build_release cifar10_convnet classify compare_runs ce_vs_kl entropy_lesson
    GIBBS_PROGRAMS=$root/build/release/examples python3 -B "$here/command_line.py" --seconds "$seconds" \
      --findings "$findings" || fail "command_line found something: the arguments are in $findings."
  else
    configure_folder fuzz --preset fuzz
    build_folder fuzz "fuzz_$name"
    fuzz "$name"
  fi
done

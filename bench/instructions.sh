#!/usr/bin/env bash
# Counts the instructions of two training steps with valgrind, and fails when they are more than 3 % above what
# bench/instructions.txt says: a guard that no noise can fool. The build is for x86-64-v3, since valgrind knows no AVX-512.
#
#   bench/instructions.sh [--update]     --update writes the present count into bench/instructions.txt
set -euo pipefail
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$bench/../build/x86-64-v3
expected_file=$bench/instructions.txt
fail() {
  printf 'Stopped: %s\n' "$*" >&2
  exit 1
}
command -v valgrind >/dev/null || fail "valgrind is missing: apt-get install valgrind"

cmake -S "$bench/.." -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DGIBBS_ARCH=x86-64-v3 \
      -DGIBBS_BUILD_TESTS=OFF >/dev/null
cmake --build "$build" --target bench/convnet_step >&2
compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
version=$("$compiler" -dumpfullversion)

count=$(OPENBLAS_CORETYPE=Haswell valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
          --toggle-collect='*train_step*' "$build/bench/convnet_step" --only-steps --threads 1 --batch 20 --warmup 1 \
          --steps 1 2>&1 | sed -n 's/.*Collected : *\([0-9]*\).*/\1/p')
[[ ${count:-0} -gt 0 ]] || fail "valgrind counted nothing: run the command in $0 by hand to see why."

if [[ ${1:-} == --update ]]; then
  printf '%s %s\n' "$version" "$count" >"$expected_file"
fi
read -r expected_version expected <"$expected_file"
printf 'Two training steps of 20 images: %d instructions, expected %d (%+.2f %%)\n' "$count" "$expected" \
       "$(awk "BEGIN { print 100 * ($count / $expected - 1) }")"
if [[ $version != "$expected_version" ]]; then
  echo "Not judged: the expected count is of g++ $expected_version, this is $version."
elif ((count * 100 > expected * 103)); then
  fail "the step got longer: find out why (--profile on the trainer), or say so with bench/instructions.sh --update."
elif ((count * 103 < expected * 100)); then
  echo "The step got shorter: keep it so with bench/instructions.sh --update."
fi

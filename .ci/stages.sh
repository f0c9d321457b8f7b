# The stages of .ci/run --full: what takes longer, or needs tools and rights that not every machine has. Sourced by run, whose
# functions they use, after the packages. A stage is a function of its name; .ci/run --stage NAME runs it alone.
# shellcheck shell=bash

stages=(instructions portable clang tidy newest_clang libcxx arm64 debian13 tsan fuzz torture)

run_stages() {
  local name
  for name in "${chosen[@]}"; do
    step "Stage $name"
    "stage_$name"
  done
}

# has TOOL PACKAGE...: whether there is such a tool, which these packages hold; says so where there is none.
has() {
  local tool=$1 packages=("${@:2}")
  command -v "$tool" >/dev/null || (install_packages) || true
  command -v "$tool" >/dev/null || {
    say "Skipped: there is no $tool here (apt-get install ${*:2})."
    return 1
  }
}

# library_tests FOLDER: the tests of the library in a build of it, and not those of programs and scripts.
library_tests() {
  ctest --test-dir "$1" --output-on-failure --parallel 2 --tests-regex "^($(library_folders | paste -sd'|')|battery)/"
}

# digests FILE PROGRAM: what a build's battery_tests computes, in bits.
digests() { GIBBS_DIGESTS=$1 "$2" --gtest_filter='Digests.*'; }

# same_bits BATTERY_TESTS PROGRAMS: whether a build computes the bits of g++'s build for this machine, and those of the docs.
same_bits() {
  build_release battery_tests
  digests "$temporary/digests" build/release/tests/battery_tests
  digests "$temporary/digests-here" "$1"
  diff "$temporary/digests" "$temporary/digests-here"
  GIBBS_PROGRAMS=$2 scripts/reproduce.sh
}

# The count of a training step's instructions: a guard of speed that no noise can fool.
stage_instructions() {
  has valgrind valgrind || return 0
  bench/instructions.sh
}

# Programs compiled for any CPU; the library in use is their own, for any CPU, or the portable folder's for AVX2. And the bits
# of the libraries for AVX2 and for AVX-512, each loaded by the same programs.
stage_portable() {
  local folder level
  scripts/portable.sh "$temporary/portable"
  GIBBS_PROGRAMS=$temporary/portable/bin python3 -B tests/examples/portable_test.py
  cmake -S . -B build/shared-tests -G Ninja -DCMAKE_BUILD_TYPE=Release -DGIBBS_SHARED=ON -DGIBBS_ARCH=x86-64 \
        -DGIBBS_WERROR=ON "${library_only[@]}"
  cmake --build build/shared-tests
  for folder in build/shared-tests/lib "$temporary/portable/lib/glibc-hwcaps/x86-64-v3"; do
    LD_LIBRARY_PATH=$(realpath "$folder") library_tests build/shared-tests
  done
  for level in x86-64-v3 x86-64-v4; do
    if [[ $level == x86-64-v4 ]] && ! grep -q avx512vl /proc/cpuinfo; then
      say "No AVX-512 here: the library for it is not compared."
      break
    fi
    export LD_LIBRARY_PATH=$temporary/portable/lib/glibc-hwcaps/$level
    digests "$temporary/digests-$level" build/shared-tests/tests/battery_tests
    GIBBS_PROGRAMS=$temporary/portable/bin scripts/reproduce.sh
    unset LD_LIBRARY_PATH
    diff "$temporary/digests-x86-64-v3" "$temporary/digests-$level"
  done
}

# clang_build FOLDER COMPILER: everything, each file alone, so that it is seen to include what it needs; the tests of the
# library, and its bits. The tests of initialize among them: clang makes the arguments of a call in another order.
clang_build() {
  cmake -S . -B "$1" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$2" -DGIBBS_WERROR=ON \
        -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DCMAKE_UNITY_BUILD=OFF
  cmake --build "$1"
  library_tests "$1"
  same_bits "$1/tests/battery_tests" "$1/examples"
}

stage_clang() {
  has clang++ clang || return 0
  clang_build build/clang clang++
}

# The newest clang that Debian offers here.
stage_newest_clang() {
  local newest
  newest=$(apt-cache pkgnames clang- 2>/dev/null | sed -n 's/^clang-\([0-9]*\)$/\1/p' | sort -n | tail -n 1)
  [[ -n $newest ]] || {
    say "Skipped: apt knows no clang here."
    return 0
  }
  has "clang++-$newest" "clang-$newest" || return 0
  clang_build "build/clang-$newest" "clang++-$newest"
}

# In a folder of its own, where nothing is built: without precompiled headers there is nothing to build first.
stage_tidy() {
  has run-clang-tidy-14 clang-tidy-14 && has clang++ clang || return 0
  local checked
  checked="^$root/($(library_folders | paste -sd'|')|examples)/"
  cmake -S . -B build/tidy -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER=clang++ -DGIBBS_WERROR=ON \
        -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DCMAKE_UNITY_BUILD=OFF -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON
  run-clang-tidy-14 -quiet -p build/tidy -j 2 -header-filter="$checked" "$checked"
}

stage_libcxx() { .ci/libcxx.sh; }
stage_debian13() { .ci/debian13.sh; }

stage_arm64() {
  build_release battery_tests
  digests "$temporary/digests" build/release/tests/battery_tests
  .ci/arm64.sh "$temporary/digests"
}

stage_tsan() {
  build tsan "${library_only[@]}"
  ctest --preset tsan --parallel 2
}

# Every fuzzer for 20 seconds.
stage_fuzz() {
  has clang++ clang || return 0
  tests/fuzz/run.sh 20
}

# Trainings that are tortured for a minute.
stage_torture() {
  has strace strace || return 0
  tests/torture/run.sh --seconds 60
}

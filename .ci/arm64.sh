#!/usr/bin/env bash
# Builds everything for arm64 with Debian's cross compiler, warnings as errors, and runs under an emulator what takes it
# minutes: the tests of some folders, and the ten steps and the digests that must have x86-64's bits (docs/portable_bits.md).
#
#   .ci/arm64.sh [DIGESTS]
#
# DIGESTS is what battery_tests wrote elsewhere, with GIBBS_DIGESTS=DIGESTS and --gtest_filter='Digests.*'.
# The libraries are Debian's for arm64, from the mirror that apt uses here, unpacked into a folder: this system stays as it is,
# and nothing is mounted. The folder (1 GB with the build) is build/arm64, or $GIBBS_ARM64, and is filled once. Where apt has
# no mirror of Debian, says so and exits with 0.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"
exec </dev/null

# Test programs, the longest first.
folders=(battery losses tensor nn autograd optim)
# Tests that fail because of the emulator: those that start their own program again, which the system's kernel cannot run, and
# one that starts a program that is not there, which qemu-user notices too late, in another process.
left_out=(
  OpenBlasDeathTest.TakesTheBestKernelsUnlessItIsToldWhich
  BlasMemory.WithoutRoomForABufferAProductIsAnError
  BlasMemory.ABufferThatThereIsServesAgain
  Parallel.ThreadsThatTheSystemRefusesAreAnError
  Parallel.RefusedThreadsLeaveTheNumberAsItWas
  WriteGraph.WithoutGraphvizTheErrorSaysWhatToInstall
)

digests=${1:-}
[[ -z $digests || -f $digests ]] || fail "there is no file $digests: name one that battery_tests wrote, or none."

[[ $(uname -m) != aarch64 ]] || skip "this machine is arm64 itself, and .ci/run is for it."
command -v apt-get >/dev/null || skip "there is no apt here, which has the libraries for arm64."
keys=/usr/share/keyrings/debian-archive-keyring.gpg
# shellcheck disable=SC2016  # apt expands these
sources=$(apt-get indextargets --format "deb [signed-by=$keys]"' $(SITE) $(RELEASE) $(COMPONENT)' \
                                'Created-By: Packages' 'Origin: Debian' | sort -u) || true
[[ -n $sources ]] || skip "apt has no mirror of Debian here."

libraries=$(printf '%s\n' "${packages[@]}" | grep -E '^(lib|nlohmann).*-dev$')
packages+=(g++-aarch64-linux-gnu qemu-user)
install_packages

folder=${GIBBS_ARM64:-$root/build/arm64}
mkdir -p "$folder"
folder=$(realpath "$folder")

# unpack: Debian's libraries for arm64, with all that they depend on, in $folder/system. An apt with lists of its own, which
# believes that nothing is installed, downloads them.
unpack() {
  local apt=$folder/apt new=$folder/partial package link
  rm -rf "$apt" "$new"
  mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$new"
  printf '%s\n' "$sources" >"$apt/sources.list"
  : >"$apt/status"
  local options=(-q -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists"
                 -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt" -o APT::Architecture=arm64
                 -o APT::Architectures::=arm64 -o APT::Sandbox::User=)
  # shellcheck disable=SC2086  # a word each
  if ! apt-get "${options[@]}" update ||
     ! apt-get "${options[@]}" -y --no-install-recommends --download-only install libc6-dev $libraries; then
    fail "apt could not fetch the libraries for arm64: mend what it says above, then run this again."
  fi
  for package in "$apt"/archives/*.deb; do
    dpkg -x "$package" "$new"
  done
  # Links that name a place in the whole system would lead into this one.
  while IFS= read -r link; do
    ln -srfn "$new$(readlink "$link")" "$link"
  done < <(find "$new" -type l -lname '/*')
  rm -rf "$apt"
  mv "$new" "$folder/system" # renamed when complete
}
if [[ ! -d $folder/system ]]; then
  unpack >&2
fi

cat >"$folder/toolchain.cmake" <<CMAKE
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_SYSROOT "$folder/system")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-aarch64;-L;$folder/system")
CMAKE
aarch64-linux-gnu-g++ --version | head -n 1
cmake -S "$root" -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DGIBBS_WERROR=ON \
      "-DCMAKE_TOOLCHAIN_FILE=$folder/toolchain.cmake"
cmake --build "$folder/build"

# on_arm64 PROGRAM [ARGUMENT...]
on_arm64() { qemu-aarch64 -L "$folder/system" "$folder/build/$1" "${@:2}"; }
# run_tests FOLDER
run_tests() {
  if ! on_arm64 "tests/$1_tests" --gtest_brief=1 "--gtest_filter=-$left_out_names" >"$folder/$1.log" 2>&1; then
    cat "$folder/$1.log"
    return 1
  fi
  printf '%s: %s\n' "$1" "$(grep -F '[  PASSED  ]' "$folder/$1.log")"
}
left_out_names=$(IFS=: && printf '%s' "${left_out[*]}")
export -f on_arm64 run_tests
export folder left_out_names RC_PARAMS='seed=1 max_success=1000'
printf '%s\n' "${folders[@]}" | xargs -P 2 -I '{}' bash -c 'run_tests {}' || fail "the tests above fail on arm64."

on_arm64 examples/reference_bits | diff "$root/docs/reference_bits.txt" - ||
  fail "arm64 trains to other bits, first in the step and the parameter above."
say "ten steps: the same bits"
if [[ -n $digests ]]; then
  GIBBS_DIGESTS=$folder/digests on_arm64 tests/battery_tests --gtest_brief=1 --gtest_filter='Digests.*'
  diff "$digests" "$folder/digests" || fail "the samples above have other bits on arm64."
  say "$(wc -l <"$digests") digests: the same bits"
fi

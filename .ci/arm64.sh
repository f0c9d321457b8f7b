#!/usr/bin/env bash
# Builds everything for arm64 with Debian's cross compiler, warnings as errors, and runs what an emulator can in minutes: the
# tests of some folders, and whether bits are those of x86-64: of the ten steps of docs/portable_bits.md, and of the registry.
#
#   .ci/arm64.sh [DIGESTS [options of ctest, such as -R tensor]]
#
# DIGESTS is what battery_tests wrote elsewhere, with GIBBS_DIGESTS=DIGESTS and --gtest_filter='Digests.*'; - is none.
# The libraries are Debian's for arm64, from the mirror that apt uses here, unpacked into a folder, so that this system stays
# as it is and no right to mount is needed: 200 MB and the build in build/arm64, or $GIBBS_ARM64. Where apt has no mirror of
# Debian, says so and exits with 0.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"
exec </dev/null

skip() {
  say "Skipped: $*"
  exit 0
}

# What takes longest of all, or asks for what qemu-user does not have, is left out, by name:
folders='tensor|autograd|losses|optim|battery'
left_out=(
)

digests=${1:--}
[[ $digests == - || -f $digests ]] || fail "there is no file $digests: name one that battery_tests wrote, or -."

command -v apt-get >/dev/null || skip "there is no apt here, which has the libraries for arm64."
# shellcheck disable=SC2016  # apt expands these
sources=$(apt-get indextargets --format 'deb [signed-by=$(SIGNED_BY)] $(SITE) $(RELEASE) $(COMPONENT)' \
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
  apt-get "${options[@]}" update
  # shellcheck disable=SC2086  # a word each
  apt-get "${options[@]}" -y --no-install-recommends --download-only install libc6-dev $libraries
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
[[ -d $folder/system ]] || unpack >&2 || fail "apt could not fetch the libraries: mend what it says above, then run this again."

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

ctest --test-dir "$folder/build" --output-on-failure --parallel 2 --tests-regex "^($folders)/" \
      --exclude-regex "^($(IFS='|' && printf '%s' "${left_out[*]}"))" "${@:2}"

# on_arm64 PROGRAM [ARGUMENT...]
on_arm64() { qemu-aarch64 -L "$folder/system" "$folder/build/$1" "${@:2}"; }

on_arm64 examples/reference_bits | diff "$root/docs/reference_bits.txt" - ||
  fail "arm64 trains to other bits, first at the parameter and the step above."
say "ten steps: the same bits"
if [[ $digests != - ]]; then
  GIBBS_DIGESTS=$folder/digests on_arm64 tests/battery_tests --gtest_filter='Digests.*'
  diff "$digests" "$folder/digests" || fail "the samples above have other bits on arm64."
  say "$(wc -l <"$digests") digests: the same bits"
fi

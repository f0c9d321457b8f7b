#!/usr/bin/env bash
# Builds the library and the examples with clang and its own C++ library, libc++, as macOS has it, warnings as errors, and runs
# the tests of tensor and autograd, and the numbered examples. Both are the newest that apt offers here.
#
#   .ci/libcxx.sh [VERSION]     VERSION: of clang and libc++ instead, 19 for example
#
# The build is build/libcxx-VERSION. Says so and exits with 0 where there is no apt.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"
exec </dev/null

# newest: the greatest N of which apt has clang-N, libc++-N-dev and libc++1-N. Debian 12 has headers of libc++ 22 that come with
# the library of 19, which lacks what they call.
newest() {
  apt-cache pkgnames | sed -n 's/^clang-\([0-9]*\)$/\1/p; s/^libc++-\([0-9]*\)-dev$/\1/p; s/^libc++1-\([0-9]*\)$/\1/p' |
    sort -n | uniq -c | awk '$1 == 3 { print $2 }' | tail -n 1
}

command -v apt-cache >/dev/null || skip "there is no apt here, which has clang with libc++."
version=${1:-$(newest)}
[[ $version =~ ^[0-9]+$ ]] || fail "apt has no clang with libc++: apt-get update, or name a version."

packages+=("clang-$version" "libc++-$version-dev" "libc++abi-$version-dev" googletest)
install_packages
build=$root/build/libcxx-$version
"clang++-$version" --version | head -n 1
# The linker leaves out what libstdc++ was compiled into.
cmake -S "$root/.ci/libcxx" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DGIBBS_WERROR=ON \
      "-DCMAKE_CXX_COMPILER=clang++-$version" -DCMAKE_CXX_FLAGS=-stdlib=libc++
cmake --build "$build"
ctest --test-dir "$build" --output-on-failure --parallel 2
for lesson in "$build"/gibbs/examples/[0-9]*; do
  [[ ! -x $lesson || -d $lesson ]] || "$lesson" >/dev/null || fail "$lesson does not reach what it claims."
done
if ldd "$build/tensor_tests" | grep 'libstdc++'; then
  fail "the tests are linked with libstdc++, too."
fi

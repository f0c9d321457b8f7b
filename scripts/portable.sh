#!/usr/bin/env bash
# One folder for every x86-64 machine: installs what is missing, builds the programs of examples/ once, for any CPU, and
# the library three times, and lays them out so that the dynamic linker gives programs the library that suits the CPU.
#
#   scripts/portable.sh [PREFIX]     (default: build/portable)
#
#   PREFIX/bin/                                     the programs
#   PREFIX/lib/libgibbs.so                          the library for x86-64, any CPU
#   PREFIX/lib/glibc-hwcaps/x86-64-v3/libgibbs.so   for CPUs with AVX2
#   PREFIX/lib/glibc-hwcaps/x86-64-v4/libgibbs.so   for CPUs with AVX-512
#
# PREFIX may be moved, and copied to machines that have the packages libopenblas0, libsleef3, libtbb12 and libfmt9, and a
# glibc and libstdc++ no older than here. A glibc below 2.33 knows no glibc-hwcaps and takes the first library.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case ${1:-} in
  -*) fail "unknown option $1: scripts/portable.sh takes a folder or nothing." ;;
esac
machine=$(uname -m)
[[ $machine == x86_64 ]] ||
  fail "this machine is $machine, and the folder is for x86-64: elsewhere one library does for every CPU (cmake --install)."
prefix=$(realpath -m -- "${1:-$root/build/portable}")

# lay_out FOLDER FILE...: copies the files to PREFIX/FOLDER, without symbols for debuggers. What runs meanwhile goes on.
lay_out() {
  install -D --strip --target-directory="$prefix/$1" "${@:2}" ||
    fail "cannot write in $prefix: make room for 20 MB there, or name another folder."
}

install_packages
for arch in x86-64 x86-64-v3 x86-64-v4; do
  configure_folder "shared-$arch" -S . -B "build/shared-$arch" -G Ninja -DCMAKE_BUILD_TYPE=Release -DGIBBS_SHARED=ON \
                   "-DGIBBS_ARCH=$arch" -DGIBBS_BUILD_TESTS=OFF -DGIBBS_BUILD_BENCH=OFF
  build_folder "shared-$arch" gibbs
  folder=lib
  [[ $arch == x86-64 ]] || folder=lib/glibc-hwcaps/$arch
  lay_out "$folder" "$root/build/shared-$arch/lib/libgibbs.so"
done
build_folder shared-x86-64 all
mapfile -t programs < <(find "$root/build/shared-x86-64/examples" -maxdepth 1 -type f -executable)
lay_out bin "${programs[@]}"

say "$prefix has ${#programs[@]} programs in bin, and the library for x86-64, x86-64-v3 (AVX2) and x86-64-v4 (AVX-512)."
say "Which of the three is loaded: $prefix/bin/doctor"
say "The same on a lesser CPU:     /lib64/ld-linux-x86-64.so.2 --glibc-hwcaps-mask x86-64-v3 $prefix/bin/doctor"

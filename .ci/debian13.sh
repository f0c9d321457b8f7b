#!/usr/bin/env bash
# Builds everything with Debian 13's g++ 14 and libraries, warnings as errors, and runs the tests: what a user of the next
# Debian meets. The system is a folder made by debootstrap, from the mirror that apt uses here.
#
#   .ci/debian13.sh [options of ctest, such as -R tensor]
#
# The folder (2 GB, ccache's cache included) is build/debian13, or $GIBBS_DEBIAN13, and is made once. Needs root, and the
# right to mount; where one of them is missing, says so and exits with 0.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/common.sh"
exec </dev/null

(($(id -u) == 0)) || skip "only root can make a Debian 13 beside this system."
command -v debootstrap >/dev/null || skip "there is no debootstrap here: apt-get install debootstrap."
unshare --mount true 2>/dev/null || skip "this machine lets nobody mount folders."
# shellcheck disable=SC2016  # apt expands it
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' | head -n 1) || true
[[ -n $mirror ]] || skip "apt has no mirror of Debian here."

folder=${GIBBS_DEBIAN13:-$root/build/debian13}
mkdir -p "$folder"
folder=$(realpath "$folder")
if [[ ! -d $folder/system ]]; then # renamed when complete
  rm -rf --one-file-system "$folder/partial"
  unshare --mount debootstrap --variant=minbase --include=ca-certificates trixie "$folder/partial" "$mirror" >&2 ||
    fail "debootstrap could not make $folder: mend what it says above, then run this again."
  mv "$folder/partial" "$folder/system"
fi
mkdir -p "$folder/system/gibbs" "$folder/system/build"
cp /etc/resolv.conf "$folder/system/etc/resolv.conf"

# Mounts end with the shell that made them. The tree is read-only: what a test writes goes elsewhere.
# shellcheck disable=SC2016  # the inner shells expand these
unshare --mount bash -euc '
  system=$1 tree=$2
  for name in proc sys dev; do mount --rbind "/$name" "$system/$name"; done
  mount --bind -o ro "$tree" "$system/gibbs"
  exec chroot "$system" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root CI=true \
    ${http_proxy+http_proxy="$http_proxy"} ${https_proxy+https_proxy="$https_proxy"} bash -euc '\''
      source /gibbs/scripts/common.sh
      packages+=(ccache graphviz)
      install_packages
      export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_SLOPPINESS=pch_defines,time_macros
      g++ --version | head -n 1
      cmake -S /gibbs -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DGIBBS_WERROR=ON
      cmake --build /build
      ctest --test-dir /build --output-on-failure --parallel 2 "$@"
    '\'' bash "${@:3}"
' bash "$folder/system" "$root" "$@"

# What the commands in this folder and .ci/run share: messages, packages and builds. Sourced, never run.
# Each function does nothing when there is nothing to do, and stops with one sentence that says what to do.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# packages_of COLUMN: the names in this column of packages.txt (1 for Debian and Ubuntu, which have all of it, 2 Fedora, 3 Arch,
# 4 Homebrew), and last what has no package there.
packages_of() {
  local fields names='' without=''
  while read -ra fields; do
    if [[ ${fields[0]:-#} == '#'* ]]; then
      continue
    elif [[ ${fields[$1]} == - ]]; then
      without+=", ${fields[0]}"
    else
      names+=" ${fields[$1]//,/ }"
    fi
  done <"$root/scripts/packages.txt"
  printf '%s' "${names# }" "${without:+ (no package: ${without#, })}"
}

# Debian's names of everything that is needed. .ci/run adds its tools.
read -ra packages <<<"$(packages_of 1)"

# library_folders: their names, in a line each.
library_folders() { sed -n 's/^folder \([a-z]*\).*/\1/p' "$root/cmake/folders.txt"; }

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "Stopped: $*"
  exit 1
}

# skip SENTENCE: ends well without having done anything.
skip() {
  say "Skipped: $*"
  exit 0
}

# packages_elsewhere: a line for each system without apt, with its command for all of packages.txt.
packages_elsewhere() {
  printf '\n  %s' "Fedora: dnf install $(packages_of 2)" "Arch: pacman -S $(packages_of 3)" \
         "Homebrew: brew install $(packages_of 4)"
}

# install_packages: installs with apt those of the packages that dpkg does not know as installed. GIBBS_SKIP_PACKAGES=1
# skips the question, for systems whose packages have other names.
install_packages() {
  [[ -z ${GIBBS_SKIP_PACKAGES:-} ]] || return 0
  local installed name missing=() as_root=()
  # shellcheck disable=SC2016  # dpkg-query expands these, not the shell
  installed=" $(dpkg-query -W -f='${Package}:${db:Status-Status} ' "${packages[@]}" 2>/dev/null)" || true
  for name in "${packages[@]}"; do
    [[ $installed == *" $name:installed "* ]] || missing+=("$name")
  done
  ((${#missing[@]})) || return 0

  command -v apt-get >/dev/null ||
    fail "there is no apt here; install what these Debian packages hold, then run again with GIBBS_SKIP_PACKAGES=1:" \
         "${missing[*]}$(packages_elsewhere)"
  if (($(id -u) != 0)); then
    command -v sudo >/dev/null || fail "run this as root first: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing with apt: ${missing[*]}"
  # A package list that cannot be refreshed (one dead repository is enough) may still be good enough to install from.
  "${as_root[@]}" apt-get -q update >&2 || say "apt-get update failed; going on with the package lists that are there."
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 install -y \
    --no-install-recommends "${missing[@]}" >&2 ||
    fail "apt-get could not install the packages: mend what it says above, then run this again."
}

# configure_folder FOLDER ARGUMENT...: configures build/FOLDER once, with these arguments of CMake.
# CMake writes build.ninja last, so a configuration that failed half-way is done again.
configure_folder() {
  if [[ ! -f $root/build/$1/build.ninja ]]; then
    (cd "$root" && cmake "${@:2}") >&2 ||
      fail "CMake could not configure: mend what it says above, remove $root/build/$1, then run this again."
  fi
}

# build_folder FOLDER TARGET...: builds the targets ("all" is everything) in build/FOLDER.
build_folder() {
  cmake --build "$root/build/$1" --target "${@:2}" >&2 ||
    fail "the build failed: see the first error above (if memory ran out, set CMAKE_BUILD_PARALLEL_LEVEL=1)."
}

# build_release TARGET...: in build/release, which is configured for this machine's CPU.
build_release() {
  configure_folder release --preset release
  build_folder release "$@"
}

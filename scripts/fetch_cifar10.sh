#!/usr/bin/env bash
# Downloads CIFAR-10 (binary version, 162 MB) once and prints the folder it is in; later runs need no network.
#
# The folder appears by one rename, after the checksum agreed and everything was unpacked: what is there is whole.
# Exit code 0: the folder is printed; 3: the site cannot be reached; 1: anything else, after saying what to do.
#
#   GIBBS_CACHE            where the folder goes (default: ~/.cache/gibbs, or gibbs in $XDG_CACHE_HOME)
#   GIBBS_CIFAR10_URL      another address
#   GIBBS_CIFAR10_SHA256   the checksum of what lies there
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

cache=${GIBBS_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/gibbs}
url=${GIBBS_CIFAR10_URL:-https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz}
sha256=${GIBBS_CIFAR10_SHA256:-c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd}

folder=$cache/cifar-10-batches-bin
partial=$cache/cifar10.partial # everything unfinished; removed at the end, and at the next start after a kill
archive=$partial/archive.tar.gz

finish() {
  printf '%s\n' "$folder"
  exit 0
}
[[ ! -d $folder ]] || finish

command -v curl >/dev/null || fail "curl is missing: install it, or train with --data drawn."
no_room="cannot write in $cache: make room for 400 MB there, or set GIBBS_CACHE to another folder."
{ mkdir -p "$cache" && exec 9>"$cache/cifar10.lock"; } || fail "$no_room"
flock 9 # a second download waits here, then finds the first one's folder
[[ ! -d $folder ]] || finish

trap 'rm -rf "$partial"' EXIT
trap 'exit 130' INT TERM
{ rm -rf "$partial" && mkdir "$partial"; } || fail "$no_room"

say "Downloading CIFAR-10 (162 MB) from $url"
show=--silent
[[ ! -t 2 ]] || show=--progress-bar
status=0
# Only this script holds the lock (9), not its children, so that a kill frees it at once.
answer=$(exec 9>&-; curl "$show" --show-error --fail --location --connect-timeout 15 --speed-limit 1000 --speed-time 30 \
              --output "$archive" --write-out '%{http_code}' "$url") || status=$?
case $status:$answer in
  0:*) ;;
  # No answer at all: no name, route, connection, TLS, or a proxy in the way.
  5:000 | 6:000 | 7:000 | 28:000 | 35:000 | 56:000 | 60:000) exit 3 ;;
  22:*) fail "$url answers with error $answer: set GIBBS_CIFAR10_URL to another address, or train with --data drawn." ;;
  23:*) fail "$no_room" ;;
  *) fail "the download was cut (curl error $status): run this again, or train with --data drawn." ;;
esac

printf '%s  %s\n' "$sha256" "$archive" | sha256sum --check --status ||
  fail "what came from $url is not CIFAR-10 (its SHA-256 is not $sha256) and was removed: run this again," \
       "set GIBBS_CIFAR10_URL to another address, or train with --data drawn."
tar -xzf "$archive" -C "$partial" || fail "the archive could not be unpacked in $cache: make room for 400 MB there."
[[ -f $partial/cifar-10-batches-bin/data_batch_1.bin ]] ||
  fail "the archive from $url holds no cifar-10-batches-bin/data_batch_1.bin: set GIBBS_CIFAR10_URL to another address."
sync "$partial"/cifar-10-batches-bin/* # on the disk before the name, so that a power cut leaves all or nothing
mv "$partial/cifar-10-batches-bin" "$folder"
finish

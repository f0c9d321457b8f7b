#!/usr/bin/env bash
# Trains the article's ConvNet: installs what is missing, builds, finds images, starts cifar10_convnet.
#
#   scripts/train.sh [--data DIR] [any other option of cifar10_convnet]
#
# Images come from the first of: --data DIR; $GIBBS_DATA; CIFAR-10, downloaded once (see fetch_cifar10.sh); and when
# its site cannot be reached, from the built-in drawn set. Relative paths are relative to where you are.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install_packages
build_release cifar10_convnet

asked=
for argument in "$@"; do
  case $argument in
    --data | --data=*) asked=data ;;
    -h | --help) asked=help ;;
  esac
done

data=()
if [[ $asked == data ]]; then
  say "Data: as given by --data"
elif [[ $asked == help ]]; then
  : # needs no images
elif [[ -n ${GIBBS_DATA:-} ]]; then
  say "Data: $GIBBS_DATA (from GIBBS_DATA)"
  data=(--data "$GIBBS_DATA")
else
  status=0
  folder=$("$root/scripts/fetch_cifar10.sh") || status=$?
  case $status in
    0)
      say "Data: CIFAR-10 in $folder"
      data=(--data "$folder")
      ;;
    3)
      say "Data: the built-in drawn set, as CIFAR-10 cannot be downloaded here"
      data=(--data drawn)
      ;;
    *) exit "$status" ;; # fetch_cifar10.sh has said what to do
  esac
fi

exec "$root/build/release/examples/cifar10_convnet" "${data[@]}" "$@"

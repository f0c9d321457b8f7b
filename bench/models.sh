#!/usr/bin/env bash
# Times a training step of whole networks (bench/models.cpp) here and in PyTorch (bench/install_peers.sh pytorch), eager and
# compiled, with contiguous images and in channels_last, whose fastest counts. Prints the ratios, their geometric mean, and each
# step beside what this machine's products and memory would take; proves by the loss after five steps that both compute the
# same. Writes bench/results/models.json.
# Usage: bench/models.sh [rounds] [threads] [part of the networks' names]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

options=(--threads "${2:-2}" --only "${3:-}")
one_round() { # one_round NUMBER: the first also proves that all compute the same
  local setting more=()
  (($1 > 1)) || more+=(--verify)
  ours models "${options[@]}" "${more[@]}"
  for setting in nchw channels_last compile compile_channels_last; do
    peer pytorch pytorch_models.py --setting "$setting" "${options[@]}" "${more[@]}"
  done
}
rounds "${1:-3}" one_round
report models

#!/usr/bin/env bash
# Times the article's training step here and in every peer that is installed (bench/install_peers.sh), in turn, round
# after round, and prints medians, the ratio to ours, and how near the step is to what the machine allows, which
# examples/doctor/yardstick.h explains. Writes bench/results/convnet_step.json and, with gnuplot, a bar chart beside it.
# Usage: bench/run.sh [rounds] [threads]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

threads=${2:-2}
one_round() { # one_round NUMBER: the first also proves that all compute the same
  local setting options=(--threads "$threads")
  (($1 > 1)) || options+=(--verify)
  ours convnet_step "${options[@]}"
  for setting in nchw channels_last; do
    peer system pytorch_step.py --setting "$setting" "${options[@]}"
  done
  for setting in nchw channels_last compile compile_channels_last; do
    peer pytorch pytorch_step.py --setting "$setting" "${options[@]}"
  done
  peer keras keras_step.py --setting graph "${options[@]}"
  peer keras keras_step.py --setting xla --warmup 2 --steps 5 "${options[@]}" # slow
  peer jax jax_step.py "${options[@]}"
}
rounds "${1:-5}" one_round
report step

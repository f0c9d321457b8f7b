#!/usr/bin/env bash
# Times single layers on the shapes of bench/shapes.json, forward and backward, here and in every PyTorch that is
# installed (bench/install_peers.sh), whose better layout counts. Prints for each table the ratios, their geometric mean
# and the worst shape; proves by checksums that all computed the same. Writes bench/results/shapes.json.
# Usage: bench/shapes.sh [rounds] [threads] [part of the shapes' names]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

options=("$bench/shapes.json" --threads "${2:-2}" --only "${3:-}")
one_round() {
  ours shapes "${options[@]}"
  peer system pytorch_shapes.py "${options[@]}"
  peer pytorch pytorch_shapes.py "${options[@]}"
}
rounds "${1:-3}" one_round
report shapes

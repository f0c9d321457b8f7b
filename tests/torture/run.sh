#!/usr/bin/env bash
# Tortures the trainer (see torture.py): builds what it needs, then hurts trainings until the time is over.
#
#   tests/torture/run.sh [--seconds N] [--seed N] [TORTURE ...]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"

build_release cifar10_convnet
GIBBS_PROGRAMS=$root/build/release/examples exec python3 -B "$root/tests/torture/torture.py" "$@"

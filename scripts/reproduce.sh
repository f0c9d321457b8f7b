#!/usr/bin/env bash
# Does this machine train to the same bits as every other? Builds, runs the reference trainings in portable mode, and compares
# with the figures of docs/results.md: "the same bits", or where they first differ (step and parameter).
#
#   scripts/reproduce.sh [DIR]      DIR: CIFAR-10 as JPEG files in class folders, for the third training
#
# GIBBS_PROGRAMS=FOLDER takes programs that are built already. Exits with 1 after a difference.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case ${1:-} in
  -*) fail "unknown option $1: scripts/reproduce.sh takes a folder of images or nothing." ;;
esac
images=${1:-}
[[ -z $images || -d $images ]] || fail "there is no folder $images: name one with CIFAR-10 as JPEG files, or none."

programs=${GIBBS_PROGRAMS:-$root/build/release/examples}
if [[ -z ${GIBBS_PROGRAMS:-} ]]; then
  install_packages
  build_release reference_bits cifar10_convnet
fi
unset GIBBS_BITS GIBBS_GEMM
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
differences=0

# expected NAME: the hexadecimal number in the row of docs/results.md that begins with NAME.
expected() {
  sed -n "s/^| $1 |.*\`\([0-9a-f]\{16,64\}\)\`.*/\1/p" "$root/docs/results.md"
}

# compare NAME HERE: says whether the bits are the expected ones.
compare() {
  if [[ $2 == "$(expected "$1")" ]]; then
    say "$1: the same bits"
  else
    say "$1: OTHER BITS: weights_sha256 is $2 here, $(expected "$1") elsewhere"
    differences=1
  fi
}

# train NAME OPTION...: a training from seed 0, compared by its weights.
train() {
  "$programs/cifar10_convnet" --quiet --seed 0 --bits portable --out "$temporary/run" "${@:2}" >/dev/null
  compare "$1" "$(summary weights_sha256)"
}
summary() {
  sed -n "s/^ *\"$1\": \"\(.*\)\",\{0,1\}$/\1/p" "$temporary/run/summary.json"
}

"$programs/reference_bits" >"$temporary/steps"
if first=$(diff "$root/docs/reference_bits.txt" "$temporary/steps" | sed -n 's/^> \(step [0-9]* parameter [^ ]*\) .*/\1/p;T;q') &&
   [[ -z $first ]]; then
  say "ten steps: the same bits"
else
  say "ten steps: OTHER BITS, first at $first"
  differences=1
fi
train "two epochs of drawn pictures" --data drawn --epochs 2
if [[ -n $images ]]; then
  train "one epoch of CIFAR-10" --data "$images" --epochs 1
  [[ $(summary training_data | cut -d: -f2) == "$(expected "its pixels")" ]] ||
    say "The pixels are others than those of docs/results.md: no wonder, if the bits are, too."
fi
exit "$differences"

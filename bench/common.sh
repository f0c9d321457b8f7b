# What run.sh, inference.sh and shapes.sh share: where the peers are, and rounds in which ours and every peer run in
# turn, so that whatever else the machine does meets all of them. Sourced, never run.
# shellcheck shell=bash

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
peers=${GIBBS_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/gibbs/peers} # where install_peers.sh puts them

# A Python and the module it must have. The system's PyTorch is Debian's python3-torch; PYTHON names another Python.
declare -A pythons=([system]=${PYTHON:-/usr/bin/python3} [pytorch]=$peers/pytorch/bin/python
                    [keras]=$peers/keras/bin/python [jax]=$peers/jax/bin/python)
declare -A modules=([system]=torch [pytorch]=torch [keras]=keras [jax]=jax)
declare -A usable=()

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
out=$results/1 # of the present round

say() { printf '%s\n' "$*" >&2; }

# ours PROGRAM [OPTION...]
ours() {
  local program=$bench/../build/release/bench/$1
  [[ -x $program ]] || {
    say "bench: $1 is not built; scripts/test.sh builds it, or cmake --build --preset release --target $1"
    exit 1
  }
  "$program" "${@:2}" >>"$out"
}

# installed PEER: asks once, and says once what is missing.
installed() {
  if [[ -z ${usable[$1]:-} ]]; then
    usable[$1]=no
    if "${pythons[$1]}" -c "import ${modules[$1]}" >/dev/null 2>&1; then
      usable[$1]=yes
    else
      say "$1: not measured, since ${pythons[$1]} has no ${modules[$1]} (bench/install_peers.sh installs it)"
    fi
  fi
  [[ ${usable[$1]} == yes ]]
}

# peer PEER PROGRAM [OPTION...]: a peer that is not installed, or that fails, is left out.
peer() {
  installed "$1" || return 0
  "${pythons[$1]}" -B "$bench/peers/$2" "${@:3}" >>"$out" 2>"$results/errors" || {
    say "$1: not measured, since it failed: $2 ${*:3}"
    tail -n 3 "$results/errors" >&2
  }
}

# rounds COUNT COMMAND: the command runs once per round.
rounds() {
  local round
  for ((round = 1; round <= $1; ++round)); do
    say "round $round of $1"
    out=$results/round_$round
    "$2" "$round"
  done
}

# report KIND: prints the table and writes into bench/results.
report() { python3 -B "$bench/report.py" "$1" "$results" "$bench/results"; }

#!/usr/bin/env bash
# Installs what bench/run.sh, inference.sh and shapes.sh compare with: Debian's PyTorch with apt, and today's PyTorch,
# Keras on TensorFlow, and JAX with pip, each in a Python virtual environment of its own below $GIBBS_PEERS
# (~/.cache/gibbs/peers), outside the project. What is there already stays as it is; to renew a peer, remove its folder
# and run this again.
#
# PyTorch as pip gives it carries 5 GB of libraries for GPUs, without which it does not load, though nothing here uses
# them; Keras takes 1.6 GB and JAX 0.6. Without names, all are installed.
# Usage: bench/install_peers.sh [system] [pytorch] [keras] [jax]
set -euo pipefail

peers=${GIBBS_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/gibbs/peers}
say() { printf '%s\n' "$*" >&2; }
failed=()

# system: PyTorch for /usr/bin/python3
install_system() {
  local as_root=()
  if /usr/bin/python3 -c 'import torch' >/dev/null 2>&1; then
    say "system: PyTorch is there"
    return
  fi
  if ! command -v apt-get >/dev/null; then
    say "system: there is no apt here; install PyTorch for /usr/bin/python3 (python3-torch, python-pytorch, pytorch)"
    return 1
  fi
  (($(id -u) == 0)) || as_root=(sudo)
  say "system: installing python3-torch with apt"
  "${as_root[@]}" apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends python3-torch >&2
}

# environment NAME MODULE PACKAGE...: a virtual environment in which Python finds MODULE
environment() {
  local python=$peers/$1/bin/python
  if "$python" -c "import $2" >/dev/null 2>&1; then
    say "$1: there, in $peers/$1"
    return
  fi
  say "$1: installing ${*:3} into $peers/$1"
  mkdir -p "$peers" && python3 -m venv "$peers/$1" && "$python" -m pip install --quiet "${@:3}" >&2 &&
    "$python" -c "import $2"
}

(($#)) || set -- system pytorch keras jax
for peer; do
  case $peer in
    system) install_system ;;
    pytorch) environment pytorch torch torch numpy ;;
    keras) environment keras tensorflow tensorflow-cpu keras ;;
    jax) environment jax jax 'jax[cpu]' ;;
    *) say "There is no peer $peer: system, pytorch, keras and jax." && exit 1 ;;
  esac || failed+=("$peer")
done
((${#failed[@]} == 0)) || { say "Not installed, and so not measured: ${failed[*]}" && exit 1; }

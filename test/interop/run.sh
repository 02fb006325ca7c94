#!/usr/bin/env bash
# Compares isofact with the real Python package: `npm run interop`, after a build. Arguments go to interop.ts.
# ISOFACT_WANDB is the version of wandb to compare with, such as 0.30.0, the oldest that is known to work; otherwise any from there on.
# ISOFACT_PYTHON names a Python that has wandb, pillow and openwandb; otherwise one is set up below node_modules/.cache.
# Skips, with exit code 0, only where no package index answers and no Python here has wandb.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
cache=$root/node_modules/.cache/isofact-interop
version=${ISOFACT_WANDB:-}
venv=$cache/venv${version:+-$version}
wandb="wandb ${version:-0.30 or newer}"
wanted=("wandb[aws]${version:+==}${version:->=0.30}" pillow numpy soundfile openwandb)
export PATH=$root/node_modules/.bin:$PATH

has_wandb() {
  "$1" -c 'import sys, wandb, PIL, numpy, soundfile
wanted, found = sys.argv[1], wandb.__version__
sys.exit(found != wanted if wanted else tuple(map(int, found.split(".")[:2])) < (0, 30))' "$version" >/dev/null 2>&1
}

has_openwandb() {
  "$1" -c 'import openwandb' >/dev/null 2>&1
}

install_wandb() {
  {
    "$venv/bin/python" -m pip --version || python3 -m venv "$venv" || return
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20 "${wanted[@]}"
  } >"$cache/pip.log" 2>&1
}

is_unreachable() {
  grep -Eqi 'connection|timed out|name resolution|name or service not known|unreachable|proxy' "$cache/pip.log"
}

find_python() {
  if [ -n "${ISOFACT_PYTHON:-}" ]; then
    has_wandb "$ISOFACT_PYTHON" && python=$ISOFACT_PYTHON && return
    echo "interop: ISOFACT_PYTHON=$ISOFACT_PYTHON has no $wandb with pillow, numpy and soundfile" >&2
    exit 1
  fi
  mkdir -p "$cache"
  if { has_wandb "$venv/bin/python" && has_openwandb "$venv/bin/python"; } || { : >"$cache/pip.log"; install_wandb; }; then
    python=$venv/bin/python
  elif has_wandb python3; then
    python=python3
  elif is_unreachable; then
    echo "interop: SKIPPED. No package index can be reached to install ${wanted[*]}, and python3 has no $wandb with pillow, numpy and soundfile."
    exit 0
  else
    echo "interop: cannot set up a Python with ${wanted[*]}:" >&2
    tail -n 20 "$cache/pip.log" >&2
    exit 1
  fi
}

find_python
[ -f "$root/dist/index.js" ] || { echo "interop: build first (npm run build)" >&2; exit 1; }
if [ $# -eq 0 ]; then
  bash "$root/test/interop/s3.sh"
  bash "$root/test/interop/references-clouds.sh"
fi
exec node "$root/test/interop/interop.ts" "$python" "$@"

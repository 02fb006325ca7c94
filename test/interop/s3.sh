#!/usr/bin/env bash
# Runs the contracts of S3 storage against moto, a server made by others, and R2's S3 interface. Called by run.sh; arguments go to vitest.
# ISOFACT_MOTO names a Python that has moto[server]; otherwise one is set up below node_modules/.cache.
# Skips, with exit code 0, only where no package index answers.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
cache=$root/node_modules/.cache/isofact-interop
export PATH=$root/node_modules/.bin:$PATH
python=${ISOFACT_MOTO:-$cache/moto/bin/python}

has_moto() { "$python" -c 'import moto.server' >/dev/null 2>&1; }

install_moto() {
  {
    mkdir -p "$cache"
    python3 -m venv "$cache/moto"
    "$python" -m pip install --quiet --disable-pip-version-check --retries 1 --timeout 20 'moto[server,s3]>=5.2'
  } >"$cache/moto.log" 2>&1
}

if ! has_moto && { [ -n "${ISOFACT_MOTO:-}" ] || ! install_moto; }; then
  if [ -z "${ISOFACT_MOTO:-}" ] && grep -Eqi 'connection|timed out|name resolution|name or service not known|unreachable|proxy' "$cache/moto.log"; then
    echo "interop: S3 SKIPPED. No package index can be reached to install moto."
    exit 0
  fi
  echo "interop: $python has no moto[server] 5.2 or newer" >&2
  exit 1
fi
exec node "$root/test/interop/s3.ts" "$python" "$@"

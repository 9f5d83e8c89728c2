#!/usr/bin/env bash
# Resolves pyproject.toml into the lock files: exact versions with hashes, for every Python and platform,
# and without the address of any package index.
#
#   deploy/lock.sh [--upgrade]    without --upgrade, what is locked stays unless pyproject.toml forbids it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

compile() {
    local target=$1
    shift
    printf -- '- Locking %s\n' "$target"
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        --output-file "$target" "$@" >/dev/null
}

compile requirements.lock pyproject.toml "$@"
compile requirements-dev.lock pyproject.toml --group dev --constraint requirements.lock "$@"
compile deploy/requirements-uv.lock deploy/requirements-uv.in "$@"

#!/usr/bin/env bash
# Runs a command with the packages of .venv/ and the libraries of .native/, if there are any.
#
#   deploy/with_venv.sh python manage.py check
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

export PATH="$root/.venv/bin:$PATH"
unset PYTHONHOME
if [ -d "$root/.native/usr/lib" ]; then
    for folder in "$root"/.native/usr/lib/*-linux-gnu* "$root"/.native/lib/*-linux-gnu*; do
        [ ! -d "$folder" ] || LD_LIBRARY_PATH=$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    done
    export LD_LIBRARY_PATH
    export FONTCONFIG_FILE="$root/deploy/fonts.conf"
fi
exec "$@"

#!/usr/bin/env bash
# Brings Stipple up with demo content on this machine: web, worker and tick, until Ctrl-C.
#
#   deploy/run.sh [PORT]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

port=${1:-8000}

main() {
    check_port
    deploy/bootstrap.sh
    export PORT=$port BASE_URL="http://localhost:$port"
    export DJANGO_SETTINGS_MODULE=training_site.settings.dev PYTHONUNBUFFERED=1 WEB_RELOAD=1
    deploy/with_venv.sh python -m deploy.prepare_demo
    say "Starting web, worker and tick. Ctrl-C stops all three."
    printf '\n  Stipple is at %s/\n\n' "$BASE_URL"
    run_until_stopped
}

say() { printf -- '- %s\n' "$*"; }

stop() {
    printf '%s\n' "$@" >&2
    exit 1
}

check_port() {
    if ! [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || ((port > 65535)); then
        stop "PORT must be a number from 1 to 65535, not \"$port\"."
    fi
    # Nobody listens where a connection is refused.
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        stop "Port $port is in use. Stop what runs there, or choose another: make run PORT=$((port + 1))"
    fi
}

# honcho starts each process in a session of its own: only honcho can end them, so it must outlive its
# terminal, and so must a reader of what it prints.
run_until_stopped() {
    local honcho status=0
    (
        trap "" HUP
        exec deploy/with_venv.sh honcho start
    ) > >(
        trap "" INT TERM HUP
        cat 2>/dev/null || exec cat >/dev/null
    ) 2>&1 &
    honcho=$!
    trap 'kill -TERM "$honcho" 2>/dev/null || true' INT TERM HUP
    while kill -0 "$honcho" 2>/dev/null; do
        status=0
        wait "$honcho" || status=$?
    done
    case $status in
        129 | 130 | 143) say "Stopped." ;;
        *) stop "One process ended by itself, so the others were stopped: see above." ;;
    esac
}

main

#!/usr/bin/env bash
# Everything that can be said of the code without running it. Every step runs; any failure fails the whole.
#
#   deploy/with_venv.sh deploy/check.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=()

step() {
    local name=$1 output
    shift
    printf -- '- %s ' "$name"
    if output=$("$@" 2>&1); then
        printf 'ok\n'
    else
        printf 'FAILED\n%s\n\n' "$output"
        failed+=("$name")
    fi
}

development() { DJANGO_SETTINGS_MODULE=training_site.settings.dev python manage.py "$@"; }

# As a site runs: nothing of the caller's own environment decides the result.
production() {
    (
        set -a
        # shellcheck source=/dev/null
        . deploy/build.env
        python manage.py "$@"
    )
}

step "Style (ruff check)" ruff check .
step "Format (ruff format)" ruff format --check .
step "Types (mypy)" mypy
step "Layers (import-linter)" lint-imports
step "Templates (djlint)" djlint --lint --quiet templates
step "Migrations are complete" development makemigrations --check --dry-run
step "Production settings (check --deploy)" production check --deploy --fail-level WARNING

if ((${#failed[@]})); then
    printf '\n%d of the checks failed: %s\n' "${#failed[@]}" "$(printf '%s; ' "${failed[@]}" | sed 's/; $//')"
    exit 1
fi
printf '\nAll checks passed.\n'

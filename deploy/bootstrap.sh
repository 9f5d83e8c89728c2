#!/usr/bin/env bash
# Installs what Stipple needs and this machine lacks. Run again, it does nothing and takes no time.
#
#   deploy/bootstrap.sh [LOCK]    LOCK is requirements-dev.lock (the default) or requirements.lock
#
# PYTHON names the interpreter to use. Packages go into .venv/. Pango, which draws the certificates,
# comes from apt; a user who may not become root gets it unpacked into .native/ instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

lock=${1:-requirements-dev.lock}
log=$PWD/var/bootstrap.log
native_packages=(libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)
native_libraries=(libpango-1.0.so.0 libpangoft2-1.0.so.0 libfontconfig.so.1 libharfbuzz-subset.so.0)

main() {
    mkdir -p var
    : >"$log"
    venv_is_usable || make_venv
    [ -x .venv/bin/uv ] || install_uv
    packages_are_installed || install_packages
    pango_loads || install_pango
}

say() { printf -- '- %s\n' "$*"; }

stop() {
    printf '%s\n' "$@" >&2
    exit 1
}

# As stop, after the last words of what went wrong.
failed() {
    tail -n 8 "$log" | sed 's/^/    /' >&2
    stop "$@"
}

logged() { "$@" >>"$log" 2>&1; }

# Python --------------------------------------------------------------------------------------------

suits() {
    "$1" -c 'import sqlite3, ssl, sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null
}

minor_version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

choose_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        suits "$PYTHON" || stop "PYTHON=$PYTHON is not a complete Python 3.11, 3.12, 3.13 or 3.14."
        printf '%s\n' "$PYTHON"
        return
    fi
    for candidate in python3 python3.11 python3.12 python3.13 python3.14; do
        if suits "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    stop "Stipple needs Python 3.11, 3.12, 3.13 or 3.14, and none is on the PATH." \
        "Install one (apt-get install python3), or name yours: make run PYTHON=/path/to/python"
}

venv_is_usable() {
    [ -x .venv/bin/python ] && suits .venv/bin/python || return 1
    [ -z "${PYTHON:-}" ] || [ "$(minor_version "$PYTHON")" = "$(minor_version .venv/bin/python)" ]
}

make_venv() {
    local python version
    python=$(choose_python)
    version=$(minor_version "$python")
    say "Making .venv with Python $version"
    # Debian ships the venv module in python3, but the pip that goes into it in python3-venv.
    logged "$python" -m venv --clear .venv && return
    if can_be_root && apt_install "python$version-venv" && logged "$python" -m venv --clear .venv; then
        return
    fi
    logged "$python" -m venv --clear --without-pip .venv ||
        stop "Python's venv module does not work. Run: sudo apt-get install python$version-venv"
}

# Packages ------------------------------------------------------------------------------------------

install_uv() {
    say "Installing uv"
    find_pip || stop "pip is missing and could not be fetched. Run:" \
        "  sudo apt-get install python$(minor_version .venv/bin/python)-venv"
    logged "${pip[@]}" install --require-hashes --no-deps -r deploy/requirements-uv.lock ||
        failed "Could not install uv, the package installer."
}

# Sets `pip` to the words that run one for .venv: its own, the system's, or the wheel that Debian packages.
find_pip() {
    local wheels
    pip=(.venv/bin/python -m pip)
    logged "${pip[@]}" --version && return
    logged .venv/bin/python -m ensurepip && return
    pip=("$(choose_python)" -m pip --python .venv/bin/python)
    logged "${pip[@]}" --version && return
    unpack_for_this_user python3-pip-whl || return 1
    wheels=(.native/usr/share/python-wheels/pip-*.whl)
    pip=(.venv/bin/python "${wheels[0]}/pip")
}

lock_hash() { sha256sum <"$lock"; }

packages_are_installed() { [ "$(lock_hash)" = "$(cat .venv/installed.sha256 2>/dev/null)" ]; }

install_packages() {
    say "Installing $(grep -c '^[a-z0-9].*==' "$lock") locked packages"
    logged .venv/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python "$lock" ||
        failed "Could not install the packages of $lock."
    lock_hash >.venv/installed.sha256
}

# Pango ---------------------------------------------------------------------------------------------

pango_loads() {
    deploy/with_venv.sh python -c 'import ctypes, sys; [ctypes.CDLL(name) for name in sys.argv[1:]]' \
        "${native_libraries[@]}" >/dev/null 2>&1
}

install_pango() {
    say "Installing Pango"
    if can_be_root; then
        apt_install "${native_packages[@]}" || true
    elif [ -x "$(command -v apt-get)" ]; then
        unpack_for_this_user "${native_packages[@]}" || true
    fi
    pango_loads || failed "Pango, which draws the certificates, could not be installed. Run:" \
        "  sudo apt-get install ${native_packages[*]}"
}

# apt -----------------------------------------------------------------------------------------------

can_be_root() {
    [ -x "$(command -v apt-get)" ] || return 1
    [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# A fresh machine has no package lists, an old one has stale ones: read them only then.
apt_install() {
    local install=(as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@")
    logged "${install[@]}" </dev/null && return
    logged as_root apt-get update -qq && logged "${install[@]}" </dev/null
}

# Fetches packages, and whatever of theirs this machine lacks, as a plain user into .native/.
unpack_for_this_user() {
    local root=$PWD/.native downloads apt lacking deb
    downloads=$root/downloads
    mkdir -p "$downloads/lists/partial" "$downloads/cache/archives/partial"
    apt=(apt-get -qq -o "Dir::Cache=$downloads/cache")
    if ! logged lacking_packages "$@"; then
        # The machine has no package lists: this user reads some of their own.
        apt+=(-o "Dir::State::Lists=$downloads/lists")
        logged "${apt[@]}" update || return 1
    fi
    mapfile -t lacking < <(lacking_packages "$@" 2>>"$log")
    (cd "$downloads" && logged "${apt[@]}" download "${lacking[@]}") || return 1
    for deb in "$downloads"/*.deb; do
        logged dpkg-deb --extract "$deb" "$root" || return 1
    done
    rm -r "$downloads"
}

# The names of those packages, and of what they need, that are not installed. Reads the caller's `apt`.
lacking_packages() {
    local plan
    plan=$("${apt[@]}" --simulate --no-install-recommends install "$@") && awk '$1 == "Inst" { print $2 }' <<<"$plan"
}

main

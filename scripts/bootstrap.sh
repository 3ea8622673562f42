#!/usr/bin/env bash
# Makes this checkout ready to run: Debian packages, .venv, the pinned Python packages.
# Installs what is missing when it may, says what to type when it may not, and is done in an
# instant when there is nothing to do. PYTHON=... chooses the interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "bootstrap: $*" >&2; }

# ---- Debian packages, by a program that each brings ----
declare -A package_of=(
    [espeak-ng]=espeak-ng    # the offline voice
    [mmdebstrap]=mmdebstrap  # builds the sandbox's Debian root
    [mount]=mount            # the sandbox's /proc
    [setpriv]=util-linux     # the sandbox's namespaces
    [sipp]=sip-tester        # SIP load
    [unshare]=util-linux
)
missing=()
for program in "${!package_of[@]}"; do
    command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
done

# ---- Python 3.11 or newer, with what a venv needs ----
python=
for candidate in ${PYTHON:-python3.11 python3 python3.13 python3.12}; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [[ -z $python && -n ${PYTHON:-} ]]; then
    say "PYTHON=$PYTHON is not a Python of version 3.11 or newer"
    exit 1
elif [[ -z $python ]]; then
    missing+=(python3 python3-venv)
elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian keeps ensurepip in a package of its own for each version.
    missing+=("$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')")
fi

if ((${#missing[@]})); then
    mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
    install="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    if [[ $EUID -ne 0 || -n ${BOOTSTRAP_INSTALLED:-} ]] || ! command -v apt-get >/dev/null; then
        say "not installed: ${missing[*]}"
        say "run as root: $install"
        exit 1
    fi
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    BOOTSTRAP_INSTALLED=1 exec scripts/bootstrap.sh  # look again: now everything must be there
fi

# ---- .venv, made anew when it belongs to another folder or its Python is gone ----
here=$PWD/.venv
if [[ $(.venv/bin/python -c 'import sys; print(sys.prefix)' 2>/dev/null) != "$here" ]] ||
    ! head -n 2 .venv/bin/pip 2>/dev/null | grep -qF "$here/"; then
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi

# ---- the pinned packages, when they or the project's own metadata changed ----
stamp=.venv/.bootstrap
wanted=$(cat requirements.txt requirements-dev.txt pyproject.toml | sha256sum)
if [[ $(cat "$stamp" 2>/dev/null) != "$wanted" ]]; then
    say "installing the Python packages"
    export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
    .venv/bin/pip install --quiet --use-pep517 -r requirements.txt -r requirements-dev.txt
    .venv/bin/pip install --quiet --no-deps --editable .
    echo "$wanted" >"$stamp"
fi

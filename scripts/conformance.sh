#!/usr/bin/env bash
# Runs the proof of faithfulness, tests/conformance, in a venv of its own that has the vendors' SDKs;
# makes that venv when something it is made of has changed. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv-conformance
stamp=$venv/.made
made_of=(requirements.txt requirements-conformance.txt pyproject.toml)
wanted="$PWD $(.venv/bin/python --version) $(cat "${made_of[@]}" | sha256sum)"
if [[ $(cat "$stamp" 2>/dev/null) != "$wanted" ]] || ! "$venv/bin/python" -c '' 2>/dev/null; then
    echo "conformance: installing the vendors' SDKs" >&2
    export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
    rm -rf "$venv"
    .venv/bin/python -m venv "$venv"
    "$venv/bin/pip" install --quiet --use-pep517 -r requirements.txt -r requirements-conformance.txt
    "$venv/bin/pip" install --quiet --no-deps --editable .
    echo "$wanted" >"$stamp"
fi

# Without the SDKs the tests ignore themselves; here that must not pass unnoticed.
CONFORMANCE=required exec "$venv/bin/python" -m pytest tests/conformance "$@"

#!/usr/bin/env bash
# The fast tests under every Python we name, each with its own packages: `make pythons`, or
# pythons.sh 3.12 3.14. Arguments after -- go to pytest.
#
# A version is taken from this machine (PATH, pyenv), or from the Debian release that has it, in a
# folder (needs root, mmdebstrap and a network). Tests that need the sandbox are left out.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A suite_of=([3.11]=bookworm [3.13]=trixie [3.14]=forky)
cache=${VOICEAGENT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/voiceagent}
versions=()
while (($#)) && [[ $1 != -- ]]; do
    versions+=("$1")
    shift
done
((${#versions[@]})) || versions=(3.11 3.12 3.13 3.14)
tests=("${@:2}")
((${#tests[@]})) || tests=(tests/agi tests/asterisk_conf tests/audiosocket_agent tests/ari_app
    tests/installer --ignore-glob='*/test_sandbox_*') # the sandbox has needs of its own

work=$(mktemp -d "${TMPDIR:-/tmp}/pythons.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
mkdir "$work/tree"
git archive HEAD | tar -x -C "$work/tree" # what is committed, so that nothing here is written to

# $1: where the tree is seen; $2: the interpreter; the rest: tests.
# shellcheck disable=SC2016 # expanded by the inner shell
try='set -e
cd "$1/tree" && venv=$1/venv && python=$2 && shift 2
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
"$python" -m venv "$venv"
"$venv/bin/pip" install --quiet --use-pep517 -r requirements.txt -r requirements-dev.txt
"$venv/bin/pip" install --quiet --no-deps --no-build-isolation --editable .
exec "$venv/bin/python" -m pytest -q -p no:cacheprovider -n 2 --dist loadfile \
    -m "not pbx and not live" "$@"'

find_here() { # VERSION: an interpreter of this machine
    local candidate
    for candidate in "python$1" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python; do
        if "$candidate" -c '' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

status=0
summary=()
for version in "${versions[@]}"; do
    log=$work/$version.log
    result=failed
    if python=$(find_here "$version"); then
        where=$python
        sh -c "$try" sh "$work" "$python" "${tests[@]}" >"$log" 2>&1 && result=passed
    elif [[ -n ${suite_of[$version]:-} ]]; then
        suite=${suite_of[$version]}
        where="Debian $suite"
        root=$cache/debian-$suite
        if [[ ! -d $root ]]; then
            mkdir -p "$cache"
            # shellcheck disable=SC2046 # one word each
            packaging/debian_root.sh make "$suite" "$root" $(cat packaging/build_packages.txt)
        fi
        packaging/debian_root.sh run "$root" --share "$work" \
            sh -c "$try" sh /mnt python3 "${tests[@]}" >"$log" 2>&1 && result=passed
    else
        where="not on this machine"
        result="not tried"
        : >"$log"
    fi
    [[ $result == passed ]] || status=1
    [[ $result != failed ]] || { grep -E '^(FAILED|ERROR)|^E ' "$log" || tail -n 5 "$log"; } | head -n 40
    summary+=("$version  $result  ($where)  $(tail -n 1 "$log")")
    rm -rf "$work/venv"
done
printf '%s\n' "${summary[@]}"
exit "$status"

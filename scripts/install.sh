#!/bin/sh
# Puts the voice agent below /opt, where Asterisk's user and a hardened service can read it:
#
#   sudo sh scripts/install.sh             from this folder's sources
#   sudo sh scripts/install.sh FILE.whl    from a wheel (or a .tar.gz of the sources)
#   sudo sh scripts/install.sh --remove
#
# /opt/voiceagent is a link into /opt/voiceagent.d, which holds one numbered folder for each
# installation. A new one is made beside the old one, tried, and only then linked to, so a failed
# upgrade changes nothing, and an agent that is running keeps the files it was started from.
# Running it again, with the same or with another version, is how to repair, upgrade or downgrade.
set -eu
umask 022 # root's own may be 0077; what is made here is for others to read

venv=/opt/voiceagent
links=/usr/local/bin
python=
wheels=
remove=
from=
state=/var/lib/voiceagent-install # of voiceagent-install, as in installer/store.py
needed_mb=500                     # a venv with everything, and its packages while they are unpacked

say() { echo "install.sh: $*"; }
die() {
    echo "install.sh: $*" >&2
    exit 1
}
usage() {
    cat <<'END'
Usage: install.sh [OPTION]... [WHEEL|ARCHIVE|FOLDER]
Installs, upgrades or downgrades the voice agent; by default from the folder the script is in.
  --venv DIR        where it is found afterwards (default /opt/voiceagent)
  --python PROGRAM  the Python to use, 3.11 or newer (default: the first of python3,
                    /usr/bin/python3, python3.13, 3.12, 3.11 and 3.14 that will do)
  --wheels DIR      take every package from this folder, nothing from the network
  --links DIR       where voiceagent and voiceagent-install are linked
                    (default /usr/local/bin; "none": nowhere)
  --remove          take it away again; before that: voiceagent-install --undo
Exit codes: 0 done or nothing to do, 1 could not (nothing was changed), 2 wrong command line.
END
}
wrong() {
    echo "install.sh: $*; see install.sh --help" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
    --venv | --python | --wheels | --links)
        [ $# -ge 2 ] || wrong "$1 needs a value"
        case $1 in
        --venv) venv=$2 ;;
        --python) python=$2 ;;
        --wheels) wheels=$2 ;;
        --links) links=$2 ;;
        esac
        shift
        ;;
    --remove) remove=yes ;;
    -h | --help)
        usage
        exit
        ;;
    -*) wrong "there is no option $1" ;;
    *)
        [ -z "$from" ] || wrong "one wheel, archive or folder at a time"
        from=$1
        ;;
    esac
    shift
done
case $venv in
/*/*) ;;
*) wrong "--venv $venv: not a full path below a top folder" ;;
esac
case $venv in
*[!A-Za-z0-9._/-]* | */) wrong "--venv $venv: only letters, digits and ._-/ can be used" ;;
esac
[ "$(id -u)" = 0 ] || die "only root may do this: use sudo"

versions=$venv.d

# ---- taking it away ----
ours() { # whether a link is one of ours
    [ "$(readlink "$links/$1" 2>/dev/null)" = "$venv/bin/$1" ]
}
if [ -n "$remove" ]; then
    [ ! -e "$state/manifest.json" ] && [ ! -e "$state/journal.json" ] ||
        die "the PBX is still set up for the agent: first run voiceagent-install --undo"
    if [ -e "$venv" ] && [ ! -L "$venv" ]; then
        die "$venv was not made by this script: remove it yourself"
    fi
    if [ ! -L "$venv" ] && [ ! -d "$versions" ]; then
        say "nothing is installed at $venv"
        exit
    fi
    for command in voiceagent voiceagent-install; do
        if ours "$command"; then rm -f "$links/$command"; fi
    done
    rm -f "$venv" "$venv.new"
    rm -rf --one-file-system "$versions"
    say "removed $venv"
    for kept in /etc/voiceagent /var/lib/voiceagent; do
        if [ -e "$kept" ]; then say "kept $kept"; fi
    done
    exit
fi

# ---- what it is made from ----
here=$(cd "$(dirname "$0")" && pwd)
constraints=
if [ -z "$from" ]; then
    [ -e "$here/../pyproject.toml" ] || wrong "name the wheel to install"
    from=$(cd "$here/.." && pwd)
fi
if [ -e "$here/../requirements.txt" ]; then constraints=$here/../requirements.txt; fi
if [ -e "$here/requirements.txt" ]; then constraints=$here/requirements.txt; fi
[ -e "$from" ] || die "$from: there is no such file or folder"
case $from in
*.whl | *.tar.gz) [ -f "$from" ] || die "$from: not a file" ;;
*)
    grep -q '^name = "asterisk-voiceagent"' "$from/pyproject.toml" 2>/dev/null ||
        die "$from: neither a wheel nor an archive or folder of the voice agent"
    ;;
esac
if [ -n "$wheels" ]; then
    [ -d "$wheels" ] || die "--wheels $wheels: there is no such folder"
    wheels=$(cd "$wheels" && pwd)
fi

# ---- a Python that others may use, too ----
probe='
import os, sys
if sys.version_info < (3, 11):
    print("old %d.%d" % sys.version_info[:2])
    sys.exit()
try:
    import ensurepip, venv
except ImportError:
    print("bare %d.%d" % sys.version_info[:2])
    sys.exit()
for path in (getattr(sys, "_base_executable", sys.executable), os.__file__):
    path = os.path.realpath(path)
    while path != "/":
        if not os.stat(path).st_mode & (0o001 if os.path.isdir(path) else 0o004):
            print("hidden " + path)
            sys.exit()
        path = os.path.dirname(path)
print("good")
'
chosen=
why="there is none"
for candidate in ${python:-python3 /usr/bin/python3 python3.13 python3.12 python3.11 python3.14}; do
    program=$(command -v "$candidate") || continue
    found=$("$program" -c "$probe" 2>/dev/null) || continue
    case $found in
    good)
        chosen=$program
        break
        ;;
    bare*) why="$candidate cannot make venvs: apt-get install python${found#bare }-venv" ;;
    hidden*) why="${found#hidden } is closed to other users, Asterisk's among them" ;;
    old*) [ "$why" != "there is none" ] || why="$candidate is ${found#old }" ;;
    esac
done
[ -n "$chosen" ] || die "no usable Python of version 3.11 or newer${python:+ in --python $python}:" \
    "$why; another one can be named with --python"

# ---- room, and nobody in the way ----
if [ -e "$venv" ] && [ ! -L "$venv" ]; then
    die "$venv was not made by this script: move it away, or choose another place with --venv"
fi
if [ "$links" != none ]; then
    [ -d "$links" ] || die "--links $links: there is no such folder"
    for command in voiceagent voiceagent-install; do
        if [ -e "$links/$command" ] || [ -L "$links/$command" ]; then
            ours "$command" ||
                die "$links/$command is something else: move it away, or use --links none"
        fi
    done
fi
mkdir -p "$versions" || die "cannot make $versions"
parent=$versions
while [ "$parent" != / ]; do
    case $(stat -c %A "$parent") in
    *[xt]) ;;
    *) die "$parent is closed to other users, Asterisk's among them: chmod o+x $parent" ;;
    esac
    parent=$(dirname "$parent")
done
exec 9>"$versions/.lock"
flock -n 9 || die "another run is at work"
room() { die "not enough room in $versions: $needed_mb MB are needed"; }
free_kb=$(df -Pk "$versions" | awk 'NR == 2 { print $4 }')
[ "$free_kb" -ge $((needed_mb * 1024)) ] || room

# ---- whether all this is there already ----
work=$(mktemp -d)
new=
tidy() {
    status=$?
    trap - EXIT
    rm -rf "$work"
    if [ -n "$new" ]; then rm -rf "$new"; fi
    exit "$status"
}
trap tidy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
if [ -d "$from" ]; then # a copy, because building leaves files behind
    mkdir "$work/source"
    tar -C "$from" -cf - --exclude='./.*' --exclude=__pycache__ --exclude='*.egg-info' \
        --exclude=./build --exclude=./dist --exclude=./demo-output . | tar -C "$work/source" -xf -
    source=$work/source
    digest=$(cd "$source" && find . -type f -print0 | LC_ALL=C sort -z |
        xargs -0 sha256sum | sha256sum)
else
    source=$(cd "$(dirname "$from")" && pwd)/$(basename "$from")
    digest=$(sha256sum <"$source")
fi
pins=$(cat ${constraints:+"$constraints"} </dev/null | sha256sum)
stamp="${digest%% *} ${pins%% *} $("$chosen" -c 'import sys; print(sys.version)' | tr '\n' ' ')"
works() { # whether the programme below $1 starts, for a user with no rights
    "$1/bin/python" -IBc 'import os, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534); os.chdir("/")
os.execv(sys.argv[1], sys.argv[1:])' "$1/bin/voiceagent" --version 2>/dev/null
}
link_commands() {
    [ "$links" != none ] || return 0
    for command in voiceagent voiceagent-install; do
        ours "$command" || ln -s "$venv/bin/$command" "$links/$command"
    done
}
old=$(readlink -f "$venv" || :)
before=
if [ -n "$old" ] && [ -d "$old" ]; then
    before=$(works "$old" || :)
    if [ -n "$before" ] && [ "$(cat "$old/.made" 2>/dev/null)" = "$stamp" ]; then
        link_commands
        say "nothing to do: $before is at $venv"
        exit
    fi
fi

# ---- the new one, beside the old one ----
number=1
while [ -e "$versions/$number" ]; do
    if [ ! -e "$versions/$number/.made" ]; then
        rm -rf "${versions:?}/$number" # of a run that was killed
        break
    fi
    number=$((number + 1))
done
log=$versions/failed.log
failed() { # the reason in one line, out of pip's many
    cp "$work/log" "$log" 2>/dev/null || :
    rm -rf "$new"
    if grep -q 'No space left on device' "$work/log"; then
        room
    elif grep -q 'Failed building wheel\|Failed to build\|No CMAKE_C' "$work/log"; then
        name=$(sed -n 's/.*Failed building wheel for \([^ ]*\).*/\1/p' "$work/log" | head -n 1)
        die "${name:-a package} has no wheel for $chosen and could not be compiled:" \
            "apt-get install gcc g++ make python3-dev, or use --wheels; see $log"
    elif grep -q 'NewConnectionError\|name resolution\|Max retries\|onnection broken' "$work/log"; then
        die "the package index cannot be reached: without a network use --wheels; see $log"
    fi
    last=$(grep '^ERROR' "$work/log" | tail -n 1 || :)
    die "pip failed: ${last:-it says nothing}; see $log"
}
new=$versions/$number
say "making $new with $("$chosen" --version)"
unset PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV VIRTUAL_ENV
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1
"$chosen" -m venv "$new" >"$work/log" 2>&1 || failed
"$new/bin/python" -m pip install --quiet --use-pep517 ${constraints:+-c "$constraints"} \
    ${wheels:+--no-index --find-links "$wheels"} "$source" >>"$work/log" 2>&1 || failed
chmod -R u+rwX,go+rX,go-w "$new" # a wheel may bring modes of its own
after=$(works "$new") || {
    rm -rf "$new"
    die "what was installed does not start: nothing was changed"
}
echo "$stamp" >"$new/.made"

# ---- from here on it is the new one ----
ln -sfn "$(basename "$versions")/$number" "$venv.new"
mv -T "$venv.new" "$venv"
made=$new
new= # it stays
rm -f "$log"
link_commands
for one in "$versions"/[0-9]*; do # an agent that runs needs its own
    echo "$one/" >"$work/path" # in a file, or grep would find its own command line
    if [ "$one" != "$made" ] &&
        ! grep -qsaF -f "$work/path" /proc/[0-9]*/cmdline /proc/[0-9]*/maps; then
        rm -rf "$one"
    fi
done
say "$after is at $venv${before:+, instead of $before}"
command -v espeak-ng >/dev/null ||
    say "espeak-ng is missing, the voice for when no vendor answers: apt-get install espeak-ng"
if [ -e "$state/manifest.json" ]; then
    say "next: voiceagent-install, which shows what this version changes in the PBX"
    say "the agent that runs goes on as it was until: systemctl restart voiceagent"
else
    say "next: voiceagent-install"
fi

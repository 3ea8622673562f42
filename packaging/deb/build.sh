#!/bin/sh
# Builds the Debian package: deb/build.sh [SUITE] [--out DIR] [--from FOLDER] [--wheels DIR]
#
# It carries wheels rather than a finished venv: a venv works only where it was made and with the
# Python it was made with, wheels are installed in seconds and need no network. They are collected
# by the very Python that will use them: this machine's /usr/bin/python3, or that of a Debian SUITE
# in a folder (needs root, mmdebstrap and a network; made once, below the cache). With --wheels they
# are taken from a folder that an earlier run filled, or filled now. DEBFULLNAME and DEBEMAIL say who
# answers for the package.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
suite='' out=$top/dist from=$top collected=
while [ $# -gt 0 ]; do
    case $1 in
    --out) out=$2 && shift ;;
    --from) from=$2 && shift ;;
    --wheels) collected=$2 && shift ;;
    *) suite=$1 ;;
    esac
    shift
done
maintainer="${DEBFULLNAME:-the asterisk-voiceagent authors} <${DEBEMAIL:-root@localhost}>"
say() { echo "deb: $*" >&2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

logged() { # runs a command that has nothing to say when all goes well
    "$@" >"$work/log" 2>&1 || {
        tail -n 5 "$work/log" >&2
        exit 1
    }
}

# ---- our own wheel ----
say "building the wheel"
logged "$top/.venv/bin/python" -m build --no-isolation --outdir "$work/dist" "$from"
wheel=$(echo "$work"/dist/*.whl)
version=$(basename "$wheel" | cut -d- -f2)

# ---- everybody else's ----
collect='set -e
python3 -m venv "$1/venv"
"$1/venv/bin/pip" wheel --quiet --use-pep517 --wheel-dir "$1/wheels" -r "$1/requirements.txt"
python3 -c "import sys; print(*sys.version_info[:2])" >"$1/wheels/python"
dpkg --print-architecture >"$1/wheels/architecture"'
mkdir "$work/share"
cp "$from/requirements.txt" "$work/share/"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
if [ -n "$collected" ] && [ -e "$collected/python" ]; then
    cp -R "$collected" "$work/share/wheels"
elif [ -n "$suite" ]; then
    root=${VOICEAGENT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/voiceagent}/debian-$suite
    if [ ! -d "$root" ]; then
        say "making a Debian $suite, once"
        mkdir -p "$(dirname "$root")"
        # shellcheck disable=SC2046 # one word each
        "$here/../debian_root.sh" make "$suite" "$root" $(cat "$here/../build_packages.txt")
    fi
    say "collecting the packages with the Python of $suite"
    logged "$here/../debian_root.sh" run "$root" --share "$work/share" sh -c "$collect" sh /mnt
else
    say "collecting the packages with $(/usr/bin/python3 --version)"
    logged env -u PYTHONPATH PATH=/usr/bin:/bin sh -c "$collect" sh "$work/share"
fi
if [ -n "$collected" ] && [ ! -e "$collected/python" ]; then
    cp -R "$work/share/wheels" "$collected"
fi
wheels=$work/share/wheels
read -r major minor <"$wheels/python"
revision=$version-1+py$major.$minor
architecture=$(cat "$wheels/architecture")

# ---- the package ----
tree=$work/tree
doc=$tree/usr/share/doc/asterisk-voiceagent
mkdir -p "$tree/DEBIAN" "$tree/usr/bin" "$tree/usr/lib/asterisk-voiceagent" \
    "$tree/usr/share/asterisk-voiceagent" "$doc"
cp "$wheel" "$tree/usr/lib/asterisk-voiceagent/"
mkdir "$tree/usr/lib/asterisk-voiceagent/wheels"
cp "$wheels"/*.whl "$tree/usr/lib/asterisk-voiceagent/wheels/"
cp "$from/scripts/install.sh" "$from/requirements.txt" "$tree/usr/share/asterisk-voiceagent/"
for command in voiceagent voiceagent-install; do
    ln -s "/opt/voiceagent/bin/$command" "$tree/usr/bin/$command"
done
cp -R "$from/README.md" "$from/docs" "$from/examples" "$doc/"
gzip -9n <"$from/CHANGELOG.md" >"$doc/changelog.gz"
{
    echo "asterisk-voiceagent ($revision) unstable; urgency=medium"
    echo
    echo "  * See changelog.gz."
    echo
    echo " -- $maintainer  $(
        date -Ru -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}"
    )"
} | gzip -9n >"$doc/changelog.Debian.gz"
{
    echo "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
    echo
    echo "Files: *"
    sed -n 's/^Copyright (c) /Copyright: /p' "$from/LICENSE"
    echo "License: Expat"
    sed -n '/^Permission/,$p' "$from/LICENSE" | sed 's/^$/./; s/^/ /'
    echo
    echo "Files: usr/lib/asterisk-voiceagent/wheels/*"
    echo "Copyright: the authors that each wheel names"
    echo "License: as-each-wheel-says"
    echo " Each of these files carries its own licence, in its .dist-info folder."
} >"$doc/copyright"
sed -e "s/@VERSION@/$revision/; s/@ARCHITECTURE@/$architecture/" \
    -e "s/@PYTHON@/$major.$minor/; s/@NEXT_PYTHON@/$major.$((minor + 1))/" \
    -e "s/@MAINTAINER@/$maintainer/" \
    -e "s/@SIZE@/$(du -sk --apparent-size "$tree/usr" | cut -f1)/" \
    "$here/control.in" >"$tree/DEBIAN/control"
for script in postinst prerm postrm; do
    install -m 755 "$here/$script" "$tree/DEBIAN/$script"
done
(cd "$tree" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$tree/DEBIAN/md5sums"
chmod -R u+rwX,go+rX,go-w "$tree"
mkdir -p "$out"
package=$out/asterisk-voiceagent_${revision}_$architecture.deb
# Wheels are compressed already; packing them harder takes a minute and saves nothing.
dpkg-deb --root-owner-group -Zgzip -z1 --build "$tree" "$package" >/dev/null
echo "$package"

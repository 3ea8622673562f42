#!/bin/sh
# The packages' whole life in a Debian of its own: `make package-check`, or check.sh [SUITE].
#
# Builds two versions; with the .deb and then with install.sh: install without a network, use it as
# a user with no rights, keep settings and data through upgrade and downgrade, remove, purge; at the
# end every file of that Debian must be what it was. OLD=REF takes the older version's wheel from
# that commit. Needs root, mmdebstrap and a network (the packages are collected once).
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
suite=${1:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
cache=${VOICEAGENT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/voiceagent}
work=$(mktemp -d "${TMPDIR:-/tmp}/package-check.XXXXXX")
chmod 755 "$work"
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 143' INT TERM
say() { echo "package-check: $*"; }
die() {
    say "FAILED: $*" >&2
    exit 1
}

# ---- two versions ----
source_of() { # REF VERSION FOLDER
    mkdir "$3"
    git -C "$top" archive "$1" | tar -x -C "$3"
    sed -i "s/^version = .*/version = \"$2\"/" "$3/pyproject.toml"
}
source_of HEAD 1.0.0 "$work/one"
source_of HEAD 2.0.0 "$work/two"
source_of "${OLD:-HEAD}" 1.0.0 "$work/old"
mkdir "$work/share"
host=$(. /etc/os-release && echo "$VERSION_CODENAME")
elsewhere=$([ "$suite" = "$host" ] || echo "$suite")
pins=$(sha256sum <"$work/two/requirements.txt" | cut -c-12)
wheels=$cache/wheels-$suite-$pins
mkdir -p "$cache"
# shellcheck disable=SC2086 # no word or one
build() { "$here/deb/build.sh" $elsewhere --wheels "$wheels" --out "$work/share" --from "$1"; }
one=$(build "$work/one")
two=$(build "$work/two")
one=/mnt/$(basename "$one")
two=/mnt/$(basename "$two")
for name in old two; do
    "$top/.venv/bin/python" -m build --no-isolation --outdir "$work/dist-$name" "$work/$name" \
        >"$work/log" 2>&1 || die "cannot build $name: $(tail -n 1 "$work/log")"
    cp "$work/dist-$name"/*.whl "$work/share/"
done
cp -R "$wheels" "$work/share/wheels"
cp "$here/keepsakes.py" "$top/scripts/install.sh" "$work/share/"
cp "$work/two/requirements.txt" "$work/share/"

# ---- a Debian with nothing of ours ----
plain=$cache/debian-plain-$suite
[ -d "$plain" ] || "$here/debian_root.sh" make "$suite" "$plain" python3 python3-venv
root=$work/root
cp -a --reflink=auto "$plain" "$root"
in_root() { "$here/debian_root.sh" run "$root" --share "$work/share" unshare --net "$@"; }
picture() { # every file: kind, mode, owner, size, link, digest; not dpkg's own notes of what it did
    (cd "$root" && find . -xdev \( -path ./var/lib/dpkg -o -path ./var/log -o -path ./var/cache \
        -o -path ./dev -o -path ./proc -o -name __pycache__ \) -prune -o \
        \( -type f -printf '%p %m %U %G ' -exec sha256sum {} \; \) -o -printf '%p %m %U %G %y %l\n' |
        sort)
}
# A first run of dpkg writes files of its own.
in_root dpkg --configure -a
in_root true
picture >"$work/before"

expect_version() {
    said=$(in_root setpriv --reuid nobody --regid nogroup --clear-groups "$1" --version)
    [ "$said" = "voiceagent, version $2" ] || die "$1 is \"$said\", not $2"
}
keepsakes() { in_root /opt/voiceagent/bin/python /mnt/keepsakes.py "$@"; }
same() { # that what was put under that name is there, whole
    keepsakes show "$1" >"$work/now"
    cmp -s "$work/$1" "$work/now" || die "$2: $1 has changed: $(diff "$work/$1" "$work/now")"
    [ "$(cat "$root/etc/voiceagent/voiceagent.env")" = "VOICEAGENT_QUEUE=sales" ] ||
        die "$2: the settings have changed"
}
put() {
    keepsakes put "$1"
    keepsakes show "$1" >"$work/$1"
    [ "$(wc -l <"$work/$1")" -ge 3 ] || die "not everything was written: $(cat "$work/$1")"
}
life() { # NAME INSTALL ONE TWO COMMAND: install, upgrade, downgrade, with settings and data
    say "$1: install"
    $2 "$3"
    expect_version "$5" 1.0.0
    mkdir -p "$root/etc/voiceagent"
    echo "VOICEAGENT_QUEUE=sales" >"$root/etc/voiceagent/voiceagent.env"
    put first
    say "$1: upgrade"
    $2 "$4"
    expect_version "$5" 2.0.0
    same first "after the upgrade"
    put second
    same first "after the upgraded version wrote"
    say "$1: downgrade"
    $2 "$3"
    expect_version "$5" 1.0.0
    same second "after the downgrade"
    put third
    same first "after the downgraded version wrote"
}
untouched() {
    picture >"$work/after"
    diff "$work/before" "$work/after" >"$work/difference" ||
        die "$1 left something: $(head -n 20 "$work/difference")"
    say "$1: every file is as it was"
}
has_data() { [ -s "$root/var/lib/voiceagent/voiceagent.db" ] || die "$1 took the data away"; }

dpkg_install() { in_root dpkg -i --force-downgrade "$1" >"$work/log" 2>&1 || die "$(cat "$work/log")"; }
life "deb" dpkg_install "$one" "$two" /usr/bin/voiceagent
in_root dpkg -r asterisk-voiceagent >/dev/null
has_data "dpkg -r"
[ ! -e "$root/opt/voiceagent" ] || die "dpkg -r left /opt/voiceagent"
in_root dpkg -P asterisk-voiceagent >/dev/null
untouched "deb, purged"

script_install() {
    in_root sh /mnt/install.sh --wheels /mnt/wheels "$1" >"$work/log" 2>&1 || die "$(cat "$work/log")"
}
life "install.sh" script_install /mnt/asterisk_voiceagent-1.0.0-py3-none-any.whl \
    /mnt/asterisk_voiceagent-2.0.0-py3-none-any.whl /usr/local/bin/voiceagent
in_root sh /mnt/install.sh --remove >/dev/null
has_data "install.sh --remove"
rm -rf "$root/var/lib/voiceagent" "$root/etc/voiceagent"
untouched "install.sh, removed"
say "all well on $suite, $(in_root python3 --version)"

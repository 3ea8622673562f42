#!/bin/sh
# A Debian of another release in a folder, for building and checking with its Python.
#
#   debian_root.sh make SUITE DIR PACKAGE...    makes it; needs root, mmdebstrap and a network
#   debian_root.sh run DIR [--share HERE] COMMAND...
#                                           runs a command in it; HERE is seen there as /mnt
set -eu
export LC_ALL=C.UTF-8
what=$1
shift
case $what in
make)
    suite=$1 folder=$2
    shift 2
    packages=$(echo "$@" | tr ' ' ',')
    rm -rf --one-file-system "$folder.part"
    # In namespaces of their own, so that nothing stays mounted or running if this is killed.
    if ! setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child -- \
        mmdebstrap --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' \
        --variant=apt --include="ca-certificates,$packages" \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        "$suite" "$folder.part" >"$folder.log" 2>&1; then
        rm -rf --one-file-system "$folder.part"
        echo "debian_root.sh: mmdebstrap failed: see $folder.log" >&2
        exit 1
    fi
    # It trusts and resolves what this machine does.
    cp -L /etc/resolv.conf /etc/hosts "$folder.part/etc/"
    cp -L /etc/ssl/certs/ca-certificates.crt "$folder.part/etc/ssl/certs/"
    mv -T "$folder.part" "$folder"
    ;;
run)
    folder=$1 share=
    shift
    if [ "$1" = --share ]; then
        share=$2
        shift 2
    fi
    # shellcheck disable=SC2016 # expanded by the inner shell
    exec env -u PIP_FIND_LINKS -u PYTHONPATH SHARE="$share" DEBIAN_FRONTEND=noninteractive \
        setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child -- sh -c '
        root=$1
        shift
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        if [ -n "$SHARE" ]; then mount --bind "$SHARE" "$root/mnt"; fi
        unset SHARE
        exec chroot "$root" "$@"' sh "$folder" "$@"
    ;;
*)
    echo "debian_root.sh: make or run" >&2
    exit 2
    ;;
esac

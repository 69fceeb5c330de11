#!/bin/sh
# Installs the emulator of AWS below the folder that is named, once, and prints where it is; another call at the same time changes nothing. Needs Python 3.11 with pip and a
# package index.
set -eu
version=1.5.33
folder="$1/ministack-$version"
if [ ! -d "$folder" ]; then
    mkdir -p "$1"
    fresh="$(mktemp -d "$folder.XXXXXX")"
    trap 'rm -rf "$fresh"' EXIT
    python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --no-warn-conflicts --root-user-action=ignore \
        --target "$fresh" "ministack==$version" >&2
    mv -T "$fresh" "$folder" 2>/dev/null || [ -d "$folder" ]
fi
echo "$folder"

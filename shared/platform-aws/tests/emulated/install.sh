#!/bin/sh
# Installs the emulator of AWS into the folder that is named, once; another call at the same time changes nothing. Needs Python 3.10 and a package index.
set -eu
folder="$1"
[ -d "$folder" ] && exit 0
mkdir -p "$(dirname "$folder")"
fresh="$(mktemp -d "$folder.XXXXXX")"
trap 'rm -rf "$fresh"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --no-warn-conflicts --root-user-action=ignore \
    --target "$fresh" 'ministack==1.5.33'
mv -T "$fresh" "$folder" 2>/dev/null || [ -d "$folder" ]

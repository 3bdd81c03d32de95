#!/bin/sh
# Installs each named part (requirements/image-NAME.txt) under /out/NAME, as it will lie in an image.
set -eu

site=usr/local/lib/python3.11/dist-packages

# Tests, types and sources of extensions are of no use to a program that runs; records are for pip.
trim() {
  find "$1" -depth -type d \( -name tests -o -name __pycache__ \) -exec rm -rf {} +
  find "$1" -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*_test.py' -o -name '*.h' \
    -o -path '*.dist-info/RECORD' -o -path '*.dist-info/INSTALLER' -o -path '*.dist-info/REQUESTED' \
    -o -path '*.dist-info/direct_url.json' \) -delete
}

# A read-only root never gets bytecode later, and without it a start takes twice as long. By hash and
# unchecked: times of files differ from build to build. Left out is what is loaded one by one, if ever.
compile() {
  python3 -m compileall -q --invalidation-mode unchecked-hash -s "/out/$1" -p / \
    -x '/(client/(models|api)|faker/providers|pygments/(lexers|styles))/' "/out/$1/$site"
}

for part in "$@"; do
  python3 -m pip install --quiet --root "/out/$part" --no-index --find-links wheels --no-deps --require-hashes \
    --no-compile --no-cache-dir --no-warn-script-location --break-system-packages \
    --disable-pip-version-check --root-user-action ignore -r "requirements/image-$part.txt"
  # Commands of libraries; ours is the only one that is asked for.
  find "/out/$part/usr/local/bin" -type f ! -name acuse -delete 2>/dev/null || true
  trim "/out/$part"
  compile "$part"
done

#!/bin/sh
# Make /opt/vedette with what the extras "$@" of pyproject.toml want, in exactly the versions of requirements.lock, and
# without what no container runs: pip itself, tests, headers, debug symbols.
set -eu
site=/opt/vedette/lib/python3.11/site-packages
/usr/bin/python3 -m venv --without-pip /opt/vedette
/usr/bin/python3 deploy/docker/wanted.py "$@" >/tmp/wanted.txt
/usr/bin/python3 -m pip install --target "$site" --no-cache-dir --disable-pip-version-check --no-compile --quiet \
  --constraint requirements.lock --requirement /tmp/wanted.txt
find "$site" -depth -type d \( -name tests -o -name include \) -exec rm -rf {} +
rm -rf "$site"/pygments/lexers/[a-z]*.py # colours for source code in some hundred languages
rm -f "$site"/zstandard/_cffi*.so # a second copy of the library, for an interpreter that is not here
# Not in *.libs: those were rewritten when their wheels were made, and do not survive it. Each is tried afterwards.
find "$site" -name '*.so*' -type f -not -path '*.libs/*' -exec strip --strip-unneeded {} +
find "$site" -name '*.so' -type f -exec /usr/bin/python3 -c 'import ctypes, sys
for path in sys.argv[1:]: ctypes.CDLL(path)' {} +
rm -rf /opt/vedette/bin/* "$site/bin"
ln -s /usr/bin/python3 /opt/vedette/bin/python3
printf '#!/bin/sh\nexec /opt/vedette/bin/python3 -m launch.main "$@"\n' >/opt/vedette/bin/vedette
chmod 755 /opt/vedette/bin/vedette
# The same bytes at each build: a file's time is no part of what is compiled from it.
/usr/bin/python3 -m compileall -q --invalidation-mode unchecked-hash "$site"

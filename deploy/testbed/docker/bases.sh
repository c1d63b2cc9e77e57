#!/usr/bin/env bash
# Make the public base images that deploy/Dockerfile and the stand-ins start from, without a registry: Debian's own
# packages, imported under the names that the Dockerfiles use. They trust what this machine trusts.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

have() { docker image inspect "$1" >/dev/null 2>&1; }

# debian <suite> <image>: a minimal Debian, with documentation and translations left out as the slim images do.
debian() {
  have "$2" && return
  echo "making $2 …" >&2
  mmdebstrap --quiet --variant=minbase --include=netbase,tzdata,usr-is-merged \
    --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin "$1"/var/log/*.log "$1"/var/log/apt' \
    --customize-hook="'$work/trust' \"\$1\"" \
    "$1" "$work/root.tar"
  docker import -c 'CMD ["bash"]' "$work/root.tar" "$2" >/dev/null
  rm -f "$work/root.tar"
}

# A network that re-signs TLS needs its own certificates in the build as well.
cat >"$work/trust" <<'TRUST'
#!/bin/sh
set -eu
bundle=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
[ -f "$bundle" ] || exit 0
mkdir -p "$1/etc/testbed" "$1/root/.cargo"
cp "$bundle" "$1/etc/testbed/ca.pem"
printf '[global]\ncert = /etc/testbed/ca.pem\n' >"$1/etc/pip.conf"
printf '[http]\ncainfo = "/etc/testbed/ca.pem"\n' >"$1/root/.cargo/config.toml"
TRUST
chmod +x "$work/trust"

debian bookworm debian:bookworm-slim
debian trixie debian:trixie-slim

# Node: the program and npm of this machine, which builds the page here too.
node=node:20-bookworm-slim
if ! have "$node"; then
  echo "making $node …" >&2
  [ "$(node --version | cut -d. -f1)" = v20 ] || { echo "error: Node 20 is needed on this machine" >&2; exit 1; }
  mkdir -p "$work/node/bin" "$work/node/lib/node_modules"
  cp "$(command -v node)" "$work/node/bin/node"
  cp -R "$(npm root --global 2>/dev/null)/npm" "$work/node/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/node/bin/npm"
  printf 'FROM debian:bookworm-slim\nCOPY . /usr/local/\nENV NODE_EXTRA_CA_CERTS=/etc/testbed/ca.pem\nCMD ["node"]\n' >"$work/Dockerfile"
  docker build --quiet --file "$work/Dockerfile" --tag "$node" "$work/node" >/dev/null
fi

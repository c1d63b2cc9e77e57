#!/usr/bin/env bash
# Make what deploy/compose.yaml needs and nobody should choose: passwords and tokens in deploy/secrets, each in a file
# that its owner alone may read, and deploy/.env with the containers' user and this host's name. Keeps what is there.
set -euo pipefail
umask 077
cd "$(dirname "$0")/.."
folder=${VEDETTE_SECRETS:-secrets}
settings=${VEDETTE_ENV:-.env}
mkdir -p "$folder"

# random <bytes>: that many random bytes as URL-safe Base64.
random() { head -c "$1" /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '='; }

# keep <name> <text>: the secret of that name, unless there is one. It is there whole, or not at all.
keep() {
  [ -s "$folder/$1" ] && return
  printf '%s' "$2" >"$folder/.$1.new"
  mv "$folder/.$1.new" "$folder/$1"
}

keep postgres_password "$(random 24)"
keep dsn "postgresql://vedette:$(cat "$folder/postgres_password")@timescaledb:5432/vedette"
keep archive_access_key "$(random 15)"
keep archive_secret_key "$(random 30)"
keep admin_password "$(random 15)"
for name in cli agent probe_north probe_south; do keep "${name}_token" "vdt_$(random 20)"; done
chmod 700 "$folder"
chmod 600 "$folder"/*

# Whoever owns the files is whom the containers run as; never root.
user="$(id -u):$(id -g)"
if [ "$(id -u)" = 0 ]; then
  user=10001:10001
  chown "$user" "$folder"/*
fi
if [ ! -f "$settings" ]; then
  printf 'VEDETTE_USER=%s\nVEDETTE_SOURCE=%s\n' "$user" "$(hostname)" >"$settings"
fi

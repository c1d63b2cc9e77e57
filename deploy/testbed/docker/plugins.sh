#!/usr/bin/env bash
# Put Docker's compose and buildx into the folder $1 as plugins of the docker command, from Debian 13's packages: Debian 12
# has neither in a version that reads deploy/compose.yaml.
set -euo pipefail
folder=$(realpath -m "$1")/cli-plugins
[ -x "$folder/docker-compose" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder"
mmdebstrap --quiet --variant=extract --include=docker-compose,docker-buildx trixie "$work/root"
find "$work/root/usr" -type f -path '*/cli-plugins/docker-*' -exec cp {} "$folder" \;

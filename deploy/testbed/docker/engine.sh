#!/usr/bin/env bash
# A Docker engine of one's own below one folder: `engine.sh start FOLDER` prints the environment that reaches it,
# `engine.sh stop FOLDER` ends it, `engine.sh remove FOLDER` deletes all it kept too. Debian: docker.io, docker-compose.
set -euo pipefail
[ $# = 2 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
folder=$(realpath -m "$2")
socket=unix://$folder/docker.sock

running() { [ -f "$folder/docker.pid" ] && kill -0 "$(cat "$folder/docker.pid")" 2>/dev/null; }

start() {
  mkdir -p "$folder"
  if ! running; then
    # In a name space of its own: its mounts end with it, and the agent's view of the host's root may follow the host.
    setsid unshare --mount --propagation shared dockerd --host "$socket" --data-root "$folder/data" \
      --exec-root "$folder/exec" --pidfile "$folder/docker.pid" >>"$folder/dockerd.log" 2>&1 &
    for _ in $(seq 300); do
      docker --host "$socket" version >/dev/null 2>&1 && break
      sleep 0.1
    done
  fi
  docker --host "$socket" version >/dev/null || { tail -n 5 "$folder/dockerd.log" >&2; exit 1; }
  printf 'export DOCKER_HOST=%s\n' "$socket"
  if ! docker compose version >/dev/null 2>&1; then
    "$here/plugins.sh" "$folder/config" >&2
    printf 'export DOCKER_CONFIG=%s\n' "$folder/config"
  fi
}

stop() {
  running || return 0
  pid=$(cat "$folder/docker.pid")
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}

case $1 in
  start) start ;;
  stop) stop ;;
  remove)
    stop
    rm -rf "$folder"
    ;;
  *) exit 2 ;;
esac

#!/bin/sh
# Runs a command with a PostgreSQL and a Redis server: those that answer on 127.0.0.1, else ones of its own,
# on free ports and in a temporary folder, stopped and forgotten afterwards.
set -eu

folder=$(mktemp -d)
chmod 755 "$folder"
postgresql_bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
redis_pid=''
postgresql_started=''

# PostgreSQL refuses to be started by root.
as_server() {
    if [ "$(id -u)" = 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

stop() {
    [ -z "$postgresql_started" ] || as_server "$postgresql_bin/pg_ctl" -D "$folder/postgresql" -m immediate stop
    [ -z "$redis_pid" ] || { kill "$redis_pid" && wait "$redis_pid" || true; }
    rm -rf "$folder"
}
trap 'status=$?; stop >/dev/null 2>&1; exit $status' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_port() {
    .venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start_postgresql() {
    mkdir "$folder/postgresql"
    [ "$(id -u)" != 0 ] || chown postgres "$folder/postgresql"
    port=$(free_port)
    as_server "$postgresql_bin/initdb" -D "$folder/postgresql" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
        --no-sync >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
    # Nothing of it outlives the tests: no need to wait for the disk.
    as_server "$postgresql_bin/pg_ctl" -D "$folder/postgresql" -l "$folder/postgresql/log" -w \
        -o "-p $port -h 127.0.0.1 -k '' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200" \
        start >/dev/null || { cat "$folder/postgresql/log" >&2; exit 1; }
    postgresql_started=yes
    RECUEIL_TEST_POSTGRESQL="postgresql://postgres@127.0.0.1:$port/postgres"
}

start_redis() {
    port=$(free_port)
    redis-server --bind 127.0.0.1 --port "$port" --save '' --appendonly no --dir "$folder" >"$folder/redis.log" 2>&1 &
    redis_pid=$!
    for _ in $(seq 50); do
        [ "$(redis-cli -p "$port" ping 2>/dev/null)" = PONG ] && break
        sleep 0.1
    done
    RECUEIL_TEST_REDIS="redis://127.0.0.1:$port"
}

# A server of the machine serves when it lets the tests make databases without a password.
if [ -z "${RECUEIL_TEST_POSTGRESQL:-}" ]; then
    RECUEIL_TEST_POSTGRESQL='postgresql://postgres@127.0.0.1:5432/postgres'
    may_create=$(psql -wAtc "select rolcreatedb or rolsuper from pg_roles where rolname = current_user" \
        "$RECUEIL_TEST_POSTGRESQL" 2>/dev/null || true)
    [ "$may_create" = t ] || start_postgresql
fi
if [ -z "${RECUEIL_TEST_REDIS:-}" ]; then
    RECUEIL_TEST_REDIS='redis://127.0.0.1:6379'
    [ "$(redis-cli ping 2>/dev/null)" = PONG ] || start_redis
fi
export RECUEIL_TEST_POSTGRESQL RECUEIL_TEST_REDIS

"$@"

# Private services for tests and benchmarks: sourced, not run. Whoever sources it gets them stopped at its end.
#
#   use_postgres [OPTION…]   sets TEST_POSTGRES_URL: to the server it names already, or to a new private one that
#                            is started with `-c OPTION` for each option

services_directory=$(mktemp -d -t partnerapi-services.XXXXXX)
chmod 755 "$services_directory"
postgres_bin=

stop_services() {
  if [ -n "$postgres_bin" ] && [ -f "$services_directory/postgres/postmaster.pid" ]; then
    as_postgres "$postgres_bin/pg_ctl" -D "$services_directory/postgres" -m immediate stop >/dev/null || true
  fi
  rm -rf "$services_directory"
}
trap stop_services EXIT

need_package() { # COMMAND PACKAGE: installs PACKAGE where COMMAND is not found
  if ! command -v "$1" >/dev/null; then
    [ "$(id -u)" = 0 ] || { echo "$2 is missing: install it, or run this as root" >&2; exit 1; }
    [ -n "${apt_updated:-}" ] || { apt-get update -q >/dev/null; apt_updated=yes; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$2" >/dev/null
  fi
}

# PostgreSQL refuses to run as root.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 20000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

use_postgres() {
  if [ -n "${TEST_POSTGRES_URL:-}" ]; then
    echo "PostgreSQL: the server that TEST_POSTGRES_URL names"
    return
  fi
  postgres_bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
  if [ -z "$postgres_bin" ] || [ ! -x "$postgres_bin/initdb" ]; then
    need_package initdb postgresql
    postgres_bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
  fi
  local data=$services_directory/postgres port options=() option
  mkdir "$data"
  [ "$(id -u)" != 0 ] || chown postgres "$data"
  as_postgres "$postgres_bin/initdb" -D "$data" -U partnerapi -A trust -E UTF8 --locale=C >/dev/null
  for option in "$@"; do options+=(-c "$option"); done
  port=$(free_port)
  as_postgres "$postgres_bin/pg_ctl" -D "$data" -w -l "$data/log" start \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$data -c max_connections=400 ${options[*]}" >/dev/null \
    || { cat "$data/log" >&2; exit 1; }
  export TEST_POSTGRES_URL="postgres://partnerapi@127.0.0.1:$port/postgres"
  echo "PostgreSQL: a private server on port $port"
}

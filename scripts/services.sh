# Private services for tests and benchmarks: sourced, not run. Whoever sources it gets them stopped at its end.
#
#   use_postgres [OPTION…]   sets TEST_POSTGRES_URL: to the server it names already, or to a new private one that
#                            is started with `-c OPTION` for each option
#   use_rabbitmq             sets TEST_RABBITMQ_URL in the same way

services_directory=$(mktemp -d -t partnerapi-services.XXXXXX)
chmod 755 "$services_directory"
postgres_bin=
rabbitmq_pid=

stop_services() {
  if [ -n "$rabbitmq_pid" ]; then
    kill -TERM "$rabbitmq_pid" 2>/dev/null || true
    wait "$rabbitmq_pid" 2>/dev/null || true
    # Erlang leaves its port mapper running; this one is on a port of its own, so it is ours.
    epmd -kill >/dev/null 2>&1 || true
  fi
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

# Below the ports that the system gives to connections, or one of those could take it before it is listened on.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 12000))
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

use_rabbitmq() {
  if [ -n "${TEST_RABBITMQ_URL:-}" ]; then
    echo "RabbitMQ: the server that TEST_RABBITMQ_URL names"
    return
  fi
  # Not the command on the PATH, which insists on the system's own directories and user.
  rabbitmq_server=/usr/lib/rabbitmq/bin/rabbitmq-server
  [ -x "$rabbitmq_server" ] || need_package "$rabbitmq_server" rabbitmq-server
  # It needs three ports, and somebody may take one between the look and the start.
  start_rabbitmq || start_rabbitmq || start_rabbitmq || { cat "$services_directory"/rabbitmq.*/output >&2; exit 1; }
}

start_rabbitmq() {
  local home port
  home=$(mktemp -d "$services_directory/rabbitmq.XXXXXX")
  port=$(free_port)
  printf '%s\n' "listeners.tcp.1 = 127.0.0.1:$port" "disk_free_limit.absolute = 50MB" >"$home/rabbitmq.conf"
  : >"$home/enabled_plugins"
  # Erlang's port mapper of a start that failed, if it was left.
  [ -z "$rabbitmq_pid" ] || epmd -kill >/dev/null 2>&1 || true
  ERL_EPMD_PORT=$(free_port)
  export ERL_EPMD_PORT ERL_EPMD_ADDRESS=127.0.0.1
  (
    # The cookie, by which Erlang's nodes know each other, is made in the home.
    export HOME=$home RABBITMQ_NODENAME=partnerapi-$port@localhost RABBITMQ_CONF_ENV_FILE=$home/none
    RABBITMQ_DIST_PORT=$(free_port)
    export RABBITMQ_DIST_PORT RABBITMQ_CONFIG_FILE=$home/rabbitmq RABBITMQ_ENABLED_PLUGINS_FILE=$home/enabled_plugins
    export RABBITMQ_MNESIA_BASE=$home/data RABBITMQ_LOG_BASE=$home/log RABBITMQ_GENERATED_CONFIG_DIR=$home/config
    export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
    cd "$home" && exec "$rabbitmq_server"
  ) >"$home/output" 2>&1 &
  rabbitmq_pid=$!
  until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    kill -0 "$rabbitmq_pid" 2>/dev/null || return 1
    sleep 0.2
  done
  export TEST_RABBITMQ_URL="amqp://guest:guest@127.0.0.1:$port"
  echo "RabbitMQ: a private server on port $port"
}

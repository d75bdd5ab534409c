# Private services for tests and benchmarks: sourced, not run. Whoever sources it gets them stopped at its end.
#
#   use_postgres [OPTION…]   sets TEST_POSTGRES_URL: to the server it names already, or to a new private one that
#                            is started with `-c OPTION` for each option
#   use_rabbitmq             sets TEST_RABBITMQ_URL in the same way
#   use_browser              installs the browser in which pages are tested, where it is missing
#   use_python               sets TEST_PYTHON to a Python with the libraries of a vendor's client, in target/

scripts=$(dirname "${BASH_SOURCE[0]}")
PATH=$PATH:/usr/sbin # where Debian keeps servers
services_directory=$(mktemp -d -t partnerapi-services.XXXXXX)
chmod 755 "$services_directory"
postgres_pid=
rabbitmq_pid=

stop_services() {
  if [ -n "$rabbitmq_pid" ]; then
    kill -TERM "$rabbitmq_pid" 2>/dev/null || true
    wait "$rabbitmq_pid" 2>/dev/null || true
  fi
  if [ -n "$postgres_pid" ]; then
    kill -QUIT "$postgres_pid" 2>/dev/null || true
    wait "$postgres_pid" 2>/dev/null || true
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

use_postgres() {
  # Tests that stop a server have one of their own, whichever the others use.
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || need_package initdb postgresql
  if [ -n "${TEST_POSTGRES_URL:-}" ]; then
    echo "PostgreSQL: the server that TEST_POSTGRES_URL names"
    return
  fi
  local home=$services_directory/postgres options=() option
  mkdir "$home"
  for option in "$@"; do options+=(-c "$option"); done
  POSTGRES_OPTIONS="${options[*]}" "$scripts/postgres" "$home" >"$home.log" 2>&1 &
  postgres_pid=$!
  until grep -q 'ready to accept connections' "$home.log"; do
    kill -0 "$postgres_pid" 2>/dev/null || { cat "$home.log" >&2; exit 1; }
    sleep 0.1
  done
  TEST_POSTGRES_URL="postgres://partnerapi@127.0.0.1:$(cat "$home/port")/postgres"
  export TEST_POSTGRES_URL
  echo "PostgreSQL: a private server on port $(cat "$home/port")"
}

use_rabbitmq() {
  # Tests that stop a server have one of their own, whichever the others use.
  [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || need_package /usr/lib/rabbitmq/bin/rabbitmq-server rabbitmq-server
  if [ -n "${TEST_RABBITMQ_URL:-}" ]; then
    echo "RabbitMQ: the server that TEST_RABBITMQ_URL names"
    return
  fi
  # It needs three ports, and somebody may take one between the look and the start.
  start_rabbitmq || start_rabbitmq || start_rabbitmq || { cat "$services_directory"/rabbitmq.*/output >&2; exit 1; }
}

use_browser() {
  need_package chromium chromium
  need_package chromedriver chromium-driver
}

use_python() {
  [ -z "${TEST_PYTHON:-}" ] || return 0
  local home=target/test-python
  if ! "$home/bin/python" -c 'import requests_oauthlib' 2>/dev/null; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || need_package no-such-command python3-venv
    python3 -m venv --clear "$home"
    "$home/bin/pip" install --quiet --disable-pip-version-check requests==2.32.5 requests-oauthlib==2.0.0
  fi
  TEST_PYTHON=$PWD/$home/bin/python
  export TEST_PYTHON
}

start_rabbitmq() {
  local home
  home=$(mktemp -d "$services_directory/rabbitmq.XXXXXX")
  "$scripts/rabbitmq" "$home" >/dev/null 2>&1 &
  rabbitmq_pid=$!
  until [ -f "$home/url" ]; do
    kill -0 "$rabbitmq_pid" 2>/dev/null || return 1
    sleep 0.2
  done
  TEST_RABBITMQ_URL=$(cat "$home/url")
  export TEST_RABBITMQ_URL
  echo "RabbitMQ: a private server on port $(cat "$home/port")"
}

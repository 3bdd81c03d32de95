#!/bin/sh
# Runs the trial PostgreSQL: makes the data folder once, takes the password as it is today, becomes the server.
set -eu
umask 077
PATH=$PATH:$(echo /usr/lib/postgresql/*/bin)
export PGDATA=/var/lib/postgresql/data
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  rm -rf "$PGDATA"
  initdb --username=postgres --encoding=UTF8 --locale=C.UTF-8 --auth=scram-sha-256 --pwfile=/etc/acuse/postgres/password
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
fi
# A claim outlives a Secret. Only letters and digits are in it.
echo "ALTER USER postgres PASSWORD '$(cat /etc/acuse/postgres/password)'" | postgres --single postgres >/dev/null
# Errors must not print rows: a row may hold personal data.
exec postgres -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=200 \
  -c log_error_verbosity=terse -c log_parameter_max_length=0

#!/bin/sh
# Formats the storage of a new node and makes its users: one for each file kafka_<user>_password. Storage that is
# formatted is left as it is; later, passwords are changed with kafka-configs.sh.
# format.sh CONFIGURATION [SECRETS]
set -eu
configuration=$1
secrets=${2:-/run/secrets}

set --
for file in "$secrets"/kafka_*_password; do
    user=$(basename "$file" _password)
    set -- "$@" --add-scram "SCRAM-SHA-512=[name=${user#kafka_},password=$(cat "$file")]"
done

cluster=k$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | cut -c 1-21)
exec "${KAFKA_HOME:-/opt/kafka}/bin/kafka-storage.sh" format --ignore-formatted --cluster-id "$cluster" \
    --config "$configuration" "$@"

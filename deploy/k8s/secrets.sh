#!/bin/sh
# Puts what `rongcuo credentials` wrote into a namespace: makes every Secret and ConfigMap that the base refers to, or
# replaces what is in them (then: kubectl rollout restart, docs/deploy.md). Two are left to their owners: `rongcuo-tls`,
# the certificate of the ingress, and `rongcuo-sandbox`, which no installation for real people may have.
# secrets.sh DIRECTORY NAMESPACE
set -eu
cd "$1"
namespace=$2

apply() { # apply KIND... NAME KEY=FILE...
    kubectl --namespace "$namespace" create "$@" --dry-run=client --output=yaml | kubectl --namespace "$namespace" apply -f -
}

for service in intake adjudication archive notification; do
    apply secret generic "rongcuo-$service" \
        --from-file="rongcuo_${service}_dsn" --from-file="rongcuo_kafka_password=kafka_${service}_password"
done
apply secret generic rongcuo-shared \
    --from-file=rongcuo_keyring_dsn --from-file=rongcuo_kek --from-file=rongcuo_token_secret --from-file=issuers.yaml
apply secret generic rongcuo-administrator \
    --from-file=rongcuo_dsn --from-file=rongcuo_role_secret --from-file=rongcuo_kafka_password=kafka_admin_password
apply configmap rongcuo-authorities --from-file=ca.crt --from-file=postgres_ca.crt

#!/usr/bin/env bash
# kubectl signs its user in with kubelogin, and asks an API server who that is.
set -euo pipefail
issuer=${ISSUER:?an issuer with https}
export PATH=$PWD/bin:$PATH HOME=$PWD # kubelogin keeps tokens below HOME
sed "s#ISSUER#$issuer#" authentication.yaml >config.yaml
apiserver config.yaml 2>apiserver.log &
trap 'kill $!' EXIT
until port=$(grep -oE "listening on https://127.0.0.1:[0-9]+" apiserver.log | grep -oE "[0-9]+$"); do
  kill -0 $! 2>/dev/null || { cat apiserver.log; exit 1; }
  sleep 0.1
done
sed "s#ISSUER#$issuer#; s#APIPORT#$port#" kubeconfig.yaml >kubeconfig
kubectl --kubeconfig kubeconfig auth whoami

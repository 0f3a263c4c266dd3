#!/bin/sh
# Writes .env for compose.yaml, once: a password for each account, and the digests of the images that run from now on.
set -eu
[ ! -e .env ] || { echo ".env is there already; it stays as it is" >&2; exit 1; }

# What a tag means today, by its digest: the same image on every machine until somebody changes this file.
pinned() {
    docker pull --quiet "$1" >&2
    digest=$(docker image inspect --format '{{index .RepoDigests 0}}' "$1")
    case $digest in
        *@sha256:*) echo "$digest" ;;
        *) echo "$1 has no digest" >&2; exit 1 ;;
    esac
}

umask 077
postgres=$(pinned postgres:18)
python=$(pinned python:3.11-slim-bookworm)
{
    for name in SUPERUSER OWNER SERVICE READER; do echo "${name}_PASSWORD=$(openssl rand -hex 24)"; done
    echo "POSTGRES_IMAGE=$postgres"
    echo "PYTHON_IMAGE=$python"
    echo "KETNOI_URL=http://127.0.0.1:8000"
    echo "KETNOI_HOSTS=127.0.0.1,localhost"
} > .env
echo "Wrote .env: put in KETNOI_URL and KETNOI_HOSTS how people reach the service"

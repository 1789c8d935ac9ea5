#!/usr/bin/env bash
# Resolve once, with hashes, for every Python and platform the project supports.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" "$@"; }
compile pyproject.toml -o requirements/core.txt
compile requirements/build.in -o requirements/build.txt
compile pyproject.toml --extra all --group dev -c requirements/core.txt -c requirements/build.txt -o requirements/dev.txt

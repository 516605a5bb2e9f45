#!/bin/sh
# Makes .venv from a hashed lock: `install.sh cpu|gpu|dev`. The dev lock holds the cpu
# one, so an environment that has it needs nothing more. A stamp that carries the lock's
# hash is written last; what is whole is left alone, and what was interrupted is begun
# anew, because a package half written counts as installed.
set -eu
cd "$(dirname "$0")/.."

wanted="${1:?usage: install.sh cpu|gpu|dev}"
lock="requirements-$wanted.txt"
[ -f "$lock" ] || { echo "install: no $lock; known: cpu, gpu, dev" >&2; exit 2; }

# Two makes in one checkout take turns.
exec 9<Makefile
if command -v flock >/dev/null; then flock 9; fi

hash_of() { cat "requirements-$1.txt" pyproject.toml | sha256sum | cut -d ' ' -f 1; }
fresh() { [ -f ".venv/.installed-$1" ] && [ "$(cat ".venv/.installed-$1")" = "$(hash_of "$1")" ]; }

if [ -x .venv/bin/python ]; then
    if fresh "$wanted"; then exit 0; fi
    if [ "$wanted" = cpu ] && fresh dev; then exit 0; fi
fi

python="${PYTHON:-python3}"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "install: $python is older than 3.11; name another with PYTHON=" >&2
    exit 1
}
echo "installing .venv from $lock (once; about a minute)" >&2
rm -f .venv/.installed-*
if [ -e .venv/.unfinished ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --clear .venv || {
        echo "install: the venv module of $python does not work (Debian: apt-get install python3-venv)" >&2
        exit 1
    }
fi
touch .venv/.unfinished
# On a terminal pip shows its own bars.
if [ -t 2 ]; then quiet=""; else quiet="--quiet --progress-bar off"; fi
pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }
# Both builds of ONNX Runtime write the same folder; the other one leaves first.
if [ "$wanted" = gpu ]; then other=onnxruntime; else other=onnxruntime-gpu; fi
pip uninstall --quiet --yes "$other" 2>/dev/null || true
# shellcheck disable=SC2086 - a list of options
pip install $quiet --require-hashes -r "$lock"
# shellcheck disable=SC2086
pip install $quiet --no-deps --no-build-isolation --editable .
rm .venv/.unfinished
hash_of "$wanted" >".venv/.installed-$wanted"

#!/bin/sh
# Makes .venv, installs what cnnlab and its tests need, then lints, checks types and tests. Arguments go to pytest.
# The servers of the tests are PostgreSQL, of Debian, and the whole MLflow, in .venv-mlflow.
set -eu
cd "$(dirname "$0")/.."

PYTHON=${PYTHON:-python3}
# The browser tests' browser; the full data set; the database server behind MLflow's.
DEBIAN_PACKAGES="chromium dataset-fashion-mnist postgresql"
# Chromium without windows: the browser tests take it where it is, since a page loads in half the time.
FASTER_BROWSER=chromium-headless-shell

say() { echo "tests/run.sh: $*" >&2; }

installed() { dpkg-query --show --showformat '${db:Status-Status}\n' "$@" 2>/dev/null | grep -c '^installed$'; }

install_debian_packages() {
    # shellcheck disable=SC2086 # a list of words
    if command -v dpkg-query >/dev/null && [ "$(installed $DEBIAN_PACKAGES)" = 3 ]; then
        install_faster_browser
        return
    fi
    if ! command -v apt-get >/dev/null; then
        say "there is no apt-get here. By hand: 'playwright install chromium' (in .venv/bin) for the" \
            "browser tests, which fail without a browser, and the four files of Fashion-MNIST as the" \
            "README says under 'Data sets' for the tests of the full set, and PostgreSQL's programs for those" \
            "of a store on a server; these are skipped without them."
        return
    fi
    root=""
    if [ "$(id -u)" != 0 ]; then
        root=sudo
    fi
    # shellcheck disable=SC2086
    if ! { $root apt-get update -qq && $root apt-get install -qq -y --no-install-recommends $DEBIAN_PACKAGES; } >&2
    then
        say "apt-get could not install $DEBIAN_PACKAGES: do it by hand and start again."
        exit 1
    fi
    install_faster_browser
}

install_faster_browser() {
    if [ "$(installed $FASTER_BROWSER)" = 1 ]; then
        return
    fi
    root=""
    if [ "$(id -u)" != 0 ]; then
        root="sudo -n"
    fi
    if ! $root apt-get install -qq -y --no-install-recommends $FASTER_BROWSER >/dev/null 2>&1; then
        say "$FASTER_BROWSER is not installed: the browser tests use chromium, and take longer."
    fi
}

if ! "$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
    say "cnnlab needs Python 3.11, 3.12 or 3.13; name one by PYTHON=python3.12 sh tests/run.sh."
    exit 1
fi
install_debian_packages
[ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r tests/requirements.txt
[ -x .venv-mlflow/bin/python ] || "$PYTHON" -m venv .venv-mlflow
.venv-mlflow/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements-mlflow.txt
.venv/bin/ruff check
.venv/bin/ruff format --check
.venv/bin/ty check --quiet
# Two lanes: most tests compute on one core, or wait for another process. As low as cnnlab's workers are among
# processes, so that a lane that computes does not hold up the workers of the other.
exec nice -n 10 .venv/bin/python -m pytest -n 2 --durations=15 --durations-min=1 "$@"

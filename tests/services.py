"""Throw-away PostgreSQL and Valkey for a test run, started before Django reads its settings.

Loaded with `-p tests.services` from pyproject.toml. A DATABASE_URL in the environment wins. With several
workers the first process starts one PostgreSQL (each worker has a base of its own there), and every worker
a Valkey and a data folder of its own, because channels know no database number.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config import words
from config.launch import identity, throwaway

PLACE = "THROUGHLINE_TEST_PLACE"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Start the services; as a wrapper this comes before pytest-django's own hook."""
    words.compile_all()
    stack = ExitStack()
    early_config.add_cleanup(stack.close)
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker and PLACE in os.environ:
        account = identity.unprivileged()
        # The servers' account passes through to its own part.
        place = identity.private(Path(os.environ[PLACE], worker), None, 0o711 if account else 0o700)
        os.environ |= throwaway.environment(place / "data")
        os.environ["REDIS_URL"] = stack.enter_context(throwaway.broker(place, account))
    elif "DATABASE_URL" not in os.environ:
        environment = stack.enter_context(throwaway.services())
        before = dict(os.environ)
        os.environ |= environment
        os.environ[PLACE] = os.fspath(Path(environment["DATA"]).parent)
        stack.callback(_restore, before)
    return (yield)


@pytest.fixture(scope="session", autouse=True)
def _plain_static_files() -> None:
    """Serve static files under their own names: a test run collects none, so there is no manifest."""
    from django.conf import settings
    from django.test.signals import storages_changed

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    # Whoever looked before, such as pytest at what a test module imports, has made storages of what was set then.
    storages_changed(setting="STORAGES")
    # WhiteNoise warns when the folder it serves is missing.
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


def _restore(before: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(before)

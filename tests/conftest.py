"""What every test may ask for: a small world with named people, and browsers and desks for them.

The world is built once per run through the product's own actions and kept in a schema of its own; a test that
asks for it gets the rows copied in, which takes milliseconds. A test that does not ask has an empty database.
"""

import io
from datetime import date

import pytest
from django.core.cache import cache
from django.core.files import storage
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection, transaction

from engagements.models import Engagement, FileVersion
from tests import people

DJANGOS_OWN = {"auth_permission", "django_content_type", "django_migrations"}


class FailuresAtOnce:
    """Print a failure when it happens: a run that is ended from outside has then said what it knew."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print what failed and the end of why."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if report.failed and reporter is not None:
            reporter.write_line(f"\nFailed: {report.nodeid}\n{report.longreprtext[-3000:]}")


def pytest_configure(config: pytest.Config) -> None:
    """Tell failures at once where several workers share a run."""
    if config.getoption("numprocesses", None):
        config.pluginmanager.register(FailuresAtOnce(config))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """End what still speaks to the database before it is dropped: a worker that was stopped a moment ago."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords():
    """Hash passwords with the cheapest hasher: the real one takes a tenth of a second, on purpose."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _fresh_limits():
    """Forget how often somebody tried: what one test did must not slow the next one down."""
    cache.clear()


def keep_rows(schema):
    """Move every row of the database aside into *schema*; return the statements that copy them back in."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        cursor.execute(f"CREATE SCHEMA {schema}")
        copies = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT EXISTS (SELECT FROM public.{table})")
            if table not in DJANGOS_OWN and cursor.fetchone()[0]:
                cursor.execute(f"CREATE TABLE {schema}.{table} AS TABLE public.{table}")
                cursor.execute(
                    "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns "
                    "WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
                    [table],
                )
                (columns,) = cursor.fetchone()
                copies.append(
                    f"INSERT INTO public.{table} ({columns}) SELECT {columns} FROM {schema}.{table}"
                )
        tables = ", ".join(statement.split()[2] for statement in copies)
        # Identities go on counting, so that no other row of the run gets the number of one of these.
        cursor.execute(f"TRUNCATE {tables} CASCADE")
    return "; ".join(copies)


def copy_rows(statements):
    """Bring rows back that were moved aside."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statements)


@pytest.fixture(scope="session")
def kept_world(django_db_setup, django_db_blocker, _cheap_passwords):
    """Build the world once and move it aside."""
    with django_db_blocker.unblock():
        people.build_world()
        return keep_rows("kept")


@pytest.fixture
def world(db, kept_world):
    """Give the test the world: see `tests.people.World`. It works with and without `transaction=True`."""
    copy_rows(kept_world)
    return people.read_world()


@pytest.fixture(scope="session")
def kept_demo(django_db_setup, django_db_blocker, _cheap_passwords):
    """Play the demo's stories once, up to a Monday; move their rows aside and remember their files."""
    with django_db_blocker.unblock():
        call_command("demo", today=date(2026, 11, 23), stdout=io.StringIO())
        names = list(FileVersion.objects.values_list("storage_name", flat=True))
        rows = keep_rows("kept_demo")
    return rows, {name: _content(name) for name in names}


def _content(name):
    with storage.default_storage.open(name) as file:
        return file.read()


@pytest.fixture
def demo(db, kept_demo):
    """Give the demo's engagements by code, instead of the world."""
    rows, files = kept_demo
    copy_rows(rows)
    for name, content in files.items():
        # A test before may have tidied up what no row named.
        if not storage.default_storage.exists(name):
            storage.default_storage.save(name, ContentFile(content))
    return {engagement.code: engagement for engagement in Engagement.objects.select_related("client")}


@pytest.fixture
def engagement(world):
    """Give the engagement of all named people: depth full, active, from the built-in framework."""
    return world.engagement


@pytest.fixture
def desk(world):
    """Give `desk(person)`: that person's desk in the engagement, or in another one."""
    return lambda person, engagement=None, **more: people.desk(person, engagement or world.engagement, **more)


@pytest.fixture
def client_for():
    """Give `client_for(person)`: a browser in which they are signed in; `csrf=True` wants tokens as browsers do."""
    return people.browser_of


def _named(key):
    def person(world):
        return world.people[key]

    person.__doc__ = f"Give {people.CAST[key].name}, the {key.replace('_', ' ')} of the world."
    return pytest.fixture(name=key)(person)


project_manager = _named("project_manager")
consultant = _named("consultant")
observer = _named("observer")
administrator = _named("administrator")
outsider = _named("outsider")
other_manager = _named("other_manager")
sponsor = _named("sponsor")
contributor = _named("contributor")
reviewer = _named("reviewer")
other_client_member = _named("other_client_member")

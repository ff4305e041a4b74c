"""The access table, held against the product: every route, every kind of person, every method, with and without htmx."""

import functools
import re
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import connection, transaction
from django.urls import URLResolver, get_resolver, reverse

from engagements.models import Engagement, Membership
from engagements.policy import AFTER_CLOSING, GRANTS, Permission, Role
from tests.access_table import ADMINISTRATOR, ANY, FIRM, LIBRARY, OWN, PUBLIC, SIGNED_IN, TABLE, furnish
from tests.conftest import copy_rows, keep_rows
from tests.people import CAST, browser_of, read_world

pytestmark = pytest.mark.django_db

PEOPLE = (
    "anonymous",
    "outsider",
    "administrator",
    "project_manager",
    "consultant",
    "observer",
    "sponsor",
    "contributor",
    "reviewer",
    "other_client_member",
)
# Asked with htmx as well: one of each kind of answer.
THOROUGH = ("anonymous", "outsider", "project_manager", "contributor")
TURNED_AWAY = (302, 401, 403, 404, 405)
PLAIN, HTMX = {}, {"hx-request": "true"}
NOBODY = 10**12
# One-click unsubscribing (RFC 8058): the signed link is the proof, and stopping a mail harms nobody.
MAIL_PROGRAMS_POST = {"engagements:mail-stop"}
OUR_IDS = (
    "membership_id",
    "invitation_id",
    "row_id",
    "file_id",
    "answer_id",
    "conflict_id",
    "report_id",
    "meeting_id",
    "point_id",
    "link_id",
    "schedule_id",
)

# ---- what is there


@functools.cache
def routes():
    """Give every named route of the product with the names of the parts of its address."""

    def walk(resolver, namespace, names):
        for pattern in resolver.url_patterns:
            inside = names | set(pattern.pattern.regex.groupindex)
            if isinstance(pattern, URLResolver):
                deeper = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from walk(pattern, deeper, inside)
            else:
                yield namespace + (pattern.name or repr(pattern)), inside

    return dict(walk(get_resolver(), "", set()))


def test_every_route_has_a_row():
    missing = sorted(routes().keys() - {row.route for row in TABLE + LIBRARY})

    assert not missing, (
        "tests/access_table.py needs a line for "
        + ", ".join(missing)
        + ('. Such as: row("app:name", P.SEE, P.ANSWER, body={"value": "Words"}),')
    )


def test_every_row_has_a_route():
    assert not {row.route for row in TABLE + LIBRARY} - routes().keys()


def names_of(row):
    """Return the names of the parts of a row's address."""
    return routes().get(row.route, set())


# ---- who may


def test_the_policy_is_the_one_that_was_agreed():
    """The same table as engagements.policy, written down once more: a change has to be made on purpose, twice."""
    agreed = """
                  see answer confirm assign comment note recommend offer choose decide sign waive export write_report release invite manage redact
project_manager     x      x       x      x       x    x         x     x      .      x    x     x      x            x       x      x      x      x
consultant          x      x       x      x       x    x         x     x      .      x    x     .      x            x       .      .      .      .
observer            x      .       .      .       .    .         .     .      .      .    .     .      .            .       .      .      .      .
client_sponsor      x      x       x      x       x    .         .     .      x      x    x     .      x            .       .      .      .      .
client_contributor  x      x       x      x       x    .         .     .      x      .    x     .      x            .       .      .      .      .
client_reviewer     x      .       .      .       x    .         .     .      .      .    x     .      .            .       .      .      .      .
"""
    head, *lines = agreed.strip("\n").splitlines()
    names = head.split()
    assert set(names) == set(Permission)
    for line in lines:
        role, *marks = line.split()
        granted = {name for name, mark in zip(names, marks, strict=True) if mark == "x"}
        assert GRANTS[Role(role)] == granted, role


def may(door, person):
    """Return None where *person* may pass, else the status they get instead."""
    if door == PUBLIC:
        return None
    if person == "anonymous":
        return "door"
    part = CAST[person]
    if door == SIGNED_IN:
        return None
    if door == FIRM:
        return None if part.side == "firm" else 404
    if door == ADMINISTRATOR:
        return None if person == "administrator" else 404
    if part.role is None:
        return 404
    granted = GRANTS[part.role] - (set() if part.may_sign else {Permission.SIGN})
    return None if door in granted else 403


# ---- the machinery


@pytest.fixture(scope="module")
def furnished(kept_world, django_db_blocker):
    """Furnish both engagements alike, once; return the rows, and what their addresses are made of."""
    with django_db_blocker.unblock():
        copy_rows(kept_world)
        world = read_world()
        people = world.people
        ours = furnish(world, world.engagement, people["project_manager"], people["contributor"])
        foreign = furnish(
            world, world.other_engagement, people["other_manager"], people["other_client_member"]
        )
        return keep_rows("furnished"), (ours, foreign)


@pytest.fixture
def world(db, furnished):
    """Give the world with one of everything in both engagements."""
    copy_rows(furnished[0])
    return read_world()


@pytest.fixture
def places(furnished):
    """Give what addresses are made of: (ours, the foreign ones)."""
    return furnished[1]


class Browsers(dict):
    """A signed-in browser for each kind of person, opened when first asked for."""

    def __init__(self, world):
        super().__init__()
        self.world = world

    def __missing__(self, key):
        self[key] = browser_of(self.world.people.get(key))
        return self[key]


@pytest.fixture
def browsers(world):
    """Give `browsers["sponsor"]`; "anonymous" is nobody's."""
    return Browsers(world)


@contextmanager
def taken_back():
    """Undo whatever is written inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def written():
    """Return how many rows this transaction has inserted, updated and deleted so far, taken back or not."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        return cursor.fetchone()[0]


def path_of(row, places, **other):
    named = {name: places.get(what, what) for name, what in row.names.items()}
    at = {name: places.get(name) for name in names_of(row)} | named | other
    return reverse(row.route, kwargs=at) + row.query


def body_of(row, places):
    return row.body(places) if callable(row.body) else row.body


def ask(browser, method, path, body=None, headers=PLAIN):
    """Send one request, always under one id, and read the whole answer into its `bytes`."""
    send = getattr(browser, method.lower())
    response = send(path, body or {}, headers={"x-request-id": "access-table", **headers})
    content = b"".join(response.streaming_content) if response.streaming else response.content
    # The masks of form tokens are new each time.
    response.bytes = re.sub(rb'value="\w{64}"', b"", content)
    return response


def check(response, wanted, given, *, door=302, htmx=False, told=""):
    """Hold one answer against what the table wants: None for passing with *given*, "door", or a status."""
    status = response.status_code
    if wanted == "door":
        if htmx or door == 401:
            assert status == 401, told
            assert b"data-refusal" in response.bytes, told
        else:
            assert status == 302, told
            assert response.url.startswith("/account/login/?next="), told
    elif wanted is None:
        if given in (ANY, OWN):
            allowed = (200, 302, 400, 403, 409, 410, 422) + (404,) * (given == OWN)
            assert status in allowed, f"{told}: {status}"
        else:
            expected = given if isinstance(given, int) else given[htmx]
            assert status == expected, f"{told}: {status}, the table says {expected}"
    else:
        assert status == wanted, f"{told}: {status}, the table says {wanted}"


# ---- every route


@pytest.mark.parametrize("row", TABLE, ids=str)
class TestRoute:
    def test_everybody_gets_what_the_table_says(self, row, places, browsers):
        path = path_of(row, places[0])
        for person in PEOPLE:
            browser = browsers[person]
            for headers in (PLAIN, HTMX) if person in THOROUGH else (PLAIN,):
                for method, door, given in (("GET", row.get, row.shows), ("POST", row.post, row.does)):
                    told = f"{method} {path} by {person}{' with htmx' if headers else ''}"
                    before = written()
                    with taken_back():
                        response = ask(browser, method, path, body_of(row, places[0]), headers)
                    if door is None:
                        assert response.status_code in TURNED_AWAY, told
                        assert written() == before, f"{told} wrote something"
                        continue
                    wanted = may(door, person)
                    check(response, wanted, given, door=row.door, htmx=bool(headers), told=told)
                    if (method == "GET" and not row.get_writes) or wanted is not None:
                        assert written() == before, f"{told} wrote something"

    def test_other_methods_do_nothing(self, row, places, browsers):
        path = path_of(row, places[0])
        for person in ("anonymous", "outsider", "project_manager"):
            browser = browsers[person]
            for method in ("PUT", "PATCH", "DELETE"):
                before = written()
                with taken_back():
                    response = ask(browser, method, path)
                assert response.status_code in TURNED_AWAY, f"{method} {path} by {person}"
                assert written() == before, f"{method} {path} by {person} wrote something"

    def test_forms_need_their_token(self, row, places, world):
        if row.post is None or row.route in MAIL_PROGRAMS_POST:
            return
        person = next(person for person in PEOPLE if may(row.post, person) is None)
        browser = browser_of(world.people.get(person), csrf=True)
        path = path_of(row, places[0])
        for headers in (PLAIN, HTMX):
            before = written()
            response = ask(browser, "POST", path, body_of(row, places[0]), headers)
            assert response.status_code == 403, f"POST {path} by {person} without a token"
            assert written() == before

    def test_foreign_things_are_not_there(self, row, places, browsers):
        ours, foreign = places
        names = names_of(row)
        swaps = []
        if "engagement_id" in names:
            there = path_of(row, foreign)
            swaps.append((there, path_of(row, foreign, engagement_id=NOBODY)))
        for name in sorted(names.intersection(OUR_IDS)):
            swaps.append((path_of(row, ours, **{name: foreign[name]}), path_of(row, ours, **{name: NOBODY})))
        for method, door in (("GET", row.get), ("POST", row.post)):
            for person in ("project_manager", "contributor", "administrator"):
                browser = browsers[person]
                for headers in (PLAIN, HTMX) if person == "project_manager" else (PLAIN,):
                    if isinstance(door, Permission):
                        for there, nowhere in swaps:
                            self.same_answer(
                                browser, method, there, nowhere, row, foreign, headers, door, person
                            )

    def same_answer(self, browser, method, there, nowhere, row, foreign, headers, door, person):
        before = written()
        answers = []
        for path in (there, nowhere):
            with taken_back():
                answers.append(ask(browser, method, path, body_of(row, foreign), headers))
        found, absent = answers
        told = f"{method} {there} by {person}"
        assert found.status_code in (403, 404), told
        assert found.status_code == absent.status_code, told
        if may(door, person) is None or "engagement_id" in there:
            assert found.status_code == 404, told
        assert found.bytes == absent.bytes, told
        assert written() == before, f"{told} wrote something"


class TestInternalItems:
    @pytest.mark.parametrize(
        "row",
        # Where the address names a row, that is what counts; the item's key beside it is decoration.
        [
            row
            for row in TABLE
            if "key" in names_of(row)
            and "register" not in row.names.values()
            and not row.route.startswith("questionnaires:row-")
        ]
        + [row for row in TABLE if row.route in ("questionnaires:row-add", "questionnaires:row-paste")],
        ids=str,
    )
    def test_they_do_not_exist_for_the_client_side(self, row, places, browsers):
        ours = places[0]
        assert ours["internal"]
        row = replace(row, names={name: what for name, what in row.names.items() if name != "key"})
        for method, door in (("GET", row.get), ("POST", row.post)):
            if door is None:
                continue
            for person in ("sponsor", "contributor", "reviewer"):
                browser = browsers[person]
                before = written()
                with taken_back():
                    hidden = ask(browser, method, path_of(row, ours | {"key": ours["internal"]}))
                    absent = ask(browser, method, path_of(row, ours | {"key": "no-such-item"}))
                told = f"{method} {row} of an internal item by {person}"
                assert hidden.status_code == absent.status_code, told
                assert hidden.status_code in (403, 404), told
                assert hidden.bytes == absent.bytes, told
                assert written() == before, told


class TestEndedAndClosed:
    """The same doors a moment later: somebody has left, or the engagement is over."""

    ROWS = [row for row in TABLE if isinstance(row.get or row.post, Permission)]

    @pytest.mark.parametrize("row", ROWS, ids=str)
    def test_whoever_left_is_a_stranger(self, row, places, browsers, world):
        Membership.objects.filter(engagement=world.engagement, user=world.people["contributor"]).update(
            ended_at="2026-11-01T00:00Z"
        )
        for method, door in (("GET", row.get), ("POST", row.post)):
            if door is not None:
                response = ask(
                    browsers["contributor"], method, path_of(row, places[0]), body_of(row, places[0])
                )
                assert response.status_code == 404

    @pytest.mark.parametrize("row", ROWS, ids=str)
    def test_whoever_may_not_sign_in_is_at_the_door(self, row, places, browsers, world):
        user, browser = world.people["project_manager"], browsers["project_manager"]
        type(user).objects.filter(pk=user.pk).update(is_active=False)
        method = "GET" if row.get else "POST"
        response = ask(browser, method, path_of(row, places[0]), body_of(row, places[0]))
        check(response, "door", None, door=row.door)

    @pytest.mark.parametrize(
        "row",
        [row for row in ROWS if row.post and row.post not in AFTER_CLOSING],
        ids=str,
    )
    def test_a_closed_engagement_does_not_change(self, row, places, browsers, world):
        Engagement.objects.filter(pk=world.engagement.pk).update(status="closed")
        path = path_of(row, places[0])
        for person in ("project_manager", "contributor"):
            browser = browsers[person]
            before = written()
            with taken_back():
                response = ask(browser, "POST", path, body_of(row, places[0]))
            assert response.status_code == 403, f"POST {path} by {person}"
            assert written() == before

    @pytest.mark.parametrize("row", ROWS, ids=str)
    def test_a_purged_engagement_is_not_there(self, row, places, browsers, world):
        Engagement.objects.filter(pk=world.engagement.pk).update(status="purged")
        method = "GET" if row.get else "POST"
        response = ask(browsers["project_manager"], method, path_of(row, places[0]), body_of(row, places[0]))
        assert response.status_code == 404


@pytest.mark.parametrize("row", LIBRARY, ids=str)
class TestTheLibrarysPages:
    def test_who_is_not_signed_in_comes_only_where_the_door_is(self, row, places, browsers):
        for method, door in (("GET", row.get), ("POST", row.post)):
            if door is not None:
                response = ask(browsers["anonymous"], method, path_of(row, places[0]))
                told = f"{method} {row}"
                if door == SIGNED_IN:
                    check(response, "door", None, told=told)
                else:
                    assert response.status_code in (200, 302, 404), told

    def test_who_is_signed_in_meets_no_fault(self, row, places, browsers):
        for method, door in (("GET", row.get), ("POST", row.post)):
            if door is not None:
                for person in ("outsider", "contributor"):
                    browser = browsers[person]
                    response = ask(browser, method, path_of(row, places[0]))
                    assert response.status_code in (200, 302, 404, 409), f"{method} {row} by {person}"

    def test_forms_need_their_token(self, row, places, world):
        if row.post is not None:
            browser = browser_of(world.people["contributor"], csrf=True)
            before = written()
            assert ask(browser, "POST", path_of(row, places[0])).status_code == 403
            assert written() == before

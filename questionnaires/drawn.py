"""Fragments that were drawn before, kept by everything they show.

A fragment is a function of what its item's view holds, of the framework and of a few facts of its engagement. All of
that is its key. So whatever changed, by whomever and in whatever way, is drawn anew, and nobody has to say that it did.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Model

from accounts.models import User
from engagements.models import Engagement, Membership
from questionnaires.access import Viewpoint
from questionnaires.document import shapes

# Characters of one process: about twenty pages of 200 questions for each side.
MOST = 40_000_000
# What no fragment shows and what changes with every sign-in or look at a page.
UNSEEN = {
    "_state",
    "last_event",
    "last_login",
    "password",
    "access_version",
    "unread",
    "seen_event",
    "seen_at",
}
PLAIN = (str, int, float, bool, type(None), datetime, date, Decimal, UUID)
# Parts of the framework, which is named by its version and its overlay.
OF_FRAMEWORK = tuple(one for one in vars(shapes).values() if isinstance(one, type) and is_dataclass(one))

UNHASHABLE = {list, dict}

Gather = Callable[[Any, list[Any]], None]


@dataclass(frozen=True, slots=True)
class Fragment:
    """Drawn HTML; *people* is the list of people it offers or names, where it does."""

    html: str
    people: Hashable = None


class Kept:
    """The fragments used last. Threads share it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._size = 0
        self._fragments: OrderedDict[Hashable, Fragment] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Fragment | None:
        """Return the fragment drawn from exactly this, or None."""
        with self._lock:
            found = self._fragments.get(key)
            if found is not None:
                self._fragments.move_to_end(key)
            return found

    def put(self, key: Hashable, fragment: Fragment) -> None:
        """Keep a fragment, and let go of those that were not used for longest."""
        with self._lock:
            self._size += len(fragment.html)
            if before := self._fragments.pop(key, None):
                self._size -= len(before.html)
            self._fragments[key] = fragment
            while self._size > self._most:
                _key, gone = self._fragments.popitem(last=False)
                self._size -= len(gone.html)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._fragments.clear()
            self._size = 0

    def __len__(self) -> int:
        return len(self._fragments)


KEPT = Kept()


def facts_of(view: Viewpoint, today: date, language: str) -> Hashable:
    """Return what every fragment of a side may show besides its item."""
    questionnaire, engagement = view.questionnaire, view.engagement
    return (
        questionnaire.version_id,
        repr(questionnaire.overlay),
        str(view.side),
        language,
        today,
        content([_Facts(engagement), _Facts(engagement.client)]),
    )


def facts_of_people(view: Viewpoint) -> Hashable:
    """Return everything about an engagement's people that a fragment may show."""
    return content(list(view.people.members))


def content(value: Any) -> Hashable:
    """Return everything *value* holds as one flat key: views with their parts, rows of tables with what they refer to.

    Something of a kind that is not known here is never equal to anything, so that it is drawn each time.
    """
    gathered: list[Any] = []
    _gather(value, gathered)
    # A list is made faster than what gives its parts one by one, and this is most of the work of a page.
    return tuple([repr(one) if one.__class__ in UNHASHABLE else one for one in gathered])


@dataclass(frozen=True, slots=True)
class _Facts:
    """A row of a table without what it refers to."""

    row: Model


def _gather(value: Any, into: list[Any]) -> None:
    kind = value.__class__
    try:
        how = _HOW[kind]
    except KeyError:
        how = _HOW[kind] = _how(kind)
    how(value, into)


def _how(kind: type) -> Gather:
    if issubclass(kind, PLAIN):
        return _plain
    if issubclass(kind, (list, tuple)):
        return _list
    if issubclass(kind, dict):
        return _dict
    if issubclass(kind, Engagement):
        return _nothing
    if issubclass(kind, (User, Membership)):
        return _person
    if issubclass(kind, Model):
        return _row
    if kind is _Facts:
        return lambda value, into: _own(value.row, into)
    if kind in OF_FRAMEWORK:
        return _part_of_framework
    if is_dataclass(kind):
        names = tuple(one.name for one in fields(kind))
        return lambda value, into: _attributes(value, names, into)
    return _unknown


def _plain(value: Any, into: list[Any]) -> None:
    into.append(value)


def _unknown(value: Any, into: list[Any]) -> None:
    into.append(object())


def _nothing(value: Any, into: list[Any]) -> None:
    """It is among the facts of every fragment."""


def _list(value: Any, into: list[Any]) -> None:
    into.append(len(value))
    for one in value:
        _gather(one, into)


def _dict(value: Any, into: list[Any]) -> None:
    into.append(len(value))
    for name, one in value.items():
        into.append(name)
        _gather(one, into)


def _attributes(value: Any, names: tuple[str, ...], into: list[Any]) -> None:
    into.append(value.__class__)
    for name in names:
        _gather(getattr(value, name), into)


def _part_of_framework(value: Any, into: list[Any]) -> None:
    # An item, a section and so on by its key; what has none is written out.
    into.append(value.__class__)
    into.append(getattr(value, "key", None) or repr(value))


def _own(row: Model, into: list[Any]) -> None:
    into.append(row.__class__)
    into.extend(one for name, one in row.__dict__.items() if name not in UNSEEN)


def _person(row: Model, into: list[Any]) -> None:
    _own(row, into)
    if isinstance(row, Membership):
        _own(row.user, into)


def _row(row: Model, into: list[Any]) -> None:
    into.append(row.__class__)
    into.append(len(row.__dict__))
    # The first is Django's own note on where the row came from; it also has what the row refers to.
    into.extend(list(row.__dict__.values())[1:])
    for one in row._state.fields_cache.values():
        _gather(one, into)


_HOW: dict[type, Gather] = {}

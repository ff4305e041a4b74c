"""Make accounts, change what is known about people, and end their sessions."""

import logging
from datetime import datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Client, User

log = logging.getLogger("throughline.administration")

# What an administrator may change; the side and the client are facts, and the address is the person's own.
CHANGEABLE = frozenset(
    {"display_name", "initials", "job_title", "language", "time_zone", "is_administrator", "is_active"}
)
OWN = frozenset({"display_name", "initials", "job_title", "language", "time_zone", "theme", "single_keys"})


class AddressTaken(Exception):
    """Somebody has this address already."""


class LastAdministrator(Exception):
    """One installation keeps at least one administrator who may sign in."""


@transaction.atomic
def create_person(
    *, by: User | None, email: str, display_name: str, client: Client | None = None, **fields: Any
) -> User:
    """Make an account without a password; the person chooses one by a link. Raises AddressTaken."""
    try:
        with transaction.atomic():
            person = User.objects.create_user(
                email, None, display_name=display_name.strip(), client=client, **fields
            )
    except IntegrityError as error:
        raise AddressTaken(_("Somebody with this address is here already.")) from error
    _note("person created", person, by)
    return person


@transaction.atomic
def change_person(*, person: User, by: User | None, **fields: Any) -> list[str]:
    """Change an account and return the names of what changed. Whoever may not sign in any more is out at once.

    Raises LastAdministrator, and ValueError for a field that is not an administrator's business.
    """
    if unknown := fields.keys() - CHANGEABLE:
        raise ValueError(unknown)
    # All of them, in one order: two administrators must not each remove the other.
    administrators = User.objects.filter(is_administrator=True, is_active=True).order_by("pk")
    others = [user.pk for user in administrators.select_for_update() if user.pk != person.pk]
    person = User.objects.select_for_update().get(pk=person.pk)
    changed = [name for name, new in fields.items() if getattr(person, name) != new]
    was_administrator = person.is_administrator and person.is_active
    for name in changed:
        setattr(person, name, fields[name])
    if was_administrator and not (person.is_administrator and person.is_active) and not others:
        raise LastAdministrator(
            _("This is the only administrator who may sign in. Make somebody else administrator first.")
        )
    if changed:
        person.save(update_fields=changed)
        _note("person changed", person, by, changed=changed)
    if "is_active" in changed and not person.is_active:
        end_sessions(person=person)
    return changed


def change_own(*, person: User, **fields: Any) -> None:
    """Change one's own name, zone, language and habits of the pages."""
    if unknown := fields.keys() - OWN:
        raise ValueError(unknown)
    for name, value in fields.items():
        setattr(person, name, value)
    person.save(update_fields=[*fields])


def end_streams(*, person: User) -> None:
    """Let every open stream of *person* end and ask anew whether it may go on."""
    User.objects.filter(pk=person.pk).update(access_version=F("access_version") + 1)


def end_sessions(*, person: User, now: datetime | None = None) -> int:
    """Sign *person* out everywhere and return how many sessions that ended.

    Sessions do not name their person, so all of them are looked through; this happens rarely.
    """
    end_streams(person=person)
    ended = 0
    for session in Session.objects.filter(expire_date__gt=now or timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()
            ended += 1
    return ended


def administrators_exist() -> bool:
    """Say whether anybody could look after this installation."""
    return User.objects.filter(is_administrator=True, is_active=True).exists()


def _note(what: str, person: User, by: User | None, **more: Any) -> None:
    log.info(what, extra={"fields": {"person": person.pk, "by": by.pk if by else None, **more}})

"""Give people an account, with a link by which they choose their password."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.actions import people
from accounts.models import User
from engagements import mail


@transaction.atomic
def create_and_write(*, by: User, email: str, display_name: str, **fields: Any) -> User:
    """Make an account and mail its person the link. Raises people.AddressTaken."""
    person = people.create_person(by=by, email=email, display_name=display_name, **fields)
    write(person=person, by=by)
    return person


@transaction.atomic
def write(*, person: User, by: User) -> None:
    """Mail a link by which somebody chooses a password. Links of earlier mails work until one was used."""
    mail.queue(
        "welcome",
        # A second press within the minute is the same mail.
        once=f"welcome:{person.pk}:{timezone.now():%Y%m%d%H%M}",
        template="welcome",
        user=person,
        context={"person": person, "by": by, "act_url": mail.link(password_path(person))},
    )


def password_path(person: User) -> str:
    """Return the path on which *person* chooses a password; it works for three days, and until it was used."""
    uid, token = user_pk_to_url_str(person), default_token_generator.make_token(person)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})

"""Links that stop one kind of mail for one person without signing in (RFC 8058), and what they stop."""

from django.core import signing
from django.db import transaction
from django.urls import reverse

from engagements.models import InboxItem, MailChoice
from engagements.models.inbox import BY_MAIL

SALT = "engagements.stop-mail"
# The daily mail, which gathers several kinds.
DIGEST = "digest"


class BadLink(Exception):
    """The link is not one of ours, or was not copied completely."""


def stop_path(person: int, kind: str) -> str:
    """Return the path that stops mails of *kind*, or the daily one, for a person. It does not run out."""
    return reverse("engagements:mail-stop", args=[signing.dumps([person, str(kind)], salt=SALT)])


def read(token: str) -> tuple[int, str]:
    """Return the person's id and the kind that a link names; raises BadLink."""
    try:
        person, kind = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError) as error:
        raise BadLink from error
    return int(person), str(kind)


def is_chosen_by_kind(kind: str) -> bool:
    """Say whether mails of *kind* are of those that people choose themselves."""
    return kind == DIGEST or kind in InboxItem.Kind.values


def choices_of(person: int) -> dict[str, InboxItem.ByMail]:
    """Return how a person wants each kind."""
    chosen = dict(MailChoice.objects.filter(user=person).values_list("kind", "by_mail"))
    return {kind: InboxItem.ByMail(chosen.get(kind, usual)) for kind, usual in BY_MAIL.items()}


@transaction.atomic
def choose(*, person: int, choices: dict[str, str]) -> None:
    """Store how a person wants some kinds. Raises ValueError for a kind or a way that does not exist."""
    MailChoice.objects.bulk_create(
        [
            MailChoice(user_id=person, kind=InboxItem.Kind(kind), by_mail=InboxItem.ByMail(by_mail))
            for kind, by_mail in choices.items()
        ],
        update_conflicts=True,
        unique_fields=["user", "kind"],
        update_fields=["by_mail"],
    )


def stop(*, person: int, kind: str) -> None:
    """Send no more mails of *kind* to a person; for the daily mail, none of the kinds that it gathers."""
    kinds = [kind]
    if kind == DIGEST:
        kinds = [kind for kind, way in choices_of(person).items() if way == InboxItem.ByMail.DIGEST]
    choose(person=person, choices=dict.fromkeys(kinds, InboxItem.ByMail.NEVER))
    # What waits for tomorrow's mail stays in the inbox and is not sent.
    InboxItem.objects.filter(user=person, kind__in=kinds, by_mail=InboxItem.ByMail.DIGEST, mail=None).update(
        by_mail=InboxItem.ByMail.NEVER
    )

"""Let people have a released report: by a link that ends, or by mail to the engagement's people."""

import hashlib
import ipaddress
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from engagements import history, mail
from engagements.models import Engagement, Membership
from reports.actions.editing import told
from reports.models import Link, Opening, Report

LASTS = timedelta(days=14)
LONGEST = timedelta(days=365)
SHORTEST_PASSWORD = 8
# So many wrong passwords in so long, and the link rests for everybody.
TRIES, REST = 5, timedelta(minutes=15)


class NotShareable(Exception):
    """The report cannot be given away like this; the message says why."""


class MadeAlready(Exception):
    """This form has made its link already; its address was shown then and is kept nowhere."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self.link = link


class WrongPassword(Exception):
    """The password does not open the link."""


class TooManyTries(Exception):
    """Too many wrong passwords; the link rests for a while."""


def hash_of(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def links_of(report: Report) -> QuerySet[Link]:
    """Return the links to a report, newest first, with how often each was used and when last."""
    opened = Q(openings__outcome=Opening.Outcome.OPENED)
    return (
        Link.objects.filter(report=report)
        .select_related("created_by")
        .annotate(
            times=Count("openings", filter=opened),
            last=Max("openings__at", filter=opened),
            wrong=Count("openings", filter=~opened & Q(openings__isnull=False)),
        )
        .order_by("-pk")
    )


@transaction.atomic
def make_link(
    *,
    report: Report,
    by: User,
    label: str,
    expires_at: datetime,
    key: uuid.UUID,
    password: str = "",
    mail_to: str = "",
    at: datetime | None = None,
) -> tuple[Link, str]:
    """Make a link to a released report; returns it with its token, which is stored nowhere but in a mail to *mail_to*.

    Raises NotShareable, MadeAlready.
    """
    at = at or timezone.now()
    number = history.lock(report.engagement)
    if known := Link.objects.filter(key=key).first():
        raise MadeAlready(known)
    report.refresh_from_db(fields=["stage", "state"])
    if not report.is_released:
        raise NotShareable(_("Only what is released can be shared. Release it first."))
    if not at < expires_at <= at + LONGEST:
        raise NotShareable(_("Choose a day within the next year on which the link ends."))
    if password and len(password) < SHORTEST_PASSWORD:
        raise NotShareable(
            _("Choose a password of %(count)d characters or more.") % {"count": SHORTEST_PASSWORD}
        )
    token = secrets.token_urlsafe(32)
    link = Link.objects.create(
        report=report,
        token_hash=hash_of(token),
        key=key,
        label=label.strip()[:120],
        mailed_to=mail_to,
        password=make_password(password) if password else "",
        expires_at=expires_at,
        created_by=by,
        created_at=at,
    )
    history.record(
        "report.shared",
        engagement=report.engagement,
        number=number,
        by=by,
        at=at,
        firm_only=True,
        data={**told(report), "link": link.pk},
    )
    if mail_to:
        mail.queue(
            "shared-report",
            once=f"link:{link.pk}",
            template="shared_report",
            to=mail_to,
            context={
                "report": report,
                "engagement": report.engagement,
                "by": by,
                "link": link,
                "has_password": bool(password),
                "act_url": address(token),
            },
        )
    return link, token


def address(token: str) -> str:
    """Return the full address of a link."""
    return mail.link(reverse("reports:shared", args=[token]))


@transaction.atomic
def end_link(*, link: Link, by: User, at: datetime | None = None) -> None:
    """End a link at once; a mail with it that has not left yet stays here. Ending it twice does nothing more."""
    at = at or timezone.now()
    number = history.lock(link.report.engagement)
    link.refresh_from_db(fields=["revoked_at"])
    if link.revoked_at is not None:
        transaction.set_rollback(True)
        return
    link.revoked_at, link.revoked_by = at, by
    link.save(update_fields=["revoked_at", "revoked_by"])
    mail.drop(once_begins=f"link:{link.pk}")
    history.record(
        "report.link-ended",
        engagement=link.report.engagement,
        number=number,
        by=by,
        at=at,
        firm_only=True,
        data={**told(link.report), "link": link.pk},
    )


def find_link(token: str, *, at: datetime | None = None) -> Link | None:
    """Return the link that a token opens now, or None: nobody learns whether it ended or never was."""
    link = (
        Link.objects.select_related("report__engagement__client", "report__superseded_by")
        .filter(token_hash=hash_of(token))
        .exclude(report__engagement__status=Engagement.Status.PURGED)
        .first()
    )
    return link if link is not None and link.is_open(at or timezone.now()) else None


def open_link(*, link: Link, password: str, network: str, agent: str, at: datetime | None = None) -> Report:
    """Check the password of a link, write down that it was used, and return the report.

    Raises WrongPassword, which is written down too, and TooManyTries.
    """
    if _try(link, password, network, agent, at or timezone.now()) == Opening.Outcome.WRONG:
        raise WrongPassword
    return link.report


@transaction.atomic
def _try(link: Link, password: str, network: str, agent: str, at: datetime) -> Opening.Outcome:
    # One after another for a link, so that many tries at once count as many.
    link = Link.objects.select_for_update().get(pk=link.pk)
    outcome = Opening.Outcome.OPENED
    if link.password:
        wrong = Opening.objects.filter(link=link, outcome=Opening.Outcome.WRONG, at__gt=at - REST)
        if wrong.count() >= TRIES:
            raise TooManyTries
        if not check_password(password, link.password):
            outcome = Opening.Outcome.WRONG
    Opening.objects.create(link=link, at=at, outcome=outcome, network=network, agent=agent[:200])
    return outcome


def network_of(address: str) -> str:
    """Return an address without the part that names one machine; "" for what is none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))


@transaction.atomic
def send(
    *,
    report: Report,
    people: Iterable[Membership],
    with_file: bool,
    words: str,
    key: uuid.UUID,
    by: User,
    at: datetime | None = None,
) -> int:
    """Send a released report to people of the engagement, with its file or only with the way to it; returns to how many.

    *key* is the form's one-time key: sent twice, it is one mail each. Raises NotShareable.
    """
    people = list(people)
    number = history.lock(report.engagement)
    report.refresh_from_db(fields=["stage", "state", "storage_name"])
    if not report.is_released or report.state != Report.State.DONE:
        raise NotShareable(_("Only what is released can be sent. Release it first."))
    if not people:
        raise NotShareable(_("Choose somebody to send it to."))
    for member in people:
        mail.queue(
            "sent-report",
            once=f"report:{report.pk}:{key}:{member.user_id}",
            template="sent_report",
            user=member.user,
            engagement=report.engagement,
            context={
                "report": report,
                "engagement": report.engagement,
                "by": by,
                "words": words.strip()[:2000],
                "with_file": with_file,
                "act_url": mail.link(reverse("reports:report", args=[report.engagement_id, report.pk])),
            },
            attachment=(report.storage_name, report.filename) if with_file else ("", ""),
        )
    history.record(
        "report.mailed",
        engagement=report.engagement,
        number=number,
        by=by,
        at=at or timezone.now(),
        firm_only=True,
        data={**told(report), "people": [member.user_id for member in people], "file": with_file},
    )
    return len(people)

"""Prove that what is stored about engagements agrees with itself."""

import hashlib
from collections.abc import Iterator

from django.core.files.storage import default_storage
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.models import User
from engagements.models import Comment, Engagement, Event, FileVersion, Mail, Redaction, Thread, Wording


def problems(engagement: Engagement | None = None, *, files: bool = False) -> Iterator[str]:
    """Give a sentence for each contradiction; nothing means sound. *files* also reads every stored byte."""
    engagements = Engagement.objects.filter(pk=engagement.pk) if engagement else Engagement.objects.all()
    yield from _events(engagements)
    yield from _mails()
    yield from _talk(engagements)
    yield from _redactions(engagements)
    yield from _unread()
    yield from _files(engagement, read=files)


def _events(engagements: QuerySet[Engagement]) -> Iterator[str]:
    counted = Engagement.objects.filter(pk__in=engagements).annotate(
        count=Count("events"), lowest=Min("events__number"), highest=Max("events__number")
    )
    wrong = counted.exclude(count=F("last_event"), lowest=1, highest=F("last_event"))
    for pk, newest, count, lowest, highest in wrong.exclude(count=0, last_event=0).values_list(
        "pk", "last_event", "count", "lowest", "highest"
    ):
        yield (
            f"engagement {pk}: {count} events numbered {lowest} to {highest}, and the newest should be {newest}"
        )


def _mails() -> Iterator[str]:
    stuck = Mail.objects.filter(
        Q(state=Mail.State.SENDING, lease_until=None) | Q(state=Mail.State.QUEUED, attempts__gte=3)
    )
    for mail in stuck:
        yield f"mail {mail.pk}: {mail.state} without a way on"
    for mail in Mail.objects.filter(state=Mail.State.SENT, sent_at__gt=timezone.now()):
        yield f"mail {mail.pk}: sent in the future"


def _talk(engagements: QuerySet[Engagement]) -> Iterator[str]:
    newest = Wording.objects.filter(comment=OuterRef("pk")).order_by("-version")
    comments = Comment.objects.filter(thread__engagement__in=engagements).annotate(
        last_version=Subquery(newest.values("version")[:1]), last_text=Subquery(newest.values("text")[:1])
    )
    for comment in comments.exclude(version=F("last_version"), text=F("last_text")):
        yield f"comment {comment.pk}: it is not its last wording"
    for thread in Thread.objects.filter(engagement__in=engagements, comments=None):
        yield f"thread {thread.pk}: nobody says anything in it"


def _redactions(engagements: QuerySet[Engagement]) -> Iterator[str]:
    told = Event.objects.filter(engagement=OuterRef("engagement"), number=OuterRef("event"), kind="redacted")
    for redaction in Redaction.objects.filter(engagement__in=engagements).exclude(Exists(told)):
        yield f"redaction {redaction.pk}: no event says that words were taken out"


def _unread() -> Iterator[str]:
    counted = User.objects.annotate(count=Count("inbox", filter=Q(inbox__read_at=None)))
    for user in counted.exclude(unread=F("count")):
        yield f"person {user.pk}: {user.unread} unread are counted, and there are {user.count}"


def _files(engagement: Engagement | None, *, read: bool) -> Iterator[str]:
    versions = FileVersion.objects.select_related("file").order_by("pk")
    if engagement:
        versions = versions.filter(file__engagement=engagement)
    for version in versions.iterator(chunk_size=500):
        if not default_storage.exists(version.storage_name):
            yield f"file {version.file_id} version {version.number}: its bytes are missing"
        elif read:
            with default_storage.open(version.storage_name) as stored:
                digest = hashlib.file_digest(stored, "sha256").hexdigest()
            if digest != version.sha256:
                yield f"file {version.file_id} version {version.number}: its bytes are not those that were uploaded"

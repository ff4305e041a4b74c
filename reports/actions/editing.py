"""Write into a draft: a foreword, texts, and which parts it has. Its file is made again from what it says then."""

from datetime import datetime

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from engagements import doorbell, history
from reports.content import deliverables
from reports.content.edits import Edits, edited, parts
from reports.models import Report

LONGEST = 10_000


class NotEditable(Exception):
    """The report was released, or edited by somebody else meanwhile; the message says which, and what to do."""


class EditedMeanwhile(NotEditable):
    """Somebody stored other words after this form was opened. Nothing was stored."""


@transaction.atomic
def edit(*, report: Report, edits: Edits, seen: int, by: User, at: datetime | None = None) -> bool:
    """Store what a draft says besides its snapshot; *seen* is the edit that the form was opened with.

    Says whether anything changed. Raises NotEditable, EditedMeanwhile.
    """
    edits = clean(report, edits)
    number = history.lock(report.engagement)
    report.refresh_from_db(fields=["stage", "edits", "edited", "edited_by", "storage_name", "state"])
    if report.needs_no_release:
        raise NotEditable(_("Receipts and certificates are written once and stay as they are."))
    if report.is_released:
        raise NotEditable(
            _("This report has been released and stays as it is. Write a new version to say it differently.")
        )
    if edits.plain() == report.edits:
        transaction.set_rollback(True)
        return False
    if report.edited != seen:
        raise EditedMeanwhile(
            _("%(name)s changed these words while you were writing. What stands now is shown beside yours.")
            % {"name": report.edited_by.display_name if report.edited_by else _("Somebody")}
        )
    before, report.edits = report.edits, edits.plain()
    report.edited, report.edited_by = report.edited + 1, by
    report.fingerprint = fingerprint(edited(report.snapshot, edits))
    set_again(report)
    report.save()
    history.record(
        "report.edited",
        engagement=report.engagement,
        number=number,
        by=by,
        at=at or timezone.now(),
        firm_only=True,
        data={**told(report), "old": before, "new": report.edits},
    )
    return True


def clean(report: Report, edits: Edits) -> Edits:
    """Return edits with what is known to this report only, and with texts as they are kept. Raises NotEditable."""
    known = parts(report.snapshot, Edits())
    texts = {part.key: tidy(edits.texts.get(part.key, "")) for part in known if part.takes_text}
    left_out = [part.key for part in known if part.key in edits.left_out]
    if len(left_out) == len(known):
        raise NotEditable(_("Leave at least one part in it."))
    return Edits(tidy(edits.foreword), {key: text for key, text in texts.items() if text}, left_out)


def tidy(text: str) -> str:
    """Return a text as it is kept. Raises NotEditable when it is too long."""
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if len(text) > LONGEST:
        raise NotEditable(
            _("A text holds up to %(count)d characters. Nothing was stored; your words are below.")
            % {"count": LONGEST}
        )
    return text


def set_again(report: Report) -> None:
    """Let a report's file be made again, and the one there is go; the caller stores the row."""
    if name := report.storage_name:
        transaction.on_commit(lambda: default_storage.delete(name))
    report.state, report.attempts, report.lease_until = Report.State.QUEUED, 0, None
    report.percent, report.doing, report.error, report.degraded = 0, "", "", []
    report.storage_name, report.sha256, report.size, report.pages = "", "", 0, 0
    report.done_at = None
    doorbell.ring_on_commit()


def fingerprint(document: dict[str, object]) -> str:
    """Return the SHA-256 of what a document says, whatever its number and however the record went on."""
    return deliverables.fingerprint({**document, "event": 0, "number": 0})


def told(report: Report) -> dict[str, object]:
    """Return what every event about a report says of it."""
    return {
        "report": report.pk,
        "title": report.title,
        "number": report.number,
        "edition": str(report.edition),
    }

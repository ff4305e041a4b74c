"""What becomes of a draft: it goes into review, it is released and stands from then on, a later one supersedes it."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Side, User
from engagements import history
from engagements.models import Event, InboxItem, Membership, Thread
from engagements.notify import Subject, notify
from engagements.policy import Role
from questionnaires.access import Viewpoint
from questionnaires.models import Questionnaire
from reports.actions import sharing
from reports.actions.editing import fingerprint, told
from reports.content.edits import Edits, Snapshot, document_of, edited
from reports.leaks import Leak, leaks
from reports.models import Report


class NotReleasable(Exception):
    """The report cannot be released; the message says why, and what to do."""


class Leaking(NotReleasable):
    """The document would tell the client side what only the firm may know; *found* says where."""

    def __init__(self, found: list[Leak]) -> None:
        super().__init__(
            ngettext(
                "One line would show what only we may know. We don’t release while this is open.",
                "%(count)d lines would show what only we may know. We don’t release while they are open.",
                len(found),
            )
            % {"count": len(found)}
        )
        self.found = found


class NotADraft(Exception):
    """The report is past the stage that was asked about."""


def subject_of(report: Report) -> Subject:
    """Return what threads and notices about a report are about; of one that is not released only the firm hears."""
    return Subject(report.key, report.name, firm_only=not report.is_released)


def reviewers(report: Report) -> list[Membership]:
    """Return who may say something to a draft: the people of the firm who write here."""
    members = Membership.objects.current().filter(engagement=report.engagement).select_related("user")
    return [member for member in members if member.role in (Role.PROJECT_MANAGER, Role.CONSULTANT)]


@transaction.atomic
def send_to_review(*, report: Report, by: User | None, at: datetime | None = None) -> Report:
    """Ask the firm's people in the engagement to read a draft; without *by* a schedule does. Raises NotADraft."""
    at = at or timezone.now()
    number = history.lock(report.engagement)
    report.refresh_from_db(fields=["stage", "state"])
    if report.needs_no_release:
        raise NotADraft(_("Nobody has to read this before it counts: both sides have it already."))
    if report.stage == Report.Stage.REVIEW:
        transaction.set_rollback(True)
        return report
    if report.stage != Report.Stage.DRAFT:
        raise NotADraft(_("This report has been released already."))
    report.stage = Report.Stage.REVIEW
    report.save(update_fields=["stage"])
    event = _record("report.in-review", report, number, by, at, firm_only=True)
    people = [member.user_id for member in reviewers(report)]
    notify(event, people, InboxItem.Kind.REVIEW, subject_of(report))
    return report


@transaction.atomic
def take_back(*, report: Report, by: User, at: datetime | None = None) -> Report:
    """Take a draft out of review. Raises NotADraft."""
    number = history.lock(report.engagement)
    report.refresh_from_db(fields=["stage"])
    if report.stage == Report.Stage.DRAFT:
        transaction.set_rollback(True)
        return report
    if report.stage != Report.Stage.REVIEW:
        raise NotADraft(_("This report has been released already."))
    report.stage = Report.Stage.DRAFT
    report.save(update_fields=["stage"])
    _record("report.taken-back", report, number, by, at or timezone.now(), firm_only=True)
    return report


def open_threads(report: Report) -> int:
    """Return how many threads about a report are not settled."""
    return Thread.objects.filter(engagement=report.engagement, item_key=report.key, settled_at=None).count()


def current(report: Report) -> Report | None:
    """Return the report of the same kind and edition that is released now."""
    return (
        Report.objects.filter(
            engagement=report.engagement,
            kind=report.kind,
            edition=report.edition,
            stage=Report.Stage.RELEASED,
        )
        .defer("snapshot")
        .first()
    )


def mailed(report: Report) -> list[Membership]:
    """Return who gets a report by mail once it is released, because the plan that it was written on says so."""
    return list(report.schedule.people.current().select_related("user")) if report.schedule else []


def obstacles(report: Report) -> list[str]:
    """Return why a report cannot be released as it is, in words; nothing means it can, leaks apart."""
    if report.edition != Side.CLIENT:
        return [_("This is the firm's own edition. Write the client's edition to release it.")]
    if report.needs_no_release:
        return [_("Nobody has to release this: both sides read it already.")]
    if report.is_released:
        return [_("This report has been released already.")]
    found = []
    if report.state != Report.State.DONE:
        found.append(_("The file is not ready yet."))
    elif report.in_parts:
        found.append(_("This is a quick draft. The file to be released is being set; try again in a moment."))
    now = current(report)
    if now is not None and now.pk != report.replaces_id:
        found.append(
            _("%(report)s was released after this was written, so what this says about it is out of date. Write it anew.")
            % {"report": now.name}
        )  # fmt: skip
    if count := open_threads(report):
        found.append(
            ngettext(
                "A comment on it is open. Answer it or settle it first.",
                "%(count)d comments on it are open. Answer or settle them first.",
                count,
            )
            % {"count": count}
        )
    return found


def leaks_of(report: Report) -> list[Leak]:
    """Return what a report would tell the client side that it may not know."""
    return _leaks(report, document_of(report))


def _leaks(report: Report, document: Snapshot) -> list[Leak]:
    questionnaire = Questionnaire.objects.select_related("engagement__client", "version").get(
        engagement=report.engagement_id
    )
    return leaks(Viewpoint(questionnaire, Side.FIRM), document)


def release(*, report: Report, by: User, at: datetime | None = None) -> Report:
    """Release a finished client edition; the one before it becomes superseded, and the client's people hear of it.

    Raises NotReleasable, Leaking.
    """
    at = at or timezone.now()
    report.refresh_from_db()
    if found := obstacles(report):
        raise NotReleasable(found[0])
    # Reading everything that only the firm knows takes a while, in which others may write; what is released is
    # compared with what was looked at.
    document = document_of(report)
    if leaking := _leaks(report, document):
        raise Leaking(leaking)
    return _release(report, fingerprint(document), by, at)


@transaction.atomic
def _release(report: Report, looked_at: str, by: User, at: datetime) -> Report:
    number = history.lock(report.engagement)
    report.refresh_from_db()
    if found := obstacles(report):
        raise NotReleasable(found[0])
    document = edited(report.snapshot, Edits.read(report.edits))
    if fingerprint(document) != looked_at:
        raise NotReleasable(_("Somebody changed it a moment ago. Look at it once more."))
    before = current(report)
    if before is not None:
        Report.objects.filter(pk=before.pk).update(
            stage=Report.Stage.SUPERSEDED, superseded_by=report, superseded_at=at
        )
    report.stage, report.released_by, report.released_at = Report.Stage.RELEASED, by, at
    report.snapshot, report.fingerprint, report.then = document, looked_at, Report.Then.STAY
    report.save()
    event = _record("report.released", report, number, by, at)
    people = Membership.objects.current().filter(engagement=report.engagement)
    told_to = [member.user_id for member in people if member.side == Side.CLIENT]
    chosen = mailed(report)
    subject, apart = subject_of(report), [member.user_id for member in chosen]
    notify(event, told_to, InboxItem.Kind.REPORT, subject, mailed=apart)
    if report.schedule and chosen:
        sharing.send(
            report=report,
            people=chosen,
            with_file=report.schedule.with_file,
            words="",
            key=uuid.uuid4(),
            by=by,
            at=at,
        )
    return report


def _record(
    kind: str, report: Report, number: int, by: User | None, at: datetime, *, firm_only: bool = False
) -> Event:
    return history.record(
        kind,
        engagement=report.engagement,
        number=number,
        by=by,
        at=at,
        firm_only=firm_only,
        data=told(report),
    )

"""Have reports written by themselves: every so many weeks at a time of day, missed ones once when the worker is back."""

import logging
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Side, User
from engagements import doorbell, history
from engagements.models import Engagement, InboxItem, Membership
from engagements.notify import notify
from engagements.policy import Permission
from questionnaires.access import Viewpoint
from questionnaires.models import Questionnaire
from reports.actions import release as releasing
from reports.actions import writing
from reports.actions.editing import told
from reports.content import deliverables
from reports.models import ATTEMPTS, Report, Schedule

log = logging.getLogger("throughline.reports")
# Longer than a snapshot takes to read; whoever holds a row longer has died.
LEASE = timedelta(minutes=2)
# The moment follows from the engagement's own zone, whatever its clocks did since, and with it when the zone changes.
DUE = """
    s.ended_at IS NULL AND e.status IN ('active', 'paused', 'draft')
    AND (s.next_on + s.at) AT TIME ZONE e.time_zone <= {now}
    AND (s.lease_until IS NULL OR s.lease_until < {now})
"""
PLANS = doorbell.Work(
    task="reports.write_as_planned",
    due=f"""
        SELECT s.id, s.next_on::text || COALESCE(s.lease_until::text, '') FROM reports_schedule s
        JOIN engagements_engagement e ON e.id = s.engagement_id
        WHERE {DUE.format(now="clock_timestamp()")} ORDER BY s.id LIMIT 20
    """,  # noqa: S608 - our own words
)
# Reports that are not to stay drafts and whose file is there, or could not be made.
FOLLOW_UPS = doorbell.Work(
    task="reports.follow_up",
    due="""
        SELECT id, "then" FROM reports_report
        WHERE "then" <> '' AND (state = 'failed' OR (state = 'done' AND storage_name NOT LIKE 'reports/parts-%'))
        ORDER BY id LIMIT 20
    """,
)


class NotPlannable(Exception):
    """The plan makes no sense; the message says why."""


@transaction.atomic
def plan(
    *,
    engagement: Engagement,
    questionnaire: Questionnaire,
    kind: str,
    edition: str,
    every: int,
    first_on: date,
    at: time,
    then: str,
    by: User,
    people: Collection[Membership] = (),
    with_file: bool = False,
    now: datetime | None = None,
) -> Schedule:
    """Have a deliverable written from *first_on* on, every so many weeks; *at* is by the engagement's clock.

    *people* get each of them by mail once it is released, with the file or only the way to it. Replaces the plan there is for the same deliverable and edition. Raises NotPlannable.
    """
    now = now or timezone.now()
    if kind not in deliverables.titles(questionnaire.framework) or edition not in Side.values:
        raise NotPlannable(_("There is no such deliverable. Choose one of the list."))
    if then == Report.Then.RELEASE and edition != Side.CLIENT:
        raise NotPlannable(_("Our own edition is never released. Choose what else becomes of it."))
    if people and edition != Side.CLIENT:
        raise NotPlannable(_("Our own edition is never released, so nobody gets it by mail."))
    if every not in Schedule.Every.values or then not in Report.Then.values:
        raise NotPlannable(_("Choose how often it is written and what becomes of it."))
    if moment(engagement, first_on, at) <= now:
        raise NotPlannable(_("The first time has to be still to come."))
    number = history.lock(engagement)
    Schedule.objects.filter(engagement=engagement, kind=kind, edition=edition, ended_at=None).update(
        ended_at=now, ended_by=by
    )
    schedule = Schedule.objects.create(
        engagement=engagement,
        kind=kind,
        edition=edition,
        every=every,
        next_on=first_on,
        at=at,
        then=then,
        with_file=with_file,
        created_by=by,
        created_at=now,
    )
    schedule.people.set(people)
    _record("schedule.made", schedule, questionnaire, number, by, now)
    return schedule


@transaction.atomic
def end_plan(
    *, schedule: Schedule, questionnaire: Questionnaire, by: User, now: datetime | None = None
) -> None:
    """End a plan; what it has had written stays. Ending it twice does nothing more."""
    now = now or timezone.now()
    number = history.lock(schedule.engagement)
    schedule.refresh_from_db(fields=["ended_at"])
    if schedule.ended_at is not None:
        transaction.set_rollback(True)
        return
    schedule.ended_at, schedule.ended_by = now, by
    schedule.save(update_fields=["ended_at", "ended_by"])
    _record("schedule.ended", schedule, questionnaire, number, by, now)


def _record(
    kind: str, schedule: Schedule, questionnaire: Questionnaire, number: int, by: User, at: datetime
) -> None:
    title = deliverables.titles(questionnaire.framework).get(schedule.kind, schedule.kind)
    history.record(
        kind,
        engagement=schedule.engagement,
        number=number,
        by=by,
        at=at,
        firm_only=True,
        data={"schedule": schedule.pk, "title": title, "edition": str(schedule.edition)},
    )


def moment(engagement: Engagement, day: date, at: time) -> datetime:
    """Return the moment of a day and a time by an engagement's clock, as the database works it out.

    A time that the clocks leave out comes as much later, one that they show twice is the second.
    """
    both = (datetime.combine(day, at.replace(fold=fold), engagement.zone) for fold in (0, 1))
    return max(one.astimezone(UTC) for one in both)


def next_after(schedule: Schedule, now: datetime) -> date:
    """Return the first day of a plan that is still to come."""
    day = schedule.next_on
    while moment(schedule.engagement, day, schedule.at) <= now:
        day += timedelta(weeks=schedule.every)
    return day


def write_as_planned(schedule_id: int, *, now: datetime | None = None) -> Report | None:
    """Write the report of a plan whose time has come; of several that were missed, one.

    Does nothing for a plan that somebody else has. A plan tried three times goes on with its next day, and says so.
    """
    now = now or timezone.now()
    attempt = _claim(schedule_id, now)
    if attempt is None:
        return None
    schedule = Schedule.objects.select_related("engagement__client", "created_by").get(pk=schedule_id)
    questionnaire = Questionnaire.objects.select_related("version").get(engagement=schedule.engagement_id)
    questionnaire.engagement = schedule.engagement
    due = schedule.next_on
    # Somebody may have had it stored and died before the plan went on.
    report = Report.objects.filter(schedule=schedule, due_on=due).first()
    outcome = ""
    with translation.override(schedule.created_by.language):
        if report is None and attempt > ATTEMPTS:
            outcome = _("It could not be written in three attempts.")
        elif report is None:
            try:
                report, is_new = writing.create(
                    view=Viewpoint(questionnaire, Side(schedule.edition)),
                    questionnaire=questionnaire,
                    kind=schedule.kind,
                    by=schedule.created_by,
                    at=now,
                    schedule=schedule,
                )
            except deliverables.NoSuchDeliverable:
                outcome = _("The framework has no such deliverable any more.")
            else:
                if not is_new and not _goes_along(report, schedule):
                    outcome = _("Nothing had changed since %(report)s.") % {"report": report.name}
    Schedule.objects.filter(pk=schedule.pk, next_on=due, attempts=attempt).update(
        next_on=next_after(schedule, now), lease_until=None, attempts=0, last_on=due, outcome=outcome[:300]
    )
    return report


def _goes_along(report: Report, schedule: Schedule) -> bool:
    """Let a draft that says the same already be the one of a plan; one that people work on stays theirs."""
    untouched = Report.objects.filter(pk=report.pk, stage=Report.Stage.DRAFT, edited=0, then="")
    return bool(untouched.update(then=schedule.then, schedule=schedule, due_on=schedule.next_on))


def _claim(schedule_id: int, now: datetime) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE reports_schedule s SET lease_until = %(until)s, attempts = s.attempts + 1
            FROM engagements_engagement e
            WHERE s.id = %(id)s AND e.id = s.engagement_id AND {DUE.format(now="%(now)s")}
            RETURNING s.attempts
            """,  # noqa: S608 - our own words
            {"id": schedule_id, "now": now, "until": now + LEASE},
        )
        row = cursor.fetchone()
    return int(row[0]) if row else None


def follow_up(report_id: int, *, now: datetime | None = None) -> None:
    """Give a finished report of a plan to be read, or release it; where that cannot be, say why and let it be read.

    Of one whose file could not be made, those who write here are told.
    """
    now = now or timezone.now()
    report = (
        Report.objects.select_related("engagement__client", "schedule__created_by")
        .filter(pk=report_id)
        .first()
    )
    if report is None or not report.then:
        return
    if report.state == Report.State.FAILED:
        _say(report, "report.not-made", report.error, now)
        return
    if report.state != Report.State.DONE or report.in_parts:
        return
    why_not = ""
    if report.then == Report.Then.RELEASE and not report.is_released:
        owner = report.schedule.created_by if report.schedule else None
        try:
            releasing.release(report=report, by=_releaser(report, owner), at=now)
        except releasing.NotReleasable as error:
            why_not = str(error)
    if report.stage == Report.Stage.DRAFT:
        releasing.send_to_review(report=report, by=None, at=now)
    if why_not:
        _say(report, "report.kept-back", why_not, now)
    Report.objects.filter(pk=report.pk).exclude(then="").update(then="")


def _releaser(report: Report, owner: User | None) -> User:
    """Return who releases it: whoever made the plan, as long as they may."""
    seat = (
        Membership.objects.current().filter(engagement=report.engagement, user=owner).first()
        if owner
        else None
    )
    if seat is None or owner is None or not seat.may(Permission.RELEASE):
        raise releasing.NotReleasable(
            _("Whoever planned this may not release reports here any more. Release it by hand.")
        )
    return owner


@transaction.atomic
def _say(report: Report, kind: str, why_not: str, now: datetime) -> None:
    number = history.lock(report.engagement)
    # Once, however often somebody rings for it.
    if not Report.objects.filter(pk=report.pk).exclude(then="").update(then=""):
        transaction.set_rollback(True)
        return
    event = history.record(
        kind,
        engagement=report.engagement,
        number=number,
        by=None,
        at=now,
        firm_only=True,
        data={**told(report), "why": why_not},
    )
    people = [member.user_id for member in releasing.reviewers(report) if member.may(Permission.RELEASE)]
    notify(event, people, InboxItem.Kind.REVIEW, releasing.subject_of(report), words=why_not)

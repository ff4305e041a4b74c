"""The doors to reports; each goes through the engagement's own door first."""

from django.http import Http404

from accounts.models import User
from engagements.access import get_membership
from engagements.models import Membership, Thread
from engagements.policy import Permission
from questionnaires.access import Desk, get_desk
from reports.models import Link, Report, Schedule


def get_report(
    user: User, engagement_id: int, report_id: int, *, can: Permission
) -> tuple[Membership, Report]:
    """Return a report that *user*'s side may see: for the client what was released to it, in its own edition."""
    membership = get_membership(user, engagement_id, can=can)
    return membership, _report(membership, report_id)


def get_report_desk(
    user: User, engagement_id: int, report_id: int, *, can: Permission
) -> tuple[Desk, Report]:
    """Return a report as `get_report` does, with *user*'s desk in its engagement."""
    desk = get_desk(user, engagement_id, can=can)
    return desk, _report(desk.membership, report_id)


def _report(membership: Membership, report_id: int) -> Report:
    report = (
        Report.objects.for_side(membership.side)
        .filter(engagement_id=membership.engagement_id, pk=report_id)
        .select_related("requested_by", "released_by", "edited_by", "superseded_by", "replaces", "schedule")
        .first()
    )
    if report is None:
        raise Http404
    report.engagement = membership.engagement
    return report


def get_talk(
    user: User, engagement_id: int, report_id: int, thread_id: int, *, can: Permission
) -> tuple[Desk, Report, Thread]:
    """Return a thread about a report that *user*'s side may see."""
    desk, report = get_report_desk(user, engagement_id, report_id, can=can)
    thread = (
        Thread.objects.for_side(desk.membership.side)
        .filter(engagement_id=engagement_id, item_key=report.key, pk=thread_id)
        .select_related("assigned_to__user")
        .first()
    )
    if thread is None:
        raise Http404
    thread.engagement = desk.engagement
    return desk, report, thread


def get_link(
    user: User, engagement_id: int, report_id: int, link_id: int, *, can: Permission
) -> tuple[Membership, Report, Link]:
    """Return a link to a report of the engagement, open or not."""
    membership, report = get_report(user, engagement_id, report_id, can=can)
    link = Link.objects.filter(report=report, pk=link_id).select_related("created_by", "revoked_by").first()
    if link is None:
        raise Http404
    link.report = report
    return membership, report, link


def get_schedule(
    user: User, engagement_id: int, schedule_id: int, *, can: Permission
) -> tuple[Membership, Schedule]:
    """Return a plan of reports of the engagement, ended or not."""
    membership = get_membership(user, engagement_id, can=can)
    schedule = Schedule.objects.filter(engagement_id=engagement_id, pk=schedule_id).first()
    if schedule is None:
        raise Http404
    schedule.engagement = membership.engagement
    return membership, schedule

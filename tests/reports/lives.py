"""Reports at the points of their life that tests begin at, without waiting for files to be set."""

from accounts.models import Side
from questionnaires.access import Viewpoint
from reports.actions import release, writing
from tests.access_of_reports import finished
from tests.questionnaires.saves import save


def draft_of(desk, *, kind="status-report", edition=Side.CLIENT):
    """Write a report and give it a file."""
    report, _new = writing.create(
        view=Viewpoint(desk.questionnaire, edition),
        questionnaire=desk.questionnaire,
        kind=kind,
        by=desk.membership.user,
    )
    return finished(report)


def released_of(desk, **more):
    """Write a report and release it."""
    return release.release(report=draft_of(desk, **more), by=desk.membership.user)


def go_on(browser, engagement, number):
    """Let something happen that a report tells; *number* counts from 0."""
    save(browser, engagement, "background", f"Incident {number} of this quarter.", base=number, settle="1")

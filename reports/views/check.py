"""Is this copy current: a public page that answers for a printed code, and tells nobody what stands in the document."""

import re

from allauth.core.internal import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from engagements.models import Engagement, Membership
from reports.models import CODE_LETTERS, Report

SHAPE = re.compile(rf"[{CODE_LETTERS}]{{8}}")
# A person checks a few copies; whoever tries out codes has 30 to the power of 8 before them.
LIMIT = {"check": "30/m/ip"}


@login_not_required
@require_safe
@never_cache
def check(request: HttpRequest, code: str = "") -> HttpResponse:
    """Say whether the document with this code is the current one; a code nobody knows is answered as calmly."""
    if typed := request.GET.get("code", "").strip()[:40]:
        return redirect("reports:check", tidy(typed) or "-")
    if code and not ratelimit.consume(
        request, app="throughline", action="check", config=LIMIT, limit_get=True
    ):
        return page(request, "busy", status=429)
    if not code:
        return page(request, "ask")
    report = find(code)
    if report is None:
        # Of the same status as an answer, so that nothing but the words tells a code that is known from one that is not.
        return page(request, "unknown", code=code[:40])
    return page(request, "known", report=report, mine=is_mine(request, report))


def tidy(code: str) -> str:
    """Return a code as it is printed, whatever case, spaces and dashes somebody typed; "" for what is none."""
    letters = re.sub(r"[^0-9A-Z]", "", code.upper())
    return f"{letters[:4]}-{letters[4:]}" if SHAPE.fullmatch(letters) else ""


def find(code: str) -> Report | None:
    """Return the released report with a code; of drafts and of the firm's own editions nothing is said."""
    return (
        Report.objects.filter(code=tidy(code), stage__in=[Report.Stage.RELEASED, Report.Stage.SUPERSEDED])
        .exclude(engagement__status=Engagement.Status.PURGED)
        .select_related("superseded_by", "engagement")
        .defer("snapshot", "superseded_by__snapshot")
        .first()
    )


def is_mine(request: HttpRequest, report: Report) -> bool:
    """Say whether whoever looks is in the report's engagement, and so may go on to it."""
    return (
        request.user.is_authenticated
        and Membership.objects.current()
        .filter(engagement_id=report.engagement_id, user_id=request.user.pk)
        .exists()
    )


def page(request: HttpRequest, case: str, *, status: int = 200, **more: object) -> HttpResponse:
    """Render the one page, which no search engine keeps."""
    titles = {
        "ask": _("Is this copy current?"),
        "busy": _("Too many codes at once"),
        "unknown": _("We know no released document with this code"),
    }
    context = {"case": case, "heading": titles.get(case, ""), **more}
    response = render(request, "reports/check.html", context, status=status)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response

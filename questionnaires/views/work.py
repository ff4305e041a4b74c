"""My work, and the portfolio."""

from collections.abc import Sequence
from datetime import datetime

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import Side
from engagements.models import Engagement, InboxItem, Membership
from engagements.policy import Permission
from questionnaires import asks, worklists
from questionnaires.calendar import calendar_of, days_since
from questionnaires.line import Line, lines
from questionnaires.throughline import StepMark
from questionnaires.waiting import Kind, next_nudge
from questionnaires.worklists import Standing

PAGE = 25


@require_safe
def work(request: SignedInRequest) -> HttpResponse:
    """Show what needs this person, in all their engagements."""
    memberships = worklists.my_desks(request.user)
    waiting = asks.asks(request.user, memberships)
    offered = {(ask.engagement.pk, ask.item_key) for ask in waiting if ask.kind == Kind.DECISION}
    tasks = [
        task
        for task in worklists.tasks(request.user, memberships)
        if (task.engagement.pk, task.item.key) not in offered
    ]
    elsewhere = worklists.with_the_other_side(request.user, memberships)
    standings = worklists.standings(memberships)
    drawn = lines([worklists.view_of(membership) for membership in memberships])
    news = asks.count_news(request.user, memberships)
    for standing in standings:
        standing.news = news.get(standing.engagement.pk, 0)
    now = timezone.now()
    for task in [*tasks, *elsewhere]:
        task.days = days_since(task.entry.held_since, task.engagement, now)  # type: ignore[attr-defined]
    # What was released to this person and they have not opened yet.
    released = InboxItem.objects.filter(user=request.user, kind=InboxItem.Kind.REPORT).unread().readable()
    revisits = [task for task in tasks if task.entry.revisit and not task.entry.conflict]
    needs = [task for task in tasks if not (task.entry.revisit and not task.entry.conflict)]
    worklists.add_reasons(revisits, memberships)
    is_client = request.user.side == Side.CLIENT
    if not is_client:
        add_reminders(elsewhere, memberships, now)
    blocking = [task for task in needs if task.unblocks]
    firsts = [*(ask.url for ask in waiting), *(task.url for task in [*blocking, *needs])]
    return render(
        request,
        "questionnaires/work_client.html" if is_client else "questionnaires/work.html",
        {
            "nav": "work",
            "now": timezone.localtime(),
            "asks": waiting,
            "needs": needs,
            "released": released.select_related("engagement__client").order_by("-pk")[:5]
            if is_client
            else [],
            "count": len(waiting) + len(needs),
            "total": len(waiting) + len(tasks),
            "first": next(iter(firsts), ""),
            "begun": next((task for task in tasks if task.entry.state == "draft"), None),
            "revisits": revisits,
            "elsewhere": elsewhere,
            "minutes": sum(ask.minutes for ask in waiting) + sum(task.minutes for task in tasks),
            "holding_up": len(blocking) + sum(ask.kind != Kind.THREAD for ask in waiting),
            "blocking": blocking,
            "other": [task for task in needs if not task.unblocks],
            "told": asks.told(request.user),
            "meetings": asks.next_meetings(memberships),
            "contacts": asks.contacts(memberships) if is_client else [],
            "standings": [
                (
                    standing,
                    spark(standing, drawn[standing.engagement.pk]),
                    drawn[standing.engagement.pk].loops,
                )
                for standing in standings
            ],
        },
    )


def add_reminders(tasks: Sequence[worklists.Task], memberships: Sequence[Membership], now: datetime) -> None:
    """Add to each task when its holder was reminded, and whether this person may remind them now."""
    seats = {membership.engagement_id: membership for membership in memberships}
    days = asks.reminded(tasks)
    for task in tasks:
        calendar = calendar_of(task.engagement)
        last, today = days.get((task.engagement.pk, task.item.key)), calendar.day(now)
        is_early = next_nudge(calendar, last, today) > today
        task.nudged = last if is_early else None
        task.may_nudge = (
            not is_early
            and bool(task.entry.owner_id or task.entry.finder_id)
            and seats[task.engagement.pk].may(Permission.ASSIGN)
        )


@require_safe
def portfolio(request: SignedInRequest) -> HttpResponse:
    """Show all engagements this person may see, with how far each is and who holds what."""
    wanted = request.GET.get("show", "running")
    words = request.GET.get("q", "").strip()
    memberships = Membership.objects.filter(user=request.user, ended_at=None).exclude(
        engagement__status=Engagement.Status.PURGED
    )
    running = [Engagement.Status.DRAFT, Engagement.Status.ACTIVE, Engagement.Status.PAUSED]
    if wanted == "running":
        memberships = memberships.filter(engagement__status__in=running)
    elif wanted == "closed":
        memberships = memberships.exclude(engagement__status__in=running)
    if words:
        memberships = memberships.filter(
            Q(engagement__name__icontains=words)
            | Q(engagement__code__icontains=words)
            | Q(engagement__client__name__icontains=words)
        )
    memberships = memberships.select_related("engagement__client", "engagement__questionnaire").order_by(
        "engagement__client__name", "engagement__name", "id"
    )
    page = Paginator(memberships, PAGE).get_page(request.GET.get("page"))
    standings = worklists.standings(
        [member for member in page.object_list if hasattr(member.engagement, "questionnaire")]
    )
    for standing in standings:
        standing.engagement.questionnaire.engagement = standing.engagement
    drawn = lines([worklists.view_of(standing.membership) for standing in standings])
    now = timezone.now()
    rows = []
    for standing in standings:
        ages = {side: days_since(since, standing.engagement, now) for side, since in standing.oldest.items()}
        rows.append(
            {
                "standing": standing,
                "marks": spark(standing, drawn[standing.engagement.pk]),
                "loops": [loop for loop in drawn[standing.engagement.pk].loops if loop.open],
                "with_client": ages.get(Side.CLIENT),
                "with_firm": ages.get(Side.FIRM),
            }
        )
    return render(
        request,
        "questionnaires/portfolio.html",
        {"nav": "engagements", "rows": rows, "page": page, "show": wanted, "words": words},
    )


def spark(standing: Standing, line: Line) -> list[StepMark]:
    """Return an engagement's steps for the small drawing of its line."""
    framework = worklists.view_of(standing.membership).framework
    found = []
    for step in framework.steps:
        progress = standing.by_step.get(step.key)
        found.append(
            StepMark(
                step.number,
                step.short_title,
                step.phase_key,
                progress.percent if progress else 0,
                line.signs.get(step.key, ""),
            )
        )
    return found

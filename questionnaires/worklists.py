"""What needs whom: open things over all of a person's engagements, in a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Min, Q, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Side, User
from engagements.models import Engagement, Membership
from questionnaires.access import Viewpoint
from questionnaires.document import Framework, Item
from questionnaires.models import Cause, Entry, Flag, Questionnaire, SectionProgress
from questionnaires.models.entry import COUNTS
from questionnaires.progress import Progress

# Rough minutes to answer, from which effort is added up and rounded; a sentence is the commonest answer.
MINUTES = {"long_text": 2, "table": 4, "sign_off": 2, "file": 2, "multi_choice": 1, "single_choice": 1}


@dataclass
class Task:
    """One open thing, with what it holds up."""

    entry: Entry
    item: Item
    engagement: Engagement
    unblocks: tuple[Item, ...]
    is_mine: bool
    # The day of the newest reminder while the next one is not possible yet; whether one is possible now.
    nudged: date | None = None
    # Why it is to be looked at again, in words.
    why: str = ""
    may_nudge: bool = False

    @property
    def url(self) -> str:
        """The page of the question."""
        return reverse("questionnaires:item", args=[self.engagement.pk, self.item.key])

    @property
    def minutes(self) -> int:
        """About how long it takes."""
        return MINUTES.get(self.item.type, 1)


def my_desks(user: User) -> list[Membership]:
    """Return a person's running engagements with their questionnaires, in one query."""
    memberships = (
        Membership.objects.filter(user=user, ended_at=None)
        .filter(engagement__in=Engagement.objects.running())
        .select_related("engagement__client", "engagement__questionnaire")
        .order_by("engagement__client__name", "engagement__name", "id")
    )
    found = []
    for membership in memberships:
        if hasattr(membership.engagement, "questionnaire"):
            membership.engagement.questionnaire.engagement = membership.engagement
            membership.user = user
            found.append(membership)
    return found


def view_of(membership: Membership) -> Viewpoint:
    """Return what a member sees of an engagement that `my_desks` or `page_of` gave."""
    questionnaire: Questionnaire = membership.engagement.questionnaire
    return Viewpoint(questionnaire, membership.side)


def unsettled(engagement_ids: Iterable[int]) -> QuerySet[Entry]:
    """Return what is asked and does not stand yet."""
    done = Q(state__in=[Entry.State.ANSWERED, Entry.State.CONFIRMED], revisit=False, conflict=False)
    return (
        Entry.objects.filter(engagement__in=list(engagement_ids), round__is_latest=True, shown=True)
        .exclude(done)
        .exclude(state=Entry.State.NOT_APPLICABLE)
    )


def tasks(user: User, memberships: Sequence[Membership]) -> list[Task]:
    """Return the open things a person holds, or that their side is asked for in one of their functions.

    What holds up most comes first, then the oldest.
    """
    by_engagement = {membership.engagement_id: membership for membership in memberships}
    entries = (
        unsettled(by_engagement)
        .filter(
            Q(owner__user=user)
            | Q(finder__user=user)
            | Q(owner=None, finder=None)
            | Q(conflict=True)
            | Q(revisit=True)
        )
        .select_related("round", "owner__user", "finder__user", "answered_by")
        .order_by("held_since", "id")
    )
    found = []
    for entry in entries:
        membership = by_engagement[entry.engagement_id]
        framework = view_of(membership).framework
        item = framework.item(entry.item_key)
        # Signatures are asked for by their gates, when their time comes.
        if (item.internal and not membership.is_firm) or (item.type == "sign_off" and not entry.conflict):
            continue
        holds = user.pk in (getattr(entry.owner, "user_id", None), getattr(entry.finder, "user_id", None))
        asked = (
            entry.owner is None
            and entry.finder is None
            and entry.held_by == membership.side
            and bool(set(item.roles) & set(membership.functions))
        )
        involved = (entry.conflict or entry.revisit) and (entry.answered_by_id == user.pk or asked)
        if holds or asked or involved:
            entry.engagement = membership.engagement
            found.append(
                Task(entry, item, membership.engagement, waiting_for(framework, item, membership), holds)
            )
    found.sort(key=lambda task: (not task.entry.conflict, -len(task.unblocks), task.entry.held_since))
    return found


def add_reasons(found: Iterable[Task], memberships: Sequence[Membership]) -> None:
    """Say with each thing to look at again what moved underneath, in one query. What is internal is not named."""
    views = {membership.engagement_id: view_of(membership) for membership in memberships}
    by_entry = {task.entry.pk: task for task in found if task.entry.revisit}
    if not by_entry:
        return
    flags = Flag.objects.open().filter(entry__in=list(by_entry), kind=Flag.Kind.REVISIT).order_by("id")
    for entry_id, kind, key in flags.values_list("entry", "last__kind", "last__key"):
        task = by_entry[entry_id]
        view = views[task.engagement.pk]
        if not view.framework.has_item(key) or not view.may_see(view.framework.item(key)):
            continue
        item = view.framework.item(key)
        told = {"number": item.number, "title": item.title}
        if kind == Cause.Kind.CHANGED:
            task.why = _("%(number)s %(title)s changed") % told
        elif kind == Cause.Kind.REQUEST:
            task.why = _("%(number)s %(title)s asks for it") % told


def waiting_for(framework: Framework, item: Item, membership: Membership) -> tuple[Item, ...]:
    """Return what rests directly on *item*, as the member's side may know it."""
    return tuple(
        other for other in framework.dependents(item.key) if membership.is_firm or not other.internal
    )


def with_the_other_side(user: User, memberships: Sequence[Membership], *, limit: int = 12) -> list[Task]:
    """Return what the other side holds, with a name or a date to it, oldest first."""
    by_engagement = {membership.engagement_id: membership for membership in memberships}
    firm = [pk for pk, membership in by_engagement.items() if membership.is_firm]
    client = [pk for pk, membership in by_engagement.items() if not membership.is_firm]
    entries = (
        unsettled(by_engagement)
        .filter(Q(engagement__in=firm, held_by=Side.CLIENT) | Q(engagement__in=client, held_by=Side.FIRM))
        .filter(Q(owner__isnull=False) | Q(finder__isnull=False) | Q(due_date__isnull=False))
        .select_related("round", "owner__user", "finder__user", "answered_by")
        .order_by("held_since", "id")
    )
    found = []
    for entry in entries[: limit * 2]:
        membership = by_engagement[entry.engagement_id]
        item = view_of(membership).framework.item(entry.item_key)
        if item.internal and not membership.is_firm:
            continue
        entry.engagement = membership.engagement
        found.append(
            Task(
                entry,
                item,
                membership.engagement,
                waiting_for(view_of(membership).framework, item, membership),
                False,
            )
        )
    return found[:limit]


@dataclass
class Standing:
    """How far one engagement is: counters by step, who holds how much since when, the next date."""

    membership: Membership
    by_step: dict[str, Progress] = field(default_factory=dict)
    total: Progress = field(default_factory=Progress)
    oldest: dict[str, datetime] = field(default_factory=dict)
    next_date: date | None = None
    # How much others did since the member last looked.
    news: int = 0

    @property
    def engagement(self) -> Engagement:
        """The engagement itself."""
        return self.membership.engagement


def standings(memberships: Sequence[Membership]) -> list[Standing]:
    """Return the standing of each engagement, in two queries whatever their number."""
    found = {membership.engagement_id: Standing(membership) for membership in memberships}
    firm = [pk for pk, standing in found.items() if standing.membership.is_firm]
    counters = (
        SectionProgress.objects.filter(round__engagement__in=list(found), round__is_latest=True)
        .filter(Q(internal=False) | Q(round__engagement__in=firm))
        .values_list("round__engagement", "round__step_key")
        .annotate(*(Sum(name) for name in COUNTS))
        .order_by()
    )
    for engagement_id, step_key, *sums in counters:
        standing = found[engagement_id]
        progress = standing.by_step.setdefault(step_key, Progress())
        for name, total in zip(COUNTS, sums, strict=True):
            setattr(progress, name, total)
            setattr(standing.total, name, getattr(standing.total, name) + total)
    waiting = (
        unsettled(found)
        .filter(Q(owner__isnull=False) | Q(finder__isnull=False) | ~Q(state=Entry.State.OPEN))
        .values_list("engagement", "held_by")
        .annotate(Min("held_since"), Min("due_date"))
        .order_by()
    )
    for engagement_id, side, oldest, due in waiting:
        standing = found[engagement_id]
        standing.oldest[side] = oldest
        dates = [day for day in (standing.next_date, due) if day]
        standing.next_date = min(dates) if dates else None
    return list(found.values())

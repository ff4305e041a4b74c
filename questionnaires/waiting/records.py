"""Open things that are no entries: decisions, conflicts, requests, threads, accesses. One query for each kind."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Side
from engagements.models import Membership, Thread
from engagements.policy import Permission, Role
from questionnaires.access import Viewpoint
from questionnaires.document import Item
from questionnaires.models import Answer, Clash, ClashSide, Decision, Reaction, Recommendation, Request
from questionnaires.waiting.entries import in_function, leads
from questionnaires.waiting.thing import Kind, Thing

# The table in which accesses are asked for: what to, who approves, and when it was granted.
ACCESS, WHAT, WHO, GRANTED = "access-routes", "dataset", "approver", "granted"


def of_records(view: Viewpoint, here: Sequence[Membership], clashes: Collection[Clash]) -> Iterator[Thing]:
    """Give every open thing that is no entry, in five queries."""
    yield from _offers(view, here)
    yield from _decisions(view, here)
    yield from _clashes(view, here, clashes)
    yield from _requests(view, here, clashes)
    yield from _threads(view, here)
    yield from _accesses(view, here)


def _offers(view: Viewpoint, here: Sequence[Membership]) -> Iterator[Thing]:
    """Give what we recommend and the client has not chosen yet; with us while they asked something about it."""
    reactions = Reaction.objects.filter(recommendation=OuterRef("pk"), version=OuterRef("offered_version"))
    newest = reactions.order_by("-id")
    offered = (
        Recommendation.objects.filter(
            state=Recommendation.State.OFFERED,
            entry__engagement=view.engagement,
            entry__round__is_latest=True,
            entry__shown=True,
        )
        .exclude(entry__decisions__state=Decision.State.STANDING)
        .select_related("entry")
        .annotate(said=Subquery(newest.values("kind")[:1]), said_at=Subquery(newest.values("at")[:1]))
    )
    for one in offered:
        item = view.framework.item(one.entry.item_key)
        if not view.may_see(item):
            continue
        one.entry.engagement = view.engagement
        is_asked = one.said == Reaction.Kind.QUESTION
        choosing = [member for member in here if not member.is_firm and member.may(Permission.CHOOSE)]
        yield Thing(
            key=f"decide:{item.key}",
            kind=Kind.DECISION,
            title=item.title,
            number=item.number,
            url=reverse("questionnaires:item", args=[view.engagement.pk, item.key]),
            side=Side.FIRM if is_asked else Side.CLIENT,
            people=leads(here) if is_asked else _choosers(choosing, item),
            since=(one.said_at if is_asked else None) or one.offered_at or one.entry.held_since,
            days=0,
            step_key=item.step_key,
            unblocks=tuple(other for other in view.framework.dependents(item.key) if view.may_see(other)),
            entry=one.entry,
            item=item,
            firm_only=item.internal,
        )


def _choosers(choosing: Sequence[Membership], item: Item) -> list[Membership]:
    return in_function(choosing, Side.CLIENT, item.roles) or [
        member for member in choosing if member.role == Role.CLIENT_SPONSOR
    ]


def _decisions(view: Viewpoint, here: Sequence[Membership]) -> Iterator[Thing]:
    """Give the decisions under which an answer changed."""
    shaken = (
        Decision.objects.standing()
        .filter(engagement=view.engagement)
        .exclude(footing__changed={})
        .select_related("entry", "footing")
    )
    for decision in shaken:
        item = view.framework.item(decision.entry.item_key)
        seen = [key for key in decision.footing.changed if _sees(view, key)]
        if not view.may_see(item) or not seen:
            continue
        yield Thing(
            key=f"decision:{decision.number}",
            kind=Kind.REVISIT,
            title=_("Decision %(number)d: %(title)s") % {"number": decision.number, "title": item.title},
            number=item.number,
            url=reverse("questionnaires:decision", args=[view.engagement.pk, decision.number]),
            side=Side.FIRM,
            people=leads(here),
            since=decision.footing.changed_at or decision.made_at,
            days=0,
            step_key=item.step_key,
            firm_only=item.internal,
        )


def _sees(view: Viewpoint, key: str) -> bool:
    return not view.framework.has_item(key) or view.may_see(view.framework.item(key))


def open_clashes(view: Viewpoint) -> list[Clash]:
    """Return the conflicts that were brought side by side and wait for an outcome, in one query."""
    return list(Clash.objects.open().for_side(is_firm=view.is_firm).filter(engagement=view.engagement))


def _clashes(view: Viewpoint, here: Sequence[Membership], clashes: Iterable[Clash]) -> Iterator[Thing]:
    """Give the conflicts that were brought side by side: with us until our advice is offered, then with the client."""
    for clash in clashes:
        items = [view.framework.item(key) for key in clash.item_keys if view.framework.has_item(key)]
        roles = {role for item in items for role in item.roles}
        sponsors = [member for member in here if member.role == Role.CLIENT_SPONSOR]
        yield Thing(
            key=f"clash:{clash.number}",
            kind=Kind.CONFLICT,
            title=clash.title,
            number="",
            url=reverse("questionnaires:clash", args=[view.engagement.pk, clash.number]),
            side=Side.CLIENT if clash.offered_at else Side.FIRM,
            people=(in_function(here, Side.CLIENT, roles) or sponsors) if clash.offered_at else leads(here),
            since=clash.offered_at or clash.raised_at,
            days=0,
            step_key=items[0].step_key if items else "",
            firm_only=clash.internal,
        )


def covered_by(clashes: Iterable[Clash]) -> set[str]:
    """Return the items whose two answers are being settled side by side, and are one thing there."""
    return {
        key
        for clash in clashes
        if clash.kind in (Clash.Kind.RULE, Clash.Kind.ANSWERS)
        for key in clash.item_keys
    }


def _requests(view: Viewpoint, here: Sequence[Membership], clashes: Collection[Clash]) -> Iterator[Thing]:
    """Give what somebody wants and nobody has answered. What stands in an open conflict waits there, once."""
    open_ones = Request.objects.filter(engagement=view.engagement, state=Request.State.OPEN).exclude(
        pk__in=ClashSide.objects.filter(clash__in=clashes, request__isnull=False).values("request")
    )
    for request in open_ones:
        items = [view.framework.item(key) for key in request.item_keys if view.framework.has_item(key)]
        yield Thing(
            key=f"request:{request.number}",
            kind=Kind.REQUEST,
            title=request.title,
            number="",
            url=reverse("questionnaires:request", args=[view.engagement.pk, request.number]),
            side=Side.FIRM,
            people=leads(here),
            since=request.made_at,
            days=0,
            step_key=items[0].step_key if items else "",
        )


def _threads(view: Viewpoint, here: Sequence[Membership]) -> Iterator[Thing]:
    """Give the threads that were given to somebody."""
    by_id = {member.pk: member for member in here}
    threads = Thread.objects.for_side(view.side).filter(
        engagement=view.engagement, settled_at=None, assigned_to__isnull=False
    )
    for thread in threads:
        holder = by_id.get(thread.assigned_to_id or 0)
        if holder is None or not view.framework.has_item(thread.item_key):
            continue
        item = view.framework.item(thread.item_key)
        if not view.may_see(item):
            continue
        address = reverse("questionnaires:item", args=[view.engagement.pk, item.key])
        yield Thing(
            key=f"thread:{thread.pk}",
            kind=Kind.THREAD,
            title=item.title,
            number=item.number,
            url=f"{address}#thread-{thread.pk}",
            side=holder.side,
            people=[holder],
            since=thread.created_at,
            days=0,
            step_key=item.step_key,
            firm_only=thread.firm_only or item.internal,
        )


def _accesses(view: Viewpoint, here: Sequence[Membership]) -> Iterator[Thing]:
    """Give the accesses that were asked for and are not granted."""
    if not view.framework.has_item(ACCESS):
        return
    item = view.framework.item(ACCESS)
    if not view.may_see(item):
        return
    by_id = {member.pk: member for member in here}
    for row_id, (asked_at, cells) in _rows(view, {WHAT, WHO, GRANTED}).items():
        if cells.get(GRANTED) or not cells.get(WHAT):
            continue
        approver = by_id.get(cells.get(WHO) or 0)  # type: ignore[call-overload]  # a person's cell holds an id
        yield Thing(
            key=f"access:{row_id}",
            kind=Kind.ACCESS,
            title=_("Access to %(what)s") % {"what": cells[WHAT]},
            number=item.number,
            url=reverse("questionnaires:item", args=[view.engagement.pk, item.key]),
            side=approver.side if approver else Side.CLIENT,
            people=[approver] if approver else in_function(here, Side.CLIENT, item.roles),
            since=asked_at,
            days=0,
            step_key=item.step_key,
        )


def _rows(view: Viewpoint, columns: Collection[str]) -> dict[int, tuple[datetime, dict[str, object]]]:
    answers: Iterable[tuple[int, datetime, str, object]] = Answer.objects.filter(
        entry__engagement=view.engagement,
        entry__round__is_latest=True,
        entry__shown=True,
        entry__item_key=ACCESS,
        row__deleted_at=None,
        row__isnull=False,
        column__in=columns,
    ).values_list("row_id", "row__created_at", "column", "value")
    found: dict[int, tuple[datetime, dict[str, object]]] = {}
    for row_id, asked_at, column, value in answers:
        found.setdefault(row_id, (asked_at, {}))[1][column] = value
    return found

"""What needs a person besides questions, over all of their engagements: conflicts, our advice, threads, signatures."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, Max, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Side, User
from engagements.models import Engagement, Event, InboxItem, Membership, Thread
from engagements.policy import ROLES_OF_SIDE, Permission, Role
from questionnaires import worklists
from questionnaires.document import Framework
from questionnaires.models import (
    Clash,
    Decision,
    Entry,
    Meeting,
    Nudge,
    Ranking,
    Reaction,
    Recommendation,
    SignOff,
)
from questionnaires.waiting.entries import in_function, leads
from questionnaires.waiting.thing import ICONS, Kind

TOLD_AT_ONCE = 4
# What was said longer ago is in the inbox.
NEWS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that waits for a person, in the words of what they would do."""

    kind: Kind
    title: str
    words: str
    act: str
    url: str
    engagement: Engagement
    since: datetime
    item_key: str = ""

    @property
    def icon(self) -> str:
        """Its drawing."""
        return ICONS[self.kind]

    @property
    def minutes(self) -> int:
        """About how long it takes."""
        return 1 if self.kind == Kind.THREAD else 2


def asks(user: User, memberships: Sequence[Membership]) -> list[Ask]:
    """Return what waits for *user* and is no question, what only people together settle first, in six queries at most."""
    seats = {membership.engagement_id: membership for membership in memberships}
    found = [*_clashes(seats), *_offers(seats), *_signatures(user, seats), *_threads(seats)]
    order = (Kind.CONFLICT, Kind.DECISION, Kind.SIGN_OFF, Kind.THREAD)
    return sorted(found, key=lambda ask: (order.index(ask.kind), ask.since))


def _of_role(seat: Membership, roles: Iterable[str]) -> bool:
    """Say whether something that is put to functions of the client side is put to this person."""
    return seat.role == Role.CLIENT_SPONSOR or bool(in_function([seat], Side.CLIENT, roles))


def _clashes(seats: dict[int, Membership]) -> Iterator[Ask]:
    """Give conflicts to rank or to settle: with us until our advice is offered, then with the client."""
    mine = Ranking.objects.filter(by__in=[seat.pk for seat in seats.values()])
    ranked = set(mine.values_list("clash", flat=True))
    for clash in Clash.objects.open().filter(engagement__in=list(seats)):
        seat = seats[clash.engagement_id]
        if clash.internal and not seat.is_firm:
            continue
        framework = worklists.view_of(seat).framework
        roles = {
            role for key in clash.item_keys if framework.has_item(key) for role in framework.item(key).roles
        }
        if seat.is_firm:
            if clash.offered_at or seat not in leads([seat]):
                continue
            words, act = _("both stand until somebody settles it"), _("Settle")
        elif not clash.offered_at or not _of_role(seat, roles) or not seat.may(Permission.CHOOSE):
            continue
        elif clash.kind == Clash.Kind.REQUESTS and clash.pk not in ranked:
            words, act = _("both cannot be: say what comes first for you"), _("Rank")
        elif seat.may(Permission.DECIDE):
            words, act = _("our advice is there, the outcome is yours to decide"), _("Decide")
        else:
            continue
        url = reverse("questionnaires:clash", args=[clash.engagement_id, clash.number])
        since = clash.offered_at or clash.raised_at
        yield Ask(Kind.CONFLICT, clash.title, words, act, url, seat.engagement, since)


def _offers(seats: dict[int, Membership]) -> Iterator[Ask]:
    """Give the advice that a person of the client side has not reacted to."""
    client = {pk: seat for pk, seat in seats.items() if seat.may(Permission.CHOOSE) and not seat.is_firm}
    if not client:
        return
    said = Reaction.objects.filter(
        recommendation=OuterRef("pk"),
        version=OuterRef("offered_version"),
        by__in=[seat.pk for seat in client.values()],
    )
    offered = (
        Recommendation.objects.filter(
            ~Exists(said),
            state=Recommendation.State.OFFERED,
            entry__engagement__in=list(client),
            entry__round__is_latest=True,
            entry__shown=True,
        )
        .exclude(entry__decisions__state=Decision.State.STANDING)
        .select_related("entry")
    )
    for one in offered:
        seat = client[one.entry.engagement_id]
        item = worklists.view_of(seat).framework.item(one.entry.item_key)
        if not item.internal and _of_role(seat, item.roles):
            yield Ask(
                Kind.DECISION,
                item.prompt,
                _("%(number)s, we recommend something") % {"number": item.number},
                _("Choose"),
                reverse("questionnaires:item", args=[seat.engagement_id, item.key]),
                seat.engagement,
                one.offered_at or one.entry.held_since,
                item.key,
            )


def _signatures(user: User, seats: dict[int, Membership]) -> Iterator[Ask]:
    """Give the signatures that a person is asked for, that follow somebody else's, or that lack nothing else."""
    gates = {
        (seat.engagement_id, gate.item_key): gate
        for seat in seats.values()
        if seat.may(Permission.SIGN)
        for gate in worklists.view_of(seat).framework.gates
        if set(gate.functions) & set(seat.functions)
    }
    if not gates:
        return
    engagements = {pk for pk, _key in gates}
    unmet: dict[int, set[str]] = defaultdict(set)
    entries: dict[tuple[int, str], Entry] = {}
    for entry in worklists.unsettled(engagements).only(
        "engagement_id", "item_key", "state", "owner_id", "due_date", "held_since", "revisit"
    ):
        unmet[entry.engagement_id].add(entry.item_key)
        if (entry.engagement_id, entry.item_key) in gates:
            entries[entry.engagement_id, entry.item_key] = entry
    if not entries:
        return
    given: dict[int, set[str]] = defaultdict(set)
    mine: set[tuple[int, str]] = set()
    for entry_id, person, function, is_stale in SignOff.objects.filter(
        entry__in=[entry.pk for entry in entries.values()], withdrawn_at=None
    ).values_list("entry", "membership__user", "function", "is_stale"):
        given[entry_id].add(function)
        if person == user.pk and not is_stale:
            mine.add((entry_id, function))
    asked: Collection[tuple[int, str, str]] = set(
        Event.objects.filter(engagement__in=engagements, kind="signature.asked").values_list(
            "engagement", "item_key", "data__function"
        )
    )
    for (pk, key), entry in entries.items():
        gate, seat = gates[pk, key], seats[pk]
        for function in gate.functions:
            if function not in seat.functions or (entry.pk, function) in mine:
                continue
            is_due = bool(given[entry.pk] or entry.owner_id or entry.due_date or entry.revisit)
            if is_due or (pk, key, function) in asked or not unmet[pk] & set(gate.covers):
                yield _signature(seat, gate.key, key, entry)
                break


def _signature(seat: Membership, gate_key: str, item_key: str, entry: Entry) -> Ask:
    framework: Framework = worklists.view_of(seat).framework
    item = framework.item(item_key)
    count = len(framework.gate(gate_key).covers)
    return Ask(
        Kind.SIGN_OFF,
        item.title,
        ngettext("your signature over %(count)d answer", "your signature over %(count)d answers", count)
        % {"count": count},
        _("Look and sign"),
        reverse("questionnaires:gate", args=[seat.engagement_id, gate_key]),
        seat.engagement,
        entry.held_since,
        item_key,
    )


def _threads(seats: dict[int, Membership]) -> Iterator[Ask]:
    """Give the threads that were given to a person."""
    for thread in Thread.objects.filter(
        settled_at=None, assigned_to__in=[seat.pk for seat in seats.values()]
    ):
        seat = seats[thread.engagement_id]
        framework = worklists.view_of(seat).framework
        if not framework.has_item(thread.item_key) or (thread.firm_only and not seat.is_firm):
            continue
        item = framework.item(thread.item_key)
        if item.internal and not seat.is_firm:
            continue
        address = reverse("questionnaires:item", args=[seat.engagement_id, item.key])
        yield Ask(
            Kind.THREAD,
            item.title,
            _("%(number)s, a thread is with you") % {"number": item.number},
            _("Read"),
            f"{address}#thread-{thread.pk}",
            seat.engagement,
            thread.created_at,
        )


def told(user: User) -> list[InboxItem]:
    """Return what somebody said to a person lately and they have not read, newest first, in one query."""
    kinds = [InboxItem.Kind.MENTION, InboxItem.Kind.REPLY, InboxItem.Kind.ASKED]
    items = (
        InboxItem.objects.filter(user=user, kind__in=kinds, at__gte=timezone.now() - NEWS).readable().unread()
    )
    return list(items.select_related("engagement__client", "by").order_by("-pk")[:TOLD_AT_ONCE])


def next_meetings(memberships: Sequence[Membership]) -> list[Meeting]:
    """Return the next meetings to which a person comes, in one query."""
    seats = {membership.engagement_id: membership for membership in memberships}
    wanted = Q(people__in=[seat.pk for seat in seats.values()])
    found = list(Meeting.objects.filter(wanted).to_come()[:3]) if seats else []
    for meeting in found:
        meeting.engagement = seats[meeting.engagement_id].engagement
    return found


def count_news(user: User, memberships: Sequence[Membership]) -> dict[int, int]:
    """Return by engagement how much others did since a person last looked, as their side may know it, in one query."""
    since = Q()
    for seat in memberships:
        new = Q(engagement=seat.engagement_id, number__gt=seat.seen_event)
        since |= new if seat.is_firm else new & Q(firm_only=False)
    if not since:
        return {}
    events = Event.objects.filter(since).exclude(by=user).order_by()
    return dict(events.values_list("engagement").annotate(Count("pk")))


def contacts(memberships: Sequence[Membership]) -> list[Membership]:
    """Return whom people of the client side write to when they are stuck, in one query."""
    engagements = [seat.engagement_id for seat in memberships if not seat.is_firm]
    if not engagements:
        return []
    here = Membership.objects.current().filter(engagement__in=engagements, role__in=ROLES_OF_SIDE[Side.FIRM])
    found: dict[int, Membership] = {}
    by_engagement: dict[int, list[Membership]] = defaultdict(list)
    for member in here.select_related("user").order_by("user__display_name"):
        by_engagement[member.engagement_id].append(member)
    for members in by_engagement.values():
        for member in leads(members)[:1]:
            found.setdefault(member.user_id, member)
    return [*found.values()]


def reminded(tasks: Sequence[worklists.Task]) -> dict[tuple[int, str], date]:
    """Return on which day somebody was last reminded of questions, by engagement and item, in one query."""
    if not tasks:
        return {}
    rows = (
        Nudge.objects.filter(
            engagement__in={task.engagement.pk for task in tasks},
            thing__in={f"item:{task.item.key}" for task in tasks},
        )
        .values_list("engagement", "thing")
        .annotate(Max("day"))
        .order_by()
    )
    return {(pk, thing.removeprefix("item:")): day for pk, thing, day in rows}

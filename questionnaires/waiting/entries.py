"""Open things that are questions: asked, begun, unknown, or to be looked at again."""

from collections.abc import Iterable, Iterator, Sequence

from django.urls import reverse

from accounts.models import Side
from engagements.models import Membership
from engagements.policy import Role
from questionnaires import worklists
from questionnaires.access import Viewpoint
from questionnaires.models import Entry
from questionnaires.waiting.thing import Kind, Thing


def open_entries(view: Viewpoint) -> list[Entry]:
    """Return the entries that do not stand yet, as this side sees them, in one query."""
    entries = worklists.unsettled([view.engagement.pk]).select_related("round", "answered_by")
    found = []
    for entry in entries:
        entry.engagement = view.engagement
        if view.may_see(view.framework.item(entry.item_key)):
            found.append(entry)
    return found


def is_asked(entry: Entry) -> bool:
    """Say whether somebody was asked, or there is a date or a beginning."""
    return bool(entry.owner_id or entry.finder_id or entry.due_date or entry.state != Entry.State.OPEN)


def of_entries(view: Viewpoint, entries: Iterable[Entry], here: Sequence[Membership]) -> Iterator[Thing]:
    """Give the open things that entries are."""
    by_id = {member.pk: member for member in here}
    by_user = {member.user_id: member for member in here}
    for entry in entries:
        item = view.framework.item(entry.item_key)
        if not is_asked(entry) or (item.type == "sign_off" and not entry.conflict):
            continue
        kind = kind_of(entry)
        holder = by_id.get((entry.finder_id if kind == Kind.UNKNOWN else None) or entry.owner_id or 0)
        if holder is None and kind in (Kind.CONFLICT, Kind.REVISIT, Kind.QUESTION) and entry.answered_by_id:
            holder = by_user.get(entry.answered_by_id)
        side = Side(holder.side if holder else entry.held_by)
        yield Thing(
            key=f"item:{item.key}",
            kind=kind,
            title=item.title,
            number=item.number,
            url=reverse("questionnaires:item", args=[view.engagement.pk, item.key]),
            side=side,
            people=[holder] if holder else in_function(here, side, item.roles),
            since=entry.held_since,
            days=0,
            step_key=item.step_key,
            due=entry.find_by if kind == Kind.UNKNOWN else entry.due_date,
            unblocks=tuple(other for other in view.framework.dependents(item.key) if view.may_see(other)),
            entry=entry,
            item=item,
            firm_only=item.internal,
        )


def kind_of(entry: Entry) -> Kind:
    """Return what an open entry is, its flags first."""
    if entry.conflict:
        return Kind.CONFLICT
    if entry.revisit:
        return Kind.REVISIT
    return Kind.UNKNOWN if entry.state == Entry.State.UNKNOWN else Kind.QUESTION


def in_function(here: Sequence[Membership], side: Side, functions: Iterable[str]) -> list[Membership]:
    """Return the people of a side who have one of the functions."""
    wanted = set(functions)
    return [member for member in here if member.side == side and wanted.intersection(member.functions)]


def leads(here: Sequence[Membership]) -> list[Membership]:
    """Return who answers for the firm: the lead consultants, else the project managers."""
    return in_function(here, Side.FIRM, ["lead-consultant"]) or [
        member for member in here if member.role == Role.PROJECT_MANAGER
    ]

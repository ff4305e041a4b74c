"""Change what is known about an answer: its state, its owner, its grounds."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from engagements.models import Event, InboxItem, Membership
from questionnaires.access import Desk
from questionnaires.actions import answers, conditions, ripple
from questionnaires.actions.act import Act
from questionnaires.models import Answer, Entry, Flag


class ChangedMeanwhile(Exception):
    """Somebody else changed the same fact after the author last saw it. Carries the fact's name and value now."""

    def __init__(self, name: str, value: Any) -> None:
        super().__init__(name)
        self.name = name
        self.value = value


class NotPossible(Exception):
    """The entry is not in a state for this; the message says what to do instead."""


@transaction.atomic
def set_grounds(
    *, desk: Desk, entry: Entry, certainty: str, source: str, seen: dict[str, str], at: datetime | None = None
) -> Event | None:
    """Set how sure we are and who says so, unless one of them is no longer what the author had *seen*.

    Raises ChangedMeanwhile; returns None when nothing changes.
    """
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    wanted: dict[str, Any] = {"certainty": certainty, "source": source.strip()[:300]}
    changes = {name: value for name, value in wanted.items() if value != getattr(entry, name)}
    for name in changes:
        if getattr(entry, name) != seen[name]:
            raise ChangedMeanwhile(name, getattr(entry, name))
    if certainty not in (Entry.Certainty.ASSUMPTION, Entry.Certainty.ESTIMATE):
        # What is a fact needs no checking by a date.
        changes["check_by"] = None
    if all(getattr(entry, name) == value for name, value in changes.items()):
        transaction.set_rollback(True)
        return None
    act.change(entry, **changes)
    return act.finish("entry.grounds-changed", entry=entry)


@transaction.atomic
def assign(
    *,
    desk: Desk,
    entry: Entry,
    to: Membership,
    due: date | None = None,
    words: str = "",
    at: datetime | None = None,
) -> Event:
    """Give the entry to somebody: it is their turn now, until the due date if there is one."""
    if to.ended_at is not None or to.engagement_id != entry.engagement_id:
        raise NotPossible(_("That person is not in this engagement any more. Choose somebody else."))
    if not to.is_firm and is_internal(desk, entry):
        raise NotPossible(_("The client side does not see this item. Choose somebody of the firm."))
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    act.change(entry, owner=to, due_date=due)
    hold(act, entry, to)
    act.tell([to.user_id], InboxItem.Kind.ASKED, entry, words)
    return act.finish("entry.assigned", entry=entry, data={"to": to.pk, "words": words})


def is_internal(desk: Desk, entry: Entry) -> bool:
    """Say whether the entry belongs to an item that the client side never sees."""
    return entry.round_id is not None and desk.framework.item(entry.item_key).internal


def hold(act: Act, entry: Entry, member: Membership) -> None:
    """Make it *member*'s side's turn, counting from now when the side or the person changes."""
    act.change(entry, held_by=member.side, held_since=act.at)


@transaction.atomic
def mark_unknown(
    *, desk: Desk, entry: Entry, finder: Membership, find_by: date | None, at: datetime | None = None
) -> Event:
    """Say "we don't know yet": *finder* finds out, by a date. What was written stays."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    stood = ripple.stood_as(entry)
    act.change(
        entry,
        state=Entry.State.UNKNOWN,
        finder=finder,
        find_by=find_by,
        reason="",
        reason_text="",
        confirmed_by=None,
        confirmed_at=None,
    )
    hold(act, entry, finder)
    act.tell([finder.user_id], InboxItem.Kind.ASKED, entry)
    _follow(act, entry, stood)
    return act.finish("entry.unknown", entry=entry)


@transaction.atomic
def mark_not_applicable(
    *, desk: Desk, entry: Entry, reason: str, words: str = "", at: datetime | None = None
) -> Event:
    """Set the entry aside with a coded reason. What was written stays and comes back with `bring_back`."""
    if reason not in Entry.Reason.values:
        raise NotPossible(_("Choose one of the reasons."))
    words = words.strip()
    if reason == Entry.Reason.OTHER and not words:
        raise NotPossible(_("Say in a few words why this does not apply."))
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    stood = ripple.stood_as(entry)
    act.change(
        entry,
        state=Entry.State.NOT_APPLICABLE,
        reason=reason,
        reason_text=words[:300],
        finder=None,
        find_by=None,
        answered_by=desk.membership.user,
        answered_at=act.at,
        confirmed_by=None,
        confirmed_at=None,
    )
    _follow(act, entry, stood)
    return act.finish("entry.not-applicable", entry=entry)


@transaction.atomic
def bring_back(*, desk: Desk, entry: Entry, at: datetime | None = None) -> Event:
    """Ask the item again: answered when there is an answer, begun when it was not settled, else open."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    if entry.state not in (Entry.State.NOT_APPLICABLE, Entry.State.UNKNOWN):
        raise NotPossible(_("This item is being asked already."))
    settled = Answer.objects.filter(entry=entry, settled_version__gt=0).exists()
    state = Entry.State.OPEN
    if answers.has_content(entry):
        state = Entry.State.ANSWERED if settled else Entry.State.DRAFT
    stood = ripple.stood_as(entry)
    act.change(entry, state=state, **answers.CLEARED)
    _follow(act, entry, stood)
    return act.finish("entry.brought-back", entry=entry)


@transaction.atomic
def confirm(*, desk: Desk, entry: Entry, at: datetime | None = None) -> Event:
    """Say that an answer stands. Only its owner, or somebody of the side that did not write it, can."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    if entry.state != Entry.State.ANSWERED:
        raise NotPossible(_("Only an answer that is done can be confirmed."))
    author = entry.answered_by
    owns = entry.owner_id == desk.membership.pk
    if author is not None and not owns and author.side == desk.membership.side:
        raise NotPossible(_("Somebody of the other side, or the owner, confirms this answer."))
    act.change(entry, state=Entry.State.CONFIRMED, confirmed_by=desk.membership.user, confirmed_at=act.at)
    if entry.revisit:
        ripple.answered_anew(act, entry, Flag.How.HOLDS)
    return act.finish("entry.confirmed", entry=entry)


@transaction.atomic
def still_holds(*, desk: Desk, entry: Entry, at: datetime | None = None) -> Event:
    """Say that an answer holds although what it rests on changed. Its owner or the side that answered can.

    What was to be looked at again only because of this answer need not be any more. Raises NotPossible.
    """
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    if not entry.revisit:
        raise NotPossible(_("There is nothing to look at again here any more."))
    if act.framework.item(entry.item_key).type == "sign_off":
        raise NotPossible(_("A signature is given again by signing what changed."))
    author = entry.answered_by
    owns = entry.owner_id == desk.membership.pk
    if author is not None and not owns and author.side != desk.membership.side:
        raise NotPossible(
            _("The owner, or somebody of the side that answered, says whether this still holds.")
        )
    also = [key for key in ripple.answered_anew(act, entry, Flag.How.HOLDS) if key != entry.item_key]
    return act.finish("entry.held", entry=entry, data={"also": len(also)})


def _follow(act: Act, entry: Entry, stood: str) -> None:
    if entry.round_id is not None:
        moved = conditions.move(act, act.framework.item(entry.item_key))
        ripple.follow(act, entry, before=stood, changes=ripple.state_change(stood, entry), moved=moved)

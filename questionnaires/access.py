"""The doors to a questionnaire's parts; each goes through the engagement's own door first."""

from dataclasses import dataclass

from django.http import Http404

from accounts.models import Side, User
from engagements.access import get_membership
from engagements.models import Engagement, Membership
from engagements.policy import Permission
from questionnaires.document import Framework, Item, Register, Step
from questionnaires.models import Answer, Conflict, Entry, Questionnaire, Row
from questionnaires.models.entry import REGISTER_PREFIX


@dataclass(frozen=True)
class Viewpoint:
    """One side's view of an engagement's questionnaire. Pages and live fragments read through it."""

    questionnaire: Questionnaire
    side: Side

    @property
    def engagement(self) -> Engagement:
        """The engagement that is looked at."""
        return self.questionnaire.engagement

    @property
    def is_firm(self) -> bool:
        """Say whether this is the firm's view."""
        return self.side == Side.FIRM

    @property
    def framework(self) -> Framework:
        """The engagement's framework, internal items included."""
        return self.questionnaire.framework

    def may_see(self, item: Item) -> bool:
        """Say whether this side sees *item*."""
        return self.is_firm or not item.internal


@dataclass(frozen=True)
class Desk:
    """A member at work: who they are here, and what the engagement asks."""

    membership: Membership
    questionnaire: Questionnaire

    @property
    def framework(self) -> Framework:
        """The engagement's framework, internal items included."""
        return self.questionnaire.framework

    @property
    def engagement(self) -> Engagement:
        """The engagement the member works in."""
        return self.membership.engagement

    @property
    def view(self) -> Viewpoint:
        """What the member's side sees."""
        return Viewpoint(self.questionnaire, self.membership.side)

    def may_see(self, item: Item) -> bool:
        """Say whether the member's side sees *item*."""
        return self.view.may_see(item)


def get_desk(user: User, engagement_id: int, *, can: Permission) -> Desk:
    """Return *user*'s desk in an engagement, or raise Http404 or PermissionDenied."""
    membership = get_membership(user, engagement_id, can=can, also="engagement__questionnaire")
    questionnaire: Questionnaire | None = getattr(membership.engagement, "questionnaire", None)
    if questionnaire is None:
        raise Http404
    questionnaire.engagement = membership.engagement
    return Desk(membership, questionnaire)


def get_step(user: User, engagement_id: int, number: str, *, can: Permission) -> tuple[Desk, Step]:
    """Return the step with that number on screen, such as 3 or 6.1."""
    desk = get_desk(user, engagement_id, can=can)
    for step in desk.framework.steps:
        if step.number == number:
            return desk, step
    raise Http404


def get_register(user: User, engagement_id: int, key: str, *, can: Permission) -> tuple[Desk, Register]:
    """Return one of the engagement's registers."""
    desk = get_desk(user, engagement_id, can=can)
    for register in desk.framework.registers:
        if register.key == key:
            return desk, register
    raise Http404


def get_entry(
    user: User, engagement_id: int, item_key: str, *, can: Permission, round_number: int | None = None
) -> tuple[Desk, Entry]:
    """Return an item's entry, of its step's latest round unless *round_number* names another.

    *item_key* may also name a register, as ``register:risks``. Internal items do not exist for the client side.
    """
    desk = get_desk(user, engagement_id, can=can)
    entries = Entry.objects.filter(engagement_id=engagement_id, item_key=item_key).select_related(
        "round", "owner__user"
    )
    if "\0" in item_key:
        raise Http404
    if item_key.startswith(REGISTER_PREFIX):
        entry = entries.first()
    else:
        if not desk.framework.has_item(item_key) or not desk.may_see(desk.framework.item(item_key)):
            raise Http404
        wanted = {"round__number": round_number} if round_number else {"round__is_latest": True}
        entry = entries.filter(**wanted).first()
    if entry is None:
        raise Http404
    entry.engagement = desk.membership.engagement
    return desk, entry


def get_row(user: User, engagement_id: int, row_id: int, *, can: Permission) -> tuple[Desk, Row]:
    """Return a row of a table or register, deleted or not."""
    desk = get_desk(user, engagement_id, can=can)
    row = (
        Row.objects.filter(pk=row_id, entry__engagement_id=engagement_id)
        .select_related("entry__round", "entry__owner__user", "created_by", "deleted_by")
        .first()
    )
    if row is None:
        raise Http404
    key = row.entry.item_key
    if not key.startswith(REGISTER_PREFIX) and not desk.may_see(desk.framework.item(key)):
        raise Http404
    row.entry.engagement = desk.membership.engagement
    return desk, row


def get_answer(user: User, engagement_id: int, answer_id: int, *, can: Permission) -> tuple[Desk, Answer]:
    """Return an answer by id, for its history and its conflicts. A firm's note does not exist for the client side."""
    desk = get_desk(user, engagement_id, can=can)
    answer = (
        Answer.objects.filter(pk=answer_id, entry__engagement_id=engagement_id)
        .select_related("entry__round", "entry__owner__user", "row", "updated_by")
        .first()
    )
    if answer is None:
        raise Http404
    key = answer.entry.item_key
    if not desk.membership.is_firm and (
        answer.part == Answer.Part.NOTE
        or (not key.startswith(REGISTER_PREFIX) and desk.framework.item(key).internal)
    ):
        raise Http404
    answer.entry.engagement = desk.membership.engagement
    return desk, answer


def get_conflict(
    user: User, engagement_id: int, conflict_id: int, *, can: Permission
) -> tuple[Desk, Conflict]:
    """Return a conflict, decided or not, of an answer that *user*'s side sees."""
    answer_id = (
        Conflict.objects.filter(pk=conflict_id, answer__entry__engagement_id=engagement_id)
        .values_list("answer_id", flat=True)
        .first()
    )
    desk, answer = get_answer(user, engagement_id, answer_id or 0, can=can)
    conflict = Conflict.objects.select_related("by").get(pk=conflict_id)
    conflict.answer = answer
    return desk, conflict

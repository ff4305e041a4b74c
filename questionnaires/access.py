"""The doors to a questionnaire's parts; each goes through the engagement's own door first."""

from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Side, User
from engagements.access import get_membership, require
from engagements.models import Comment, Engagement, Membership, Thread
from engagements.notify import Subject
from engagements.policy import READING, Permission
from questionnaires.document import Framework, Gate, Item, Register, Step
from questionnaires.models import (
    AgendaPoint,
    Answer,
    Attempt,
    Clash,
    Conflict,
    Decision,
    Entry,
    Meeting,
    Questionnaire,
    Request,
    Row,
    SignOff,
    Waiver,
)
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.people import People
from questionnaires.places import subject_of


class RoundOver(PermissionDenied):
    """What would be changed belongs to an earlier round, which is only read."""


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

    @cached_property
    def url(self) -> str:
        """Where the engagement's pages begin, such as /engagements/7/."""
        return reverse("questionnaires:overview", args=[self.engagement.pk])

    @cached_property
    def people(self) -> People:
        """The engagement's people, read once for as long as this view is used."""
        return People(self.engagement.pk)

    def may_see(self, item: Item) -> bool:
        """Say whether this side sees *item*."""
        return self.is_firm or not item.internal

    def of_side(self, side: Side) -> "Viewpoint":
        """Return *side*'s view of the same questionnaire, whose people are read for both together."""
        other = Viewpoint(self.questionnaire, side)
        other.__dict__["people"] = self.people
        return other


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


def get_views(user: User) -> list[Viewpoint]:
    """Return every engagement that *user* may look into, as their side sees it, in one query."""
    memberships = (
        Membership.objects.current()
        .filter(user=user)
        .exclude(engagement__status=Engagement.Status.PURGED)
        .select_related("engagement__client", "engagement__questionnaire")
        .order_by("engagement__client__name", "engagement__name", "id")
    )
    found = []
    for membership in memberships:
        questionnaire: Questionnaire | None = getattr(membership.engagement, "questionnaire", None)
        if questionnaire is not None and membership.may(Permission.SEE):
            questionnaire.engagement = membership.engagement
            found.append(Viewpoint(questionnaire, membership.side))
    return found


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
        if round_number:
            entry = entries.filter(round__number=round_number, round__item_key="").first()
        else:
            entry = entries.filter(round__is_latest=True).first()
    if entry is None:
        raise Http404
    require_latest(entry, can)
    entry.engagement = desk.membership.engagement
    return desk, entry


def require_latest(entry: Entry, can: Permission) -> None:
    """Raise RoundOver when *can* would change an entry of an earlier round."""
    if entry.round is not None and not entry.round.is_latest and can not in READING:
        raise RoundOver(
            _("This belongs to an earlier round. It can be read; answers go into the latest round.")
        )


def get_gate(user: User, engagement_id: int, key: str, *, can: Permission) -> tuple[Desk, Gate, Entry]:
    """Return a gate with the entry of its sign-off; one that is not asked here does not exist."""
    desk = get_desk(user, engagement_id, can=can)
    for gate in desk.framework.gates:
        if gate.key == key and desk.may_see(desk.framework.item(gate.item_key)):
            entry = (
                Entry.objects.filter(
                    engagement_id=engagement_id, round__is_latest=True, item_key=gate.item_key, shown=True
                )
                .select_related("round")
                .first()
            )
            if entry is not None:
                entry.engagement = desk.engagement
                return desk, gate, entry
    raise Http404


def get_sign_off(
    user: User, engagement_id: int, sign_off_id: int, *, can: Permission
) -> tuple[Desk, SignOff]:
    """Return a signature of the engagement, valid or not."""
    desk = get_desk(user, engagement_id, can=can)
    sign_off = (
        SignOff.objects.filter(pk=sign_off_id, entry__engagement_id=engagement_id)
        .select_related("entry__round", "membership__user")
        .first()
    )
    if sign_off is None or not desk.may_see(desk.framework.item(sign_off.entry.item_key)):
        raise Http404
    require_latest(sign_off.entry, can)
    sign_off.entry.engagement = desk.engagement
    return desk, sign_off


def get_waiver(user: User, engagement_id: int, waiver_id: int, *, can: Permission) -> tuple[Desk, Waiver]:
    """Return a waiver of the engagement, ended or not; one of an internal item does not exist for the client side."""
    desk = get_desk(user, engagement_id, can=can)
    waiver = (
        Waiver.objects.filter(pk=waiver_id, entry__engagement_id=engagement_id)
        .select_related("entry__round")
        .first()
    )
    if waiver is None or not desk.may_see(desk.framework.item(waiver.item_key)):
        raise Http404
    require_latest(waiver.entry, can)
    waiver.entry.engagement = desk.engagement
    return desk, waiver


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
    require_latest(row.entry, can)
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
    require_latest(answer.entry, can)
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


def _subject(desk: Desk, key: str) -> Subject:
    framework = desk.framework
    if key.startswith(REGISTER_PREFIX):
        exists = framework.has_register(key.removeprefix(REGISTER_PREFIX))
    else:
        exists = framework.has_item(key) and desk.may_see(framework.item(key))
    if not exists:
        raise Http404
    return subject_of(framework, key)


def get_thread(
    user: User, engagement_id: int, thread_id: int, *, can: Permission
) -> tuple[Desk, Thread, Subject]:
    """Return a thread that *user*'s side sees, and what it is about.

    To write in what only the firm sees takes the right to write notes, whatever else *can* asks for.
    """
    desk = get_desk(user, engagement_id, can=can)
    threads = Thread.objects.for_side(desk.membership.side).select_related("assigned_to__user")
    thread = threads.filter(pk=thread_id, engagement_id=engagement_id).first()
    if thread is None:
        raise Http404
    thread.engagement = desk.engagement
    if thread.firm_only and can == Permission.COMMENT:
        require(desk.membership, Permission.NOTE)
    return desk, thread, _subject(desk, thread.item_key)


def get_comment(
    user: User, engagement_id: int, comment_id: int, *, can: Permission
) -> tuple[Desk, Comment, Subject]:
    """Return a comment in a thread that *user*'s side sees, and what it is about."""
    comment = (
        Comment.objects.filter(pk=comment_id, thread__engagement_id=engagement_id)
        .select_related("by")
        .first()
    )
    desk, thread, subject = get_thread(user, engagement_id, comment.thread_id if comment else 0, can=can)
    if comment is None:
        raise Http404
    comment.thread = thread
    return desk, comment, subject


def get_decision(user: User, engagement_id: int, number: int, *, can: Permission) -> tuple[Desk, Decision]:
    """Return a decision by its number, standing or not."""
    desk = get_desk(user, engagement_id, can=can)
    decision = (
        Decision.objects.filter(engagement=desk.engagement, number=number)
        .select_related(
            "entry__round", "entry__owner__user", "version__by", "client__user", "firm__user", "made_by",
            "reopened_by", "footing__held_by", "replaces", "replaced_by", "row",
        )
        .first()
    )  # fmt: skip
    if decision is None or not desk.may_see(desk.framework.item(decision.entry.item_key)):
        raise Http404
    decision.engagement = decision.entry.engagement = desk.engagement
    return desk, decision


def get_request(user: User, engagement_id: int, number: int, *, can: Permission) -> tuple[Desk, Request]:
    """Return a request by its number."""
    desk = get_desk(user, engagement_id, can=can)
    request = (
        Request.objects.filter(engagement=desk.engagement, number=number)
        .select_related("author__user", "made_by")
        .first()
    )
    if request is None:
        raise Http404
    request.engagement = desk.engagement
    return desk, request


def get_clash(user: User, engagement_id: int, number: int, *, can: Permission) -> tuple[Desk, Clash]:
    """Return a clash by its number; one about internal items does not exist for the client side."""
    desk = get_desk(user, engagement_id, can=can)
    clash = (
        Clash.objects.for_side(is_firm=desk.membership.is_firm)
        .filter(engagement=desk.engagement, number=number)
        .select_related("raised_by", "decided_by__user", "conflict__answer__entry", "row")
        .first()
    )
    if clash is None:
        raise Http404
    clash.engagement = desk.engagement
    return desk, clash


def get_attempt(user: User, engagement_id: int, number: int, *, can: Permission) -> tuple[Desk, Attempt]:
    """Return an attempt by its number."""
    desk = get_desk(user, engagement_id, can=can)
    attempt = (
        Attempt.objects.filter(engagement=desk.engagement, number=number)
        .select_related("by__user", "made_by", "footing__held_by", "replaced_by", "row")
        .first()
    )
    if attempt is None:
        raise Http404
    attempt.engagement = desk.engagement
    return desk, attempt


def get_meeting(user: User, engagement_id: int, meeting_id: int, *, can: Permission) -> tuple[Desk, Meeting]:
    """Return a meeting that *user*'s side may know of."""
    desk = get_desk(user, engagement_id, can=can)
    meeting = find_meeting(desk, meeting_id)
    if meeting is None:
        raise Http404
    return desk, meeting


def find_meeting(desk: Desk, meeting_id: int) -> Meeting | None:
    """Return a meeting of the desk's engagement, if its side may know of it."""
    meetings = Meeting.objects.for_side(desk.membership.side)
    meeting = meetings.filter(engagement_id=desk.engagement.pk, pk=meeting_id).first()
    if meeting is not None:
        meeting.engagement = desk.membership.engagement
    return meeting


def get_point(user: User, engagement_id: int, point_id: int, *, can: Permission) -> tuple[Desk, AgendaPoint]:
    """Return a point of an agenda that *user*'s side may know of."""
    desk = get_desk(user, engagement_id, can=can)
    point = find_point(desk, point_id)
    if point is None:
        raise Http404
    return desk, point


def find_point(desk: Desk, point_id: int) -> AgendaPoint | None:
    """Return a point of an agenda of the desk's engagement, if its side may know of it."""
    points = AgendaPoint.objects.filter(pk=point_id, meeting__engagement_id=desk.engagement.pk)
    if not desk.membership.is_firm:
        points = points.filter(firm_only=False, meeting__firm_only=False)
    point = points.select_related("meeting").first()
    if point is not None:
        point.meeting.engagement = desk.membership.engagement
    return point

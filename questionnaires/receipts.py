"""What a meeting came to: answered, changed, decided, left open. Plain data for a page, a mail and a document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Side, User
from engagements import mail
from engagements.models import Event, Membership
from questionnaires import agenda, happenings, reading, values
from questionnaires.access import Viewpoint
from questionnaires.actions.act import unpacked
from questionnaires.document import Item
from questionnaires.models import AgendaPoint, Answer, Clash, Entry, Meeting, Questionnaire, Revision

STANDING = (Entry.State.ANSWERED, Entry.State.CONFIRMED)
# Events that settle something between people, besides answers.
DECIDING = frozenset({
    "conflict.decided", "decision.made", "decision.reopened", "decision.holds", "clash.settled", "clash.reopened",
    "request.closed", "signed", "signature.withdrawn", "waiver.given", "waiver.ended", "entry.held",
})  # fmt: skip
SETTLING = frozenset({"answer.saved", "answer.settled", "answer.restored", "conflict.decided"})


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: where, what it says now, who did it."""

    place: str
    words: str
    by: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class PointLine:
    """One point of the agenda as it ended."""

    title: str
    kind: str
    minutes: int
    done: bool
    note: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A meeting as it ended, as one side may know it. Times are aware; addresses are paths."""

    title: str
    starts_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    people: tuple[tuple[str, bool], ...]  # name, and whether of the firm
    points: tuple[PointLine, ...]
    answered: tuple[Line, ...]
    changed: tuple[Line, ...]
    decided: tuple[Line, ...]
    left_open: tuple[Line, ...]
    parking: str = ""

    @property
    def noted(self) -> tuple[PointLine, ...]:
        """The points under which something was noted, or that are done; the others are left open."""
        return tuple(point for point in self.points if point.note or point.done)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was answered, changed or decided."""
        return not (self.answered or self.changed or self.decided)


@dataclass
class _Touched:
    """What happened to one item between two events."""

    before: str = ""
    after: str = ""
    settled: bool = False
    by: str = ""
    events: list[Event] = field(default_factory=list)


def receipt(view: Viewpoint, meeting: Meeting) -> Receipt:
    """Return what came of a meeting as *view*'s side may know it, in six queries; so far while it goes on."""
    points = agenda.points_of(meeting, is_firm=view.is_firm)
    events = _events(view, meeting)
    touched = _touched(view, events)
    said = _values(view, meeting, touched)
    answered, changed = [], []
    for key, one in touched.items():
        item = view.framework.item(key)
        line = Line(
            f"{item.number} {item.title}",
            said.get(key, ""),
            one.by,
            reverse("questionnaires:item", args=[view.engagement.pk, key]),
        )
        if one.after in STANDING and one.before not in STANDING:
            answered.append(line)
        elif one.settled and (one.after in STANDING or not one.after):
            changed.append(line)
    return Receipt(
        title=meeting.title,
        starts_at=meeting.starts_at,
        started_at=meeting.started_at,
        ended_at=meeting.ended_at,
        people=tuple(
            (member.user.display_name, member.is_firm)
            for member in meeting.people.select_related("user").order_by("user__display_name")
        ),
        points=tuple(
            PointLine(
                point.title,
                agenda.word_of(point),
                point.minutes,
                point.done_at is not None,
                point.note,
                point.url,
            )
            for point in points
            if point.kind != AgendaPoint.Kind.PARKING
        ),
        answered=tuple(answered),
        changed=tuple(changed),
        decided=tuple(_decided(view, events)),
        left_open=tuple(_left_open(view, points, events, touched)),
        parking=next((point.note for point in points if point.kind == AgendaPoint.Kind.PARKING), ""),
    )


def _events(view: Viewpoint, meeting: Meeting) -> list[Event]:
    """Return what happened while the meeting went on, oldest first."""
    if meeting.started_event is None:
        return []
    events = Event.objects.filter(engagement=view.engagement).for_side(view.side).after(meeting.started_event)
    if meeting.ended_event is not None:
        events = events.filter(number__lte=meeting.ended_event)
    return list(events.select_related("by"))


def _touched(view: Viewpoint, events: Iterable[Event]) -> dict[str, _Touched]:
    """Return by item what events did to its state and its settled value."""
    found: dict[str, _Touched] = {}
    for event in events:
        key = event.item_key
        if not view.framework.has_item(key) or not view.may_see(view.framework.item(key)):
            continue
        states = [pairs["state"] for pairs in unpacked(event.data).values() if "state" in pairs]
        settles = event.kind in SETTLING and bool(event.data.get("settled", event.kind != "answer.saved"))
        if not settles and not states:
            continue
        one = found.setdefault(key, _Touched(before=states[0][0] if states else ""))
        if states:
            one.before = one.before or states[0][0]
            one.after = states[-1][1]
        one.settled = one.settled or settles
        if event.by is not None:
            one.by = event.by.display_name
    return found


def _values(view: Viewpoint, meeting: Meeting, touched: Mapping[str, _Touched]) -> dict[str, str]:
    """Return by item what its answer said at the end of the meeting, in a line. Tables say their own words only."""
    revisions = Revision.objects.filter(
        answer__entry__engagement=view.engagement,
        answer__entry__item_key__in=list(touched),
        answer__row=None,
        answer__part__in=[Answer.Part.VALUE, Answer.Part.WORDS],
        event__gt=meeting.started_event or 0,
    )
    if meeting.ended_event is not None:
        revisions = revisions.filter(event__lte=meeting.ended_event)
    newest: dict[str, Any] = {}
    for key, value in revisions.order_by("event", "id").values_list("answer__entry__item_key", "value"):
        newest[key] = value
    names = {member.pk: member.user.display_name for member in reading.people(view)} if newest else {}
    return {key: in_words(view.framework.item(key), value, names, view) for key, value in newest.items()}


def in_words(item: Item, value: Any, names: Mapping[int, str], view: Viewpoint) -> str:
    """Return a value in a line of at most 200 characters."""
    if item.type == "table" or value is None:
        text = str(value or "")
    else:
        text = values.as_text(
            item,
            value,
            lambda kind, pk: names.get(pk, "") if kind == "person" else _("a file"),
            currency=view.engagement.currency,
            translate=translation.gettext,
        )
    return one_line(text)


def one_line(text: str) -> str:
    """Return a text in a line of at most 200 characters."""
    text = " ".join(text.split())
    return text if len(text) <= 200 else text[:199].rsplit(" ", 1)[0] + " …"


def _decided(view: Viewpoint, events: list[Event]) -> Iterable[Line]:
    """Give what was settled, what was decided first and what only still holds last."""
    found = [event for event in events if event.kind in DECIDING]
    numbers = [event.data["number"] for event in found if event.kind.startswith("clash.")]
    clashes = {
        clash.number: clash for clash in Clash.objects.filter(engagement=view.engagement, number__in=numbers)
    }
    for event in sorted(found, key=lambda event: event.kind == "entry.held"):
        (told,) = happenings.told(view, [event])
        place, words, url = told.place, told.words, ""
        if event.kind.startswith("clash."):
            clash = clashes[event.data["number"]]
            place, words = f"{place}: {clash.title}", one_line(clash.outcome) or words
            url = reverse("questionnaires:clash", args=[view.engagement.pk, clash.number])
        elif event.kind == "decision.made":
            url = reverse("questionnaires:decision", args=[view.engagement.pk, event.data["number"]])
        elif told.item and view.may_see(told.item):
            url = reverse("questionnaires:item", args=[view.engagement.pk, told.item.key])
        yield Line(place, words, event.by.display_name if event.by else "", url)


def _left_open(
    view: Viewpoint,
    points: Iterable[AgendaPoint],
    events: Iterable[Event],
    touched: Mapping[str, _Touched],
) -> Iterable[Line]:
    """Give the points that were not done, and what turned out not to be known."""
    for point in points:
        if point.kind != AgendaPoint.Kind.PARKING and point.done_at is None:
            yield Line(point.title, agenda.word_of(point), "", point.url)
    for event in events:
        if event.kind == "entry.unknown" and view.framework.has_item(event.item_key):
            item = view.framework.item(event.item_key)
            found = touched.get(item.key)
            if view.may_see(item) and found is not None and found.after == Entry.State.UNKNOWN:
                yield Line(
                    f"{item.number} {item.title}",
                    _("not known yet"),
                    event.by.display_name if event.by else "",
                    reverse("questionnaires:item", args=[view.engagement.pk, item.key]),
                )


def send(questionnaire: Questionnaire, meeting: Meeting) -> None:
    """Write the receipt to everybody who came, each as their side may know it and in their language."""
    drawn: dict[tuple[Side, str], Receipt] = {}
    people: Iterable[Membership] = meeting.people.filter(ended_at=None).select_related(
        "user", "engagement__client"
    )
    for member in people:
        user: User = member.user
        if not user.is_active:
            continue
        with translation.override(user.language), timezone.override(questionnaire.engagement.zone):
            key = member.side, user.language
            if key not in drawn:
                drawn[key] = receipt(Viewpoint(questionnaire, member.side), meeting)
            mail.queue(
                "receipt",
                once=f"receipt/{meeting.pk}/{user.pk}",
                user=user,
                engagement=questionnaire.engagement,
                template="receipt",
                context={
                    "user": user,
                    "receipt": drawn[key],
                    "engagement": questionnaire.engagement,
                    "act_url": mail.link(
                        reverse("questionnaires:meeting", args=[questionnaire.pk, meeting.pk])
                    ),
                },
            )

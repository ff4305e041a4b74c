"""Bring what cannot both stand side by side, let the client rank it, and settle it under the agreed rule."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from engagements.models import Event, InboxItem, Membership
from engagements.notify import Subject
from questionnaires import records
from questionnaires.access import Desk
from questionnaires.actions import flags, lines
from questionnaires.actions.act import Act
from questionnaires.actions.recommendations import NotPossible
from questionnaires.document import Contradiction
from questionnaires.models import Answer, Cause, Clash, ClashSide, Conflict, Flag, Ranking, Request, Row
from questionnaires.models.request import Weight

REGISTER = "conflicts"
MOST_SIDES = 6
# What an outcome may say of a request.
BY_OUTCOME = (Request.State.TAKEN, Request.State.PARTLY, Request.State.DECLINED)


@dataclass(frozen=True)
class Part:
    """One side of a clash: a request, or an item's answer, and what following it comes to."""

    request: Request | None = None
    item_key: str = ""
    consequence: str = ""


@dataclass(frozen=True)
class Advice:
    """What we would do about a clash. The client side sees it once it is offered."""

    options: str = ""
    we_recommend: str = ""
    pros: str = ""
    cons: str = ""
    offered: bool = False


@dataclass(frozen=True)
class Agreed:
    """What was agreed about a clash: the outcome with its reason, who decided it and who is told."""

    outcome: str
    reason: str
    decided_by: Membership
    informed: Sequence[Membership] = ()


@transaction.atomic
def raise_clash(
    *,
    desk: Desk,
    title: str,
    says: str,
    parts: Sequence[Part],
    advice: Advice | None = None,
    conflict: Conflict | None = None,
    item_keys: Collection[str] = (),
    at: datetime | None = None,
) -> Clash:
    """Put requests or answers side by side that cannot both stand. Raises recommendations.NotPossible.

    With *conflict* it is about two people's values for one answer: its two *parts* name that item, what stands now
    comes first, and the answer stays the place where one of them is kept.
    """
    title, says = title.strip()[:200], says.strip()
    if not title or not says:
        raise NotPossible(_("Give it a name, and say why both cannot stand."))
    if not 2 <= len(parts) <= MOST_SIDES:
        raise NotPossible(_("Choose two to six things that cannot all stand."))
    if conflict is not None and conflict.answer.part == Answer.Part.NOTE:
        raise NotPossible(
            _("A note of ours is nothing to settle with the client. Choose at the note what stands.")
        )
    concerned = _items(desk, parts, item_keys)
    kind = Clash.Kind.REQUESTS if any(part.request for part in parts) else Clash.Kind.ANSWERS
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    if conflict is not None and Clash.objects.filter(conflict=conflict).exists():
        raise NotPossible(_("These two answers have been brought side by side already."))
    clash = _create(act, kind=kind, title=title, says=says, item_keys=concerned, conflict=conflict)
    _sides(clash, parts)
    if advice is not None:
        _advise(clash, advice, act.at)
    return _finish(act, "clash.raised", clash).clash


@transaction.atomic
def advise(*, desk: Desk, clash: Clash, advice: Advice, at: datetime | None = None) -> Event:
    """Write what we would do; for the firm only until it is offered, and never taken back from sight then."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    clash.refresh_from_db()
    _require_open(clash)
    names = ("options", "we_recommend", "pros", "cons")
    old = {name: getattr(clash, name) for name in names}
    _advise(clash, advice, act.at)
    pairs = {name: [old[name], getattr(clash, name)] for name in names if old[name] != getattr(clash, name)}
    firm_only = clash.offered_at is None
    return _finish(act, "clash.advised", clash, pairs, firm_only=firm_only).event


@transaction.atomic
def rank(
    *,
    desk: Desk,
    clash: Clash,
    order: Sequence[int] = (),
    moscow: Mapping[int, str] | None = None,
    words: str = "",
    at: datetime | None = None,
) -> Ranking:
    """Say which side comes first for me: an *order* of positions, or a weight for each side in *moscow*.

    A later ranking of the same person replaces the one before, which stays in the event.
    """
    positions = set(clash.sides.values_list("position", flat=True))
    weights = {str(position): weight for position, weight in (moscow or {}).items()}
    if order and set(order) != positions:
        raise NotPossible(_("Give every side a place of its own, from first to last."))
    if not order and (set(map(str, positions)) != set(weights) or set(weights.values()) - set(Weight.values)):
        raise NotPossible(_("Give every side a place, or say for every side how much you insist."))
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    clash.refresh_from_db()
    _require_open(clash)
    before = Ranking.objects.filter(clash=clash, by=desk.membership).first()
    ranking, _new = Ranking.objects.update_or_create(
        clash=clash,
        by=desk.membership,
        defaults={
            "order": list(order),
            "moscow": {} if order else weights,
            "words": words.strip()[:500],
            "at": act.at,
            "event": act.number,
        },
    )
    told = [[before.order, before.moscow] if before else None, [ranking.order, ranking.moscow]]
    _finish(act, "clash.ranked", clash, {"ranking": told})
    return ranking


@transaction.atomic
def settle(
    *,
    desk: Desk,
    clash: Clash,
    outcome: str,
    reason: str,
    decided_by: Membership,
    informed: Sequence[Membership] = (),
    came: Mapping[int, str] | None = None,
    at: datetime | None = None,
) -> Event:
    """Write down the outcome with its reason, who decided it and who is told.

    *came* says by position what came of the requests, in words of Request.State; those it leaves out stay as they are.
    For a contradiction of answers the outcome lets them stand: their flags go, until one of the answers changes.
    Raises recommendations.NotPossible.
    """
    agreed = checked(desk, Agreed(outcome, reason, decided_by, informed))
    words = records.words_of(desk.view, clash)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    clash.refresh_from_db()
    _require_open(clash)
    _close(act, clash, agreed, words)
    answered = _answer_requests(act, clash, came or {})
    _clear_flags(act, clash, Flag.How.DECIDED)
    told = {"informed": [None, sorted(member.pk for member in informed)], **answered}
    return _finish(act, "clash.settled", clash, told).event


def checked(desk: Desk, agreed: Agreed) -> Agreed:
    """Return what was agreed without white space around it. Raises recommendations.NotPossible for what says too little."""
    outcome, reason = agreed.outcome.strip(), agreed.reason.strip()
    if not outcome:
        raise NotPossible(_("Write down what was agreed."))
    if not reason:
        raise NotPossible(_("Give the reason, so that nobody has to ask why."))
    if any(member.engagement_id != desk.engagement.pk for member in (agreed.decided_by, *agreed.informed)):
        raise NotPossible(_("That person is not in this engagement."))
    return Agreed(outcome, reason, agreed.decided_by, agreed.informed)


def answer_chosen(
    act: Act, desk: Desk, conflict: Conflict, words: Mapping[int, str], agreed: Agreed
) -> dict[str, Any]:
    """Settle the clash about two answers of which one was kept just now, and return what the event keeps of it.

    *words* are those of both, by position, from before one was kept. {} where nobody had brought them side by side, or it was settled before.
    """
    clash = Clash.objects.open().filter(conflict=conflict).first()
    if clash is None:
        return {}
    _close(act, clash, agreed, words)
    row = put_line(act, clash)
    told = {"informed": [None, sorted(member.pk for member in agreed.informed)]}
    return {"clash": clash.pk, "number": clash.number, "fields": told, "lines": lines.touched(row, REGISTER)}


@transaction.atomic
def weigh(
    *, desk: Desk, clash: Clash, consequences: Mapping[int, str], at: datetime | None = None
) -> Event | None:
    """Say by position what each side comes to if it is followed. None where that was said already."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    clash.refresh_from_db()
    _require_open(clash)
    pairs = {}
    for side in clash.sides.all():
        words = consequences.get(side.position, side.consequence).strip()
        if words != side.consequence:
            pairs[f"consequence-{side.position}"] = [side.consequence, words]
            side.consequence = words
            side.save(update_fields=["consequence"])
    return _finish(act, "clash.weighed", clash, pairs).event if pairs else None


@transaction.atomic
def reopen(*, desk: Desk, clash: Clash, why: str, at: datetime | None = None) -> Event:
    """Open a settled clash again. The outcome before stays in the history."""
    why = why.strip()
    if not why:
        raise NotPossible(_("Say why it is opened again."))
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    clash.refresh_from_db()
    if clash.state != Clash.State.SETTLED:
        raise NotPossible(_("It is open, or its cause has gone; there is nothing to reopen."))
    if clash.rule_key:
        raise NotPossible(_("It comes up by itself when one of the answers changes."))
    if clash.conflict is not None and clash.conflict.outcome:
        raise NotPossible(
            _("One of the two answers was kept. Change the answer itself; the other is in its history.")
        )
    pairs = {
        "state": [clash.state, Clash.State.OPEN],
        "outcome": [clash.outcome, ""],
        "reason": [clash.reason, why],
    }
    clash.state, clash.outcome, clash.reason = Clash.State.OPEN, "", ""
    clash.decided_by = clash.decided_at = None
    clash.save(update_fields=["state", "outcome", "reason", "decided_by", "decided_at"])
    clash.sides.update(words="")
    closed = {
        side.position: Request.State.OPEN
        for side in clash.sides.select_related("request")
        if side.request and side.request.state in BY_OUTCOME
    }
    return _finish(act, "clash.reopened", clash, pairs | _answer_requests(act, clash, closed)).event


def follow(act: Act, came: Sequence[Contradiction], went: Collection[str]) -> list[Clash]:
    """Open a clash for each contradiction that has come up, and close those whose cause is gone.

    Called when their flags were raised and cleared, in the same transaction. No statement where there are none.
    """
    moved = []
    for rule in came:
        keys = [key for key in rule.between if act.framework.has_item(key)]
        clash = _create(
            act, kind=Clash.Kind.RULE, title=rule.title, says=rule.says, item_keys=keys, rule_key=rule.key, options=rule.ask
        )  # fmt: skip
        _sides(clash, [Part(item_key=key) for key in keys])
        moved.append(clash)
    if went:
        for clash in Clash.objects.open().filter(engagement=act.engagement, rule_key__in=list(went)):
            clash.state, clash.decided_at = Clash.State.GONE, act.at
            clash.outcome = _("The answers do not contradict each other any more.")
            clash.save(update_fields=["state", "decided_at", "outcome"])
            moved.append(clash)
    for clash in moved:
        put_line(act, clash)
    return moved


def put_line(act: Act, clash: Clash) -> Row | None:
    """Write the clash's line of the conflicts register, or bring it up to date.

    What the client side may not see is not in it: a clash about internal items has no line, and advice that is not
    offered no words.
    """
    if clash.internal:
        return None
    sides = [
        side_in_words(act, side)
        for side in clash.sides.select_related("request__author__user", "request").order_by("position")
    ]
    if clash.kind == Clash.Kind.ANSWERS and clash.conflict is not None:
        sides = [
            f"{side} ({name})"
            for side, name in zip(sides, records.authors_of(clash.conflict, clash), strict=False)
        ]
    raiser = clash.raised_by.display_name if clash.raised_by else ""
    advised = clash.offered_at is not None
    cells = {
        "request-a": sides[0] if sides else clash.title,
        "request-b": "\n".join(sides[1:]),
        "raised-by": raiser,
        "options": clash.options if advised or clash.rule_key else "",
        "we-recommend": clash.we_recommend if advised else "",
        "pros": clash.pros if advised else "",
        "cons": clash.cons if advised else "",
        "outcome": f"{clash.outcome}\n{clash.reason}".strip(),
        "decided-by": clash.decided_by_id,
        "date": act.engagement.today(clash.decided_at or clash.raised_at).isoformat(),
    }
    row = lines.put(act, REGISTER, cells, keeper=Row.Keeper.CLASH, row=clash.row)
    if row is not None and clash.row_id is None:
        clash.row = row
        clash.save(update_fields=["row"])
    return row


def side_in_words(act: Act, side: ClashSide) -> str:
    """Name a side: the request with its author, or the item."""
    if side.request is not None:
        return f"{side.request.title} ({side.request.author.user.display_name})"
    item = act.framework.item(side.item_key)
    return f"{item.number} {item.title}"


def _close(act: Act, clash: Clash, agreed: Agreed, words: Mapping[int, str]) -> None:
    """Store the outcome with what the sides said then, and tell those who are to know."""
    clash.state, clash.outcome, clash.reason = Clash.State.SETTLED, agreed.outcome, agreed.reason
    clash.decided_by, clash.decided_at = agreed.decided_by, act.at
    clash.save(update_fields=["state", "outcome", "reason", "decided_by", "decided_at"])
    clash.informed.set(agreed.informed)
    for side in clash.sides.filter(position__in=words):
        side.words = words[side.position]
        side.save(update_fields=["words"])
    people = [member.user_id for member in agreed.informed]
    act.notices.append((people, InboxItem.Kind.SETTLED, subject_of(clash), agreed.outcome))


def subject_of(clash: Clash) -> Subject:
    """Return what a notice about a clash is about."""
    title = _("Conflict %(number)d: %(title)s") % {"number": clash.number, "title": clash.title}
    return Subject(f"clash:{clash.number}", title, clash.internal)


@dataclass(frozen=True)
class _Done:
    clash: Clash
    event: Event


def _finish(
    act: Act, kind: str, clash: Clash, pairs: dict[str, Any] | None = None, *, firm_only: bool = False
) -> _Done:
    row = put_line(act, clash)
    event = act.finish(
        kind,
        firm_only=firm_only or clash.internal,
        data={
            "clash": clash.pk,
            "number": clash.number,
            "fields": pairs or {},
            "items": clash.item_keys,
            "lines": lines.touched(row, REGISTER),
        },
    )
    return _Done(clash, event)


def _create(act: Act, **fields: Any) -> Clash:
    keys = list(dict.fromkeys(fields.pop("item_keys")))
    internal = any(act.framework.item(key).internal for key in keys)
    highest = Clash.objects.filter(engagement=act.engagement).aggregate(Max("number"))["number__max"]
    return Clash.objects.create(
        engagement=act.engagement,
        number=int(highest or 0) + 1,
        item_keys=keys,
        internal=internal,
        raised_by=act.by,
        raised_at=act.at,
        raised_event=act.number,
        **fields,
    )


def _sides(clash: Clash, parts: Sequence[Part]) -> None:
    ClashSide.objects.bulk_create(
        [
            ClashSide(
                clash=clash,
                position=position,
                request=part.request,
                item_key="" if part.request else part.item_key,
                consequence=part.consequence.strip(),
            )
            for position, part in enumerate(parts, start=1)
        ]
    )


def _items(desk: Desk, parts: Sequence[Part], item_keys: Collection[str]) -> list[str]:
    keys = [*item_keys, *(part.item_key for part in parts if part.item_key)]
    for part in parts:
        if part.request is not None:
            if part.request.engagement_id != desk.engagement.pk:
                raise NotPossible(_("That request is not of this engagement."))
            keys += part.request.item_keys
    for key in keys:
        if not desk.framework.has_item(key) or not desk.may_see(desk.framework.item(key)):
            raise NotPossible(_("There is no such question here."))
    return keys


def _advise(clash: Clash, advice: Advice, at: datetime) -> None:
    clash.options, clash.we_recommend = advice.options.strip(), advice.we_recommend.strip()
    clash.pros, clash.cons = advice.pros.strip(), advice.cons.strip()
    if advice.offered and clash.offered_at is None:
        clash.offered_at = at
    clash.save(update_fields=["options", "we_recommend", "pros", "cons", "offered_at"])


def _answer_requests(act: Act, clash: Clash, came: Mapping[int, str]) -> dict[str, list[str]]:
    """Store what came of requests, and return old and new for the event."""
    if set(came.values()) - {Request.State.OPEN, *BY_OUTCOME}:
        raise NotPossible(_("Choose what came of it."))
    pairs = {}
    for side in clash.sides.select_related("request").filter(position__in=came):
        request, state = side.request, came[side.position]
        if request is None or request.state in (state, Request.State.WITHDRAWN):
            continue
        pairs[f"request-{request.number}"] = [request.state, state]
        opened = state == Request.State.OPEN
        words = _("Conflict %(number)d was opened again.") if opened else _("Settled in conflict %(number)d.")
        request.state, request.changed_at = state, act.at
        request.answer = words % {"number": clash.number}
        request.save(update_fields=["state", "answer", "changed_at"])
    return pairs


def _clear_flags(act: Act, clash: Clash, how: str) -> None:
    if not clash.rule_key:
        return
    found = Flag.objects.open().filter(
        entry__engagement=act.engagement, source=flags.source_of(Cause.Kind.RULE, clash.rule_key)
    )
    flags.clear(act, list(found.values_list("pk", flat=True)), how)


def _require_open(clash: Clash) -> None:
    if clash.state != Clash.State.OPEN:
        raise NotPossible(_("This conflict has been settled meanwhile. Nothing was changed."))

"""Requests and conflicts as pages show them, and how many records an engagement has."""

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from engagements.compiled import Compiled
from engagements.models import Engagement
from questionnaires import footing
from questionnaires.access import Viewpoint
from questionnaires.document import Item, Option
from questionnaires.models import Answer, Attempt, Clash, ClashSide, Conflict, Decision, Ranking, Revision
from questionnaires.models.request import Weight
from questionnaires.signed import Wording

# The item that says how conflicting wishes are settled.
PRIORITY_RULE = "priority-rule"


def record_counts(view: Viewpoint) -> dict[str, int]:
    """Return how many decisions stand, conflicts are open and attempts were made, in one query.

    Two answers to one question count as a conflict, unless they were brought side by side as one already.
    """
    hidden = () if view.is_firm else tuple(_internal(view))
    (found,) = _counts(view.is_firm, hidden)(view.engagement.pk)
    counted = vars(found)
    return {
        "decisions": counted["decisions_made"],
        "conflicts": counted["clashes_open"] + counted["answers_open"],
        "attempts": counted["attempts_made"],
    }


@functools.lru_cache(maxsize=64)
def _counts(is_firm: bool, hidden: tuple[str, ...]) -> Compiled[Engagement]:
    """Return the query that counts for one side, which does not see the items of *hidden*. Every page sends it."""

    def build(engagement: int) -> QuerySet[Engagement]:
        clashes = Clash.objects.open().for_side(is_firm=is_firm).filter(engagement=OuterRef("pk"))
        answers = (
            Conflict.objects.filter(answer__entry__engagement=OuterRef("pk"), outcome="", clash=None)
            .exclude(answer__part=Answer.Part.NOTE)
            .exclude(answer__row__deleted_at__isnull=False)
        )
        if hidden:
            answers = answers.exclude(answer__entry__item_key__in=hidden)
        return (
            Engagement.objects.only("pk")
            .filter(pk=engagement)
            .annotate(
                decisions_made=_count(Decision.objects.standing().filter(engagement=OuterRef("pk"))),
                clashes_open=_count(clashes),
                answers_open=_count(answers),
                attempts_made=_count(Attempt.objects.counting().filter(engagement=OuterRef("pk"))),
            )
        )

    return Compiled(build, 1_000_000_001)


def _count(rows: Any) -> Coalesce:
    counted = rows.order_by().values(all=Value(1)).annotate(rows=Count("*")).values("rows")
    return Coalesce(Subquery(counted), 0)


def open_answers(view: Viewpoint) -> Any:
    """Return the answers with two values that wait for somebody to choose, oldest first, as this side may see them."""
    found = (
        Conflict.objects.filter(answer__entry__engagement=view.engagement, outcome="", clash=None)
        .exclude(answer__part=Answer.Part.NOTE)
        .exclude(answer__row__deleted_at__isnull=False)
        .select_related("answer__entry", "answer__updated_by", "by")
        .order_by("opened_at", "id")
    )
    return found if view.is_firm else found.exclude(answer__entry__item_key__in=_internal(view))


def _internal(view: Viewpoint) -> list[str]:
    return [item.key for item in view.framework.items if item.internal]


def priority_rule(view: Viewpoint) -> Option | None:
    """Return the rule that was agreed for conflicting wishes, or None while there is none."""
    if not view.framework.has_item(PRIORITY_RULE):
        return None
    told = footing.settled(view.framework, view.engagement.pk, [PRIORITY_RULE])[PRIORITY_RULE]
    if not told or "value" not in told:
        return None
    options = view.framework.item(PRIORITY_RULE).options
    return next((option for option in options if option.value == told["value"]), None)


@dataclass(slots=True)
class SideView:
    """One side of a conflict, with how the client side ranks it."""

    side: ClashSide
    item: Item | None
    # The answer as it stands, in the shape of `questionnaires.footing`; in words where it was settled, or is one of two.
    told: Any
    words: str = ""
    # Whose answer it is, where two people gave different ones.
    by: User | None = None
    points: int = 0
    firsts: int = 0
    weights: Counter[str] = field(default_factory=Counter)

    @property
    def letter(self) -> str:
        """The side as it is called on screen."""
        return "ABCDEF"[self.side.position - 1]

    @property
    def weighed(self) -> list[tuple[str, int]]:
        """How many people said must, should, could or not now."""
        return [(str(Weight(name).label), self.weights[name]) for name in Weight.values if self.weights[name]]


def sides_of(view: Viewpoint, clash: Clash) -> list[SideView]:
    """Return the sides of a clash: with the answers that stand now, or what they were when it was settled."""
    sides = list(clash.sides.select_related("request__author__user").order_by("position"))
    keys = [side.item_key for side in sides if side.item_key and not side.words]
    now = footing.settled(view.framework, view.engagement.pk, keys) if keys and not clash.conflict_id else {}
    found = []
    for side in sides:
        item = None
        if side.item_key and view.framework.has_item(side.item_key):
            item = view.framework.item(side.item_key)
        found.append(SideView(side, item, now.get(side.item_key), side.words))
    if clash.conflict is not None and len(found) == 2:
        _tell_apart(view, clash.conflict, clash, found)
    return found


def _tell_apart(view: Viewpoint, conflict: Conflict, clash: Clash, sides: Sequence[SideView]) -> None:
    """Give the two sides of one answer their values and their authors."""
    answer = conflict.answer
    people = [_author(conflict, clash), conflict.by]
    wording = Wording(view)
    for side, value, by in zip(sides, (answer.value, conflict.value), people, strict=True):
        side.by = by
        if side.item is not None and not side.words:
            side.words = wording.told(side.item, (None, answer.column, answer.part), value)


def _author(conflict: Conflict, clash: Clash) -> User | None:
    """Return who wrote what stands; of a settled clash, who had when it was raised."""
    if clash.is_open:
        return conflict.answer.updated_by
    earlier = Revision.objects.filter(answer=conflict.answer_id, at__lte=clash.raised_at)
    first = earlier.select_related("by").order_by("-version").first()
    return first.by if first else None


def authors_of(conflict: Conflict, clash: Clash) -> list[str]:
    """Name who wrote what stands, and who wrote the other answer."""
    return [by.display_name if by else "" for by in (_author(conflict, clash), conflict.by)]


def words_of(view: Viewpoint, clash: Clash) -> dict[int, str]:
    """Return by position what the sides that are answers say now, in words."""
    wording = Wording(view)
    found = {}
    for side in sides_of(view, clash):
        if side.item is not None:
            found[side.side.position] = side.words or footing.in_words(
                side.item, side.told, lambda item, value: wording.told(item, (None, "", "value"), value)
            )
    return found


def count_rankings(sides: Sequence[SideView], rankings: Sequence[Ranking]) -> list[SideView]:
    """Add the rankings up and return the sides, the one with most points first.

    Of n sides a first place counts n - 1 points, the next one less, the last none. A weight counts 3 for must, 2 for
    should, 1 for could, none for not now, scaled to the same range, so that both ways of ranking add up.
    """
    worth = {Weight.MUST: 3, Weight.SHOULD: 2, Weight.COULD: 1, Weight.NOT_NOW: 0}
    by_position = {side.side.position: side for side in sides}
    most = len(sides) - 1
    for ranking in rankings:
        for place, position in enumerate(ranking.order):
            if position in by_position:
                by_position[position].points += 3 * (most - place)
                by_position[position].firsts += place == 0
        for position, weight in ranking.moscow.items():
            if int(position) in by_position:
                by_position[int(position)].points += worth[Weight(weight)] * most
                by_position[int(position)].weights[weight] += 1
    return sorted(sides, key=lambda side: (-side.points, side.side.position))


def places(ranking: Ranking, sides: Sequence[SideView]) -> Mapping[int, str]:
    """Return what one person said of each side, by position: a place from 1, or a weight."""
    if ranking.order:
        return {position: str(place) for place, position in enumerate(ranking.order, start=1)}
    return {int(position): str(Weight(weight).label) for position, weight in ranking.moscow.items()}

"""What the agreed rule for conflicting wishes says about one conflict. It is shown; people settle it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from engagements.models import Membership
from engagements.policy import Role
from questionnaires.access import Viewpoint
from questionnaires.document import Option
from questionnaires.models import Ranking, Request
from questionnaires.models.request import Level, Weight
from questionnaires.records import SideView

LEVELS = {Level.LOW: 1, Level.MEDIUM: 2, Level.HIGH: 3}
INSISTS = {Weight.MUST: 3, Weight.SHOULD: 2, Weight.COULD: 1, Weight.NOT_NOW: 0}


@dataclass(frozen=True)
class Ruling:
    """What the rule comes to, in words; *decides* is who decides under it, where it names somebody."""

    words: str
    decides: Membership | None = None


def ruling(
    view: Viewpoint,
    rule: Option | None,
    sides: Sequence[SideView],
    rankings: Sequence[Ranking],
    people: Sequence[Membership],
) -> Ruling | None:
    """Return what *rule* says about *sides*, whose rankings are counted; None without a rule that we know."""
    if rule is None:
        return None
    match rule.value:
        case "sponsor":
            return _by_sponsor(people)
        case "weighted":
            return Ruling(_by_score(sides, rankings))
        case "value-risk":
            return Ruling(_by_value(sides))
        case "board":
            return Ruling(_("A steering group decides. The ranking below tells it what people here want."))
    return None


def _by_sponsor(people: Sequence[Membership]) -> Ruling:
    sponsors = [member for member in people if "sponsor" in member.functions and not member.is_firm]
    sponsors = sponsors or [member for member in people if member.role == Role.CLIENT_SPONSOR]
    if not sponsors:
        return Ruling(_("The sponsor decides. Nobody here is named as one yet."))
    words = _("%(name)s decides, on our recommendation.") % {"name": sponsors[0].user.display_name}
    return Ruling(words, sponsors[0])


def _by_score(sides: Sequence[SideView], rankings: Sequence[Ranking]) -> str:
    if rankings:
        first = _first(sides, lambda side: side.points)
        if len(first) == 1:
            most = 3 * (len(sides) - 1) * len(rankings)
            told = {"side": first[0].letter, "points": first[0].points, "most": most}
            return _("Scored so far, %(side)s comes first, with %(points)d of %(most)d points.") % told
        return _("%(sides)s have the same points, so the rule leaves it open.") % {"sides": _letters(first)}
    wanted = _requests(sides)
    if len(wanted) < len(sides):
        return _("Nobody has ranked it yet, so there is no score.")
    first = _first(sides, lambda side: INSISTS[Weight(wanted[side.side.position].moscow)])
    if len(first) == 1:
        weight = Weight(wanted[first[0].side.position].moscow).label
        told = {"side": first[0].letter, "weight": str(weight).lower()}
        return (
            _("Nobody has ranked it yet. By what was written down, %(side)s comes first: %(weight)s.") % told
        )
    return _("Nobody has ranked it yet, and what was written down weighs the same.")


def _by_value(sides: Sequence[SideView]) -> str:
    wanted = _requests(sides)
    if len(wanted) < len(sides):
        return _("The rule compares values. These are answers, so compare what each comes to.")

    def worth(side: SideView) -> int:
        request = wanted[side.side.position]
        return LEVELS[Level(request.value)] * 3 - LEVELS[Level(request.effort)]

    first = _first(sides, worth)
    if len(first) > 1:
        return _("%(sides)s promise as much for as much effort, so the rule leaves it open.") % {
            "sides": _letters(first)
        }
    request = wanted[first[0].side.position]
    return _("%(side)s comes first: value %(value)s, effort %(effort)s.") % {
        "side": first[0].letter,
        "value": request.get_value_display().lower(),
        "effort": request.get_effort_display().lower(),
    }


def _requests(sides: Sequence[SideView]) -> dict[int, Request]:
    return {side.side.position: side.side.request for side in sides if side.side.request is not None}


def _first(sides: Sequence[SideView], worth: Callable[[SideView], int]) -> list[SideView]:
    best = max(worth(side) for side in sides)
    return [side for side in sides if worth(side) == best]


def _letters(sides: Sequence[SideView]) -> str:
    return _(" and ").join(sorted(side.letter for side in sides))

"""Conflicts: what cannot both stand, side by side, ranked and settled with the client."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from engagements.models import Membership
from engagements.policy import Permission
from questionnaires import access, reading, records
from questionnaires.access import Desk
from questionnaires.actions import clashes as actions
from questionnaires.actions.conflicts import AlreadyDecided, NotWhatWasShown, Shown, decide
from questionnaires.actions.recommendations import NotPossible
from questionnaires.advice_forms import (
    ClashAdviceForm,
    ClashForm,
    ConsequencesForm,
    ReasonForm,
    SettleClashForm,
)
from questionnaires.fragments import Drawing
from questionnaires.models import Clash, Conflict, Ranking, Request
from questionnaires.models.request import Weight
from questionnaires.ruling import ruling
from questionnaires.views.answers import problem
from questionnaires.views.requests import form_page, page
from questionnaires.views.shell import shell


@require_safe
def conflicts(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """List what waits for an outcome, two answers to one question included, and what was settled."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    every = list(
        Clash.objects.for_side(is_firm=desk.membership.is_firm)
        .filter(engagement=desk.engagement)
        .select_related("raised_by", "decided_by__user")
        .order_by("-number")
    )
    context = shell(
        desk,
        "conflicts",
        tab="conflicts",
        open=[_line(desk, clash) for clash in every if clash.is_open],
        settled=[_line(desk, clash) for clash in every if not clash.is_open],
        answers=[
            (conflict, desk.framework.item(conflict.answer.entry.item_key))
            for conflict in records.open_answers(desk.view)
            if desk.framework.has_item(conflict.answer.entry.item_key)
        ],
        rule=records.priority_rule(desk.view),
        rule_key=records.PRIORITY_RULE if desk.framework.has_item(records.PRIORITY_RULE) else "",
    )
    return page(request, desk, "conflicts", context)


def _line(desk: Desk, clash: Clash) -> dict[str, Any]:
    items = [desk.framework.item(key) for key in clash.item_keys if desk.framework.has_item(key)]
    return {"clash": clash, "items": items}


@require_safe
def clash(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Show a conflict: who wants what and what it comes to, our advice, the rule, the rankings, the outcome."""
    desk, found = access.get_clash(request.user, engagement_id, number, can=Permission.SEE)
    return page(request, desk, "clash", _context(desk, found))


def _context(desk: Desk, found: Clash) -> dict[str, Any]:
    sides = records.sides_of(desk.view, found)
    rankings = list(
        Ranking.objects.filter(clash=found).select_related("by__user").order_by("by__user__display_name")
    )
    mine = next((ranking for ranking in rankings if ranking.by_id == desk.membership.pk), None)
    count = len(sides)
    shows_advice = desk.membership.is_firm or found.offered_at is not None
    records.count_rankings(sides, rankings)
    rule = records.priority_rule(desk.view)
    return Drawing(desk.view).context(
        **shell(
            desk,
            "conflicts",
            tab="conflicts",
            clash=found,
            sides=sides,
            rankings=[(ranking, records.places(ranking, sides)) for ranking in rankings],
            mine=records.places(mine, sides) if mine else {},
            my_words=mine.words if mine else "",
            place_choices=range(1, count + 1),
            weights=Weight.choices,
            by_weight=bool(mine and mine.moscow),
            shows_advice=shows_advice,
            rule=rule,
            ruling=ruling(desk.view, rule, sides, rankings, _people(desk, found)) if sides else None,
            rule_key=records.PRIORITY_RULE if desk.framework.has_item(records.PRIORITY_RULE) else "",
            items=[desk.framework.item(key) for key in found.item_keys if desk.framework.has_item(key)],
            informed=found.informed.select_related("user").order_by("user__display_name"),
            value_conflict=found.conflict,
        )
    )


@require_http_methods(["GET", "HEAD", "POST"])
def new_clash(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Put requests, or answers, side by side that cannot both stand."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.ANSWER)
    open_requests = {
        one.pk: one
        for one in Request.objects.filter(engagement=desk.engagement, state=Request.State.OPEN)
        .select_related("author__user")
        .order_by("number")
    }
    form = ClashForm(
        request.POST if request.method == "POST" else None,
        view=desk.view,
        requests=[
            (pk, f"{one.number}. {one.title} ({one.author.user.display_name})")
            for pk, one in open_requests.items()
        ],
        start={"requests": request.GET.getlist("request")},
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        parts = [actions.Part(request=open_requests[pk]) for pk in data["requests"]]
        parts += [actions.Part(item_key=key) for key in data["items"]]
        try:
            made = actions.raise_clash(desk=desk, title=data["title"], says=data["says"], parts=parts)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:clash", engagement_id, made.number)
    back = reverse("questionnaires:conflicts", args=[engagement_id])
    return form_page(request, desk, form, _("Put a conflict on the table"), back=back)


@require_POST
def from_answers(request: SignedInRequest, engagement_id: int, conflict_id: int) -> HttpResponse:
    """Bring two people's answers to one question to the table, where pressing a button would not settle it."""
    desk, conflict = access.get_conflict(request.user, engagement_id, conflict_id, can=Permission.ANSWER)
    key = conflict.answer.entry.item_key
    if conflict.outcome or not desk.framework.has_item(key):
        return problem(
            request, 409, _("This has been decided in the meantime. Both texts are in the history.")
        )
    item = desk.framework.item(key)
    try:
        made = actions.raise_clash(
            desk=desk,
            title=item.title,
            says=_("Two people answered %(number)s differently, and both have their reasons.")
            % {"number": item.number},
            parts=[actions.Part(item_key=key)] * 2,
            conflict=conflict,
        )
    except NotPossible as error:
        return problem(request, 409, str(error))
    return redirect("questionnaires:clash", engagement_id, made.number)


@require_http_methods(["GET", "HEAD", "POST"])
def advise(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Write what we would do about a conflict."""
    desk, found = access.get_clash(request.user, engagement_id, number, can=Permission.RECOMMEND)
    names = ("options", "we_recommend", "pros", "cons")
    form = ClashAdviceForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(found, name) for name in names} | {"offered": found.offered_at is not None},
    )
    if not desk.membership.may(Permission.OFFER) or found.offered_at is not None:
        del form.fields["offered"]
    if request.method == "POST" and form.is_valid():
        try:
            actions.advise(desk=desk, clash=found, advice=actions.Advice(**form.cleaned_data))
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:clash", engagement_id, number)
    return form_page(request, desk, form, _("What we would do"), back=_url(found))


@require_POST
def rank(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Say which side comes first for me."""
    desk, found = access.get_clash(request.user, engagement_id, number, can=Permission.CHOOSE)
    positions = list(found.sides.values_list("position", flat=True))
    given = {position: request.POST.get(f"side-{position}", "") for position in positions}
    words = request.POST.get("words", "")
    order: list[int] = []
    if all(value.isdigit() for value in given.values()):
        order = sorted(positions, key=lambda position: int(given[position]))
        if sorted(int(value) for value in given.values()) != list(range(1, len(positions) + 1)):
            order = [0]
    try:
        actions.rank(desk=desk, clash=found, order=order, moscow=given, words=words)
    except NotPossible as error:
        context = _context(desk, found) | {"refusal": str(error), "my_words": words, "mine": given}
        return page(request, desk, "clash", context, status=422)
    return redirect("questionnaires:clash", engagement_id, number)


@require_http_methods(["GET", "HEAD", "POST"])
def settle(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Write down the outcome, with its reason and who is told."""
    desk, found = access.get_clash(request.user, engagement_id, number, can=Permission.DECIDE)
    people = _people(desk, found)
    sides = records.sides_of(desk.view, found)
    rankings = list(Ranking.objects.filter(clash=found))
    said = ruling(
        desk.view,
        records.priority_rule(desk.view),
        records.count_rankings(sides, rankings),
        rankings,
        people,
    )
    form = SettleClashForm(
        request.POST if request.method == "POST" else None,
        people=people,
        requests=[(side.side.position, side.side.request.title) for side in sides if side.side.request],
        keep=_keep(found, sides),
        start={
            "decided_by": said.decides.pk if said and said.decides else None,
            "informed": [side.side.request.author_id for side in sides if side.side.request],
            "seen": _seen(found),
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            _settle(desk, found, form)
        except NotPossible as error:
            form.add_error(None, str(error))
        except (AlreadyDecided, NotWhatWasShown) as error:
            form.add_error("keep", str(error))
        else:
            return redirect("questionnaires:clash", engagement_id, number)
    return form_page(
        request,
        desk,
        form,
        _("Settle conflict %(number)d") % {"number": number},
        back=_url(found),
        lede=said.words if said else "",
    )


def _people(desk: Desk, found: Clash) -> list[Membership]:
    """Return who may settle it and be told of it: everybody here who sees it."""
    return [
        member
        for member in reading.people(desk.view)
        if member.ended_at is None and not (found.internal and not member.is_firm)
    ]


def _keep(found: Clash, sides: Sequence[records.SideView]) -> list[tuple[str, str]]:
    """Return which of two answers can be kept, in words; none where there is no such choice."""
    if found.conflict is None or found.conflict.outcome or len(sides) != 2:
        return []
    outcomes = (Conflict.Outcome.THEIRS, Conflict.Outcome.MINE)
    told = _("%(letter)s, %(name)s’s: %(words)s")
    return [
        (
            str(outcome),
            told
            % {
                "letter": side.letter,
                "name": side.by.display_name if side.by else "",
                "words": side.words[:200],
            },
        )
        for outcome, side in zip(outcomes, sides, strict=True)
    ]


def _seen(found: Clash) -> str:
    """Return the versions of two answers that a form was drawn with."""
    conflict = found.conflict
    return f"{conflict.answer.version}.{len(conflict.keys)}" if conflict is not None else ""


def _settle(desk: Desk, found: Clash, form: SettleClashForm) -> None:
    data = form.cleaned_data
    agreed = actions.Agreed(data["outcome"], data["reason"], data["decided_by"], form.told)
    if "keep" in data and found.conflict is not None:
        version, _dot, saves = data["seen"].partition(".")
        shown = Shown(int(version or 0), int(saves or 0))
        decide(desk=desk, conflict=found.conflict, outcome=data["keep"], shown=shown, agreed=agreed)
        return
    actions.settle(
        desk=desk,
        clash=found,
        outcome=agreed.outcome,
        reason=agreed.reason,
        decided_by=agreed.decided_by,
        informed=agreed.informed,
        came=form.came,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def weigh(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Say what each side of a conflict comes to."""
    desk, found = access.get_clash(request.user, engagement_id, number, can=Permission.ANSWER)
    form = ConsequencesForm(
        request.POST if request.method == "POST" else None,
        sides=[
            (side.side.position, _name(side), side.side.consequence)
            for side in records.sides_of(desk.view, found)
        ],
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.weigh(desk=desk, clash=found, consequences=form.given)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:clash", engagement_id, number)
    return form_page(request, desk, form, _("What each side comes to"), back=_url(found))


def _name(side: records.SideView) -> str:
    """Name a side in a form."""
    if side.side.request is not None:
        return f"{side.letter} {side.side.request.title}"
    title = f"{side.item.number} {side.item.title}" if side.item else ""
    return f"{side.letter} {title}, {side.by.display_name}" if side.by else f"{side.letter} {title}"


@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Open a settled conflict again; asks why."""
    desk, found = access.get_clash(request.user, engagement_id, number, can=Permission.DECIDE)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.reopen(desk=desk, clash=found, why=form.cleaned_data["why"])
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:clash", engagement_id, number)
    return form_page(
        request, desk, form, _("Reopen conflict %(number)d") % {"number": number}, back=_url(found)
    )


def _url(found: Clash) -> str:
    return reverse("questionnaires:clash", args=[found.engagement_id, found.number])

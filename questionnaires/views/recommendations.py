"""Recommendations on an item: prepare, offer, take back, react, decide."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest
from engagements.models import Membership
from engagements.policy import Permission
from questionnaires import access, reading
from questionnaires.access import Desk
from questionnaires.actions import decisions, recommendations
from questionnaires.advice_forms import DecideForm, HoldForm, ReactForm, ReasonForm, RecommendForm
from questionnaires.models import Entry, Reaction, Recommendation, RecommendationVersion
from questionnaires.models.recommendation import LETTERS
from questionnaires.views.answers import item_response
from questionnaires.views.shell import drawer_or_page, shell

Refusals = (recommendations.NotPossible, recommendations.BadAdvice, recommendations.ChangedMeanwhile)


@require_http_methods(["GET", "HEAD", "POST"])
def recommend(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Prepare our advice on an item, or its next version. Only the firm sees it until it is offered."""
    desk, entry = item_door(request, engagement_id, key, Permission.RECOMMEND)
    item = desk.framework.item(key)
    form = RecommendForm(
        request.POST if request.method == "POST" else None,
        item=item,
        view=desk.view,
        start=start(desk, entry),
    )
    if request.method == "POST" and form.is_valid():
        try:
            recommendations.prepare(
                desk=desk,
                entry=entry,
                options=form.given,
                pick=form.place,
                why=form.cleaned_data["why"],
                seen=form.cleaned_data["seen"],
                rests_on=form.cleaned_data["rests_on"],
            )
        except Refusals as error:
            form.add_error(None, str(error))
        else:
            return item_response(request, desk, entry.pk, key)
    return drawer(request, desk, entry, form, _("Prepare a recommendation"), "recommend")


def item_door(request: SignedInRequest, engagement_id: int, key: str, can: Permission) -> tuple[Desk, Entry]:
    """Return the entry of a question; a register takes no recommendation."""
    desk, entry = access.get_entry(request.user, engagement_id, key, can=can)
    if entry.round_id is None:
        raise Http404
    return desk, entry


def start(desk: Desk, entry: Entry) -> dict[str, Any]:
    """Return what the form holds at first: the newest version, else that of the round before, else the framework's."""
    proposal = recommendations.proposal(desk, desk.framework.item(entry.item_key))
    newest = (
        RecommendationVersion.objects.filter(
            recommendation__entry__engagement=desk.engagement, recommendation__entry__item_key=entry.item_key
        )
        .select_related("recommendation__footing")
        .order_by("-id")
        .first()
    )
    if newest is None:
        return {
            "options": proposal.options,
            "pick": proposal.pick,
            "why": proposal.why,
            "rests_on": proposal.keys,
            "seen": 0,
        }
    own = newest.recommendation.entry_id == entry.pk
    return {
        "options": newest.options,
        "pick": newest.pick,
        "why": newest.why,
        "rests_on": newest.recommendation.footing.basis,
        "seen": newest.number if own else 0,
    }


def drawer(
    request: SignedInRequest, desk: Desk, entry: Entry, form: Any, title: str, body: str = "", **more: Any
) -> HttpResponse:
    """Show a form about an item: in the drawer, or as a page of its own."""
    item = desk.framework.item(entry.item_key)
    context = shell(desk, "steps", form=form, title=title, entry=entry, item=item, **more)
    with timezone.override(desk.engagement.zone):
        # A form that is shown after it was sent was refused.
        return drawer_or_page(request, body or "deed", context, refused=request.method == "POST")


def press(
    request: SignedInRequest,
    engagement_id: int,
    key: str,
    can: Permission,
    act: Callable[[Desk, Entry], object],
) -> HttpResponse:
    """Do something that needs no form, and answer with the item as it is then."""
    desk, entry = item_door(request, engagement_id, key, can)
    status, message = 200, ""
    try:
        act(desk, entry)
    except Refusals as error:
        status, message = 409, str(error)
    return item_response(request, desk, entry.pk, key, status=status, message=message)


@require_POST
def offer(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Show the newest version to the client."""
    return press(
        request, engagement_id, key, Permission.OFFER,
        lambda desk, entry: recommendations.offer(desk=desk, entry=entry),
    )  # fmt: skip


@require_POST
def withdraw(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Take an offered recommendation back."""
    return press(
        request, engagement_id, key, Permission.OFFER,
        lambda desk, entry: recommendations.withdraw(desk=desk, entry=entry),
    )  # fmt: skip


@require_POST
def holds(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Say that our advice still holds."""
    words = request.POST.get("words", "")
    return press(
        request, engagement_id, key, Permission.RECOMMEND,
        lambda desk, entry: recommendations.still_holds(desk=desk, entry=entry, words=words),
    )  # fmt: skip


TITLES = {
    Reaction.Kind.AGREE: gettext_lazy("Agree"),
    Reaction.Kind.QUESTION: gettext_lazy("Ask about it"),
    Reaction.Kind.CHOOSE: gettext_lazy("Choose another"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def react(request: SignedInRequest, engagement_id: int, key: str, kind: str) -> HttpResponse:
    """Agree, ask, or choose another option."""
    if kind not in Reaction.Kind.values:
        raise Http404
    desk, entry = item_door(request, engagement_id, key, Permission.CHOOSE)
    version = offered(desk, entry)
    form = ReactForm(request.POST if request.method == "POST" else None, kind=kind, options=choices(version))
    if request.method == "POST" and form.is_valid():
        try:
            recommendations.react(desk=desk, entry=entry, kind=kind, **form.cleaned_data)
        except Refusals as error:
            form.add_error(None, str(error))
        else:
            return item_response(request, desk, entry.pk, key)
    return drawer(request, desk, entry, form, str(TITLES[Reaction.Kind(kind)]))


def offered(desk: Desk, entry: Entry) -> RecommendationVersion:
    """Return the version that the client side sees, or raise Http404."""
    found = Recommendation.objects.filter(entry=entry, offered_version__isnull=False).first()
    if found is None or found.offered_version is None:
        raise Http404
    return found.versions.select_related("recommendation__footing").get(number=found.offered_version)


def choices(version: RecommendationVersion) -> list[tuple[int, str]]:
    """Return a version's options as a form offers them."""
    return [
        (number, f"{LETTERS[number - 1]}. {option['title']}")
        for number, option in enumerate(version.options, start=1)
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Record the decision, with both names."""
    desk, entry = item_door(request, engagement_id, key, Permission.DECIDE)
    version = offered(desk, entry)
    people = [
        member for member in reading.people(desk.view) if member.ended_at is None and member.user.is_active
    ]
    form = DecideForm(
        request.POST if request.method == "POST" else None,
        view=desk.view,
        options=choices(version),
        people=people,
        keys=version.recommendation.footing.basis,
        start=first_names(desk, version, people) | {"seen": version.number},
    )
    if request.method == "POST" and form.is_valid():
        try:
            decisions.decide(desk=desk, entry=entry, **form.cleaned_data)
        except Refusals as error:
            form.add_error(None, str(error))
        else:
            return item_response(request, desk, entry.pk, key)
    return drawer(request, desk, entry, form, _("Record the decision"))


def first_names(desk: Desk, version: RecommendationVersion, people: list[Membership]) -> dict[str, Any]:
    """Return whose names and which option a decision form starts with: the last who chose, and who prepared it."""
    last = (
        Reaction.objects.filter(recommendation=version.recommendation, version=version.number)
        .exclude(kind=Reaction.Kind.QUESTION)
        .order_by("-id")
        .first()
    )
    by_user = {member.user_id: member.pk for member in people}
    mine = desk.membership
    return {
        "option": (last.option or version.pick) if last else None,
        "client": mine.pk if not mine.is_firm else last.by_id if last else None,
        "firm": mine.pk if mine.is_firm else by_user.get(version.by_id),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Open a decision again; asks why."""
    desk, decision = access.get_decision(request.user, engagement_id, number, can=Permission.DECIDE)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            decisions.reopen(desk=desk, decision=decision, why=form.cleaned_data["why"])
        except Refusals as error:
            form.add_error(None, str(error))
        else:
            return item_response(request, desk, decision.entry_id, decision.entry.item_key)
    title = _("Reopen decision %(number)d") % {"number": decision.number}
    return drawer(request, desk, decision.entry, form, title)


@require_http_methods(["GET", "HEAD", "POST"])
def decision_holds(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Say that a decision still holds although something it rests on has changed."""
    desk, decision = access.get_decision(request.user, engagement_id, number, can=Permission.DECIDE)
    form = HoldForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            decisions.still_holds(desk=desk, decision=decision, words=form.cleaned_data["words"])
        except Refusals as error:
            form.add_error(None, str(error))
        else:
            return item_response(request, desk, decision.entry_id, decision.entry.item_key)
    title = _("Decision %(number)d still holds") % {"number": decision.number}
    return drawer(request, desk, decision.entry, form, title)

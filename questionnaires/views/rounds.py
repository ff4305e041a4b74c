"""Rounds of a step, and the earlier answers to one question: begin one, read an old one, compare."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from engagements.policy import Permission
from questionnaires import access, passes
from questionnaires.actions import rounds
from questionnaires.forms import RoundForm
from questionnaires.models import Round
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.views.shell import shell


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: SignedInRequest, engagement_id: int, number: str) -> HttpResponse:
    """Say what a new round of a step does, and begin it."""
    desk, step = access.get_step(request.user, engagement_id, number, can=Permission.MANAGE)
    form = RoundForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        rounds.start_round(desk=desk, step=step, reason=form.cleaned_data["reason"])
        return redirect("questionnaires:step", engagement_id, number)
    context = shell(desk, "steps", step=step, form=form)
    return render(request, "questionnaires/round_start.html", context, status=422 if form.errors else 200)


@require_safe
def compare(request: SignedInRequest, engagement_id: int, number: str) -> HttpResponse:
    """Show what an earlier round of a step said where the one after it, or the latest, says something else."""
    desk, step = access.get_step(request.user, engagement_id, number, can=Permission.SEE)
    known = list(
        Round.objects.filter(engagement=desk.engagement, step_key=step.key, item_key="").order_by("number")
    )
    by_number = {str(one.number): one for one in known}
    latest = known[-1]
    earlier = by_number.get(request.GET.get("round", str(max(1, latest.number - 1))))
    later = by_number.get(request.GET.get("with", str(latest.number)))
    if earlier is None or later is None:
        raise Http404
    context = shell(
        desk,
        "steps",
        step=step,
        rounds=known,
        earlier=earlier,
        later=later,
        differences=passes.between(desk.view, earlier, later),
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/round_compare.html", context)


@require_safe
def of_item(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Show what a question was answered each time it was asked, newest first, with what changed from time to time."""
    desk, entry = access.get_entry(request.user, engagement_id, key, can=Permission.SEE)
    if key.startswith(REGISTER_PREFIX):
        raise Http404
    context = shell(desk, "steps", item=desk.framework.item(key), passes=passes.of_item(desk.view, entry))
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/item_rounds.html", context)

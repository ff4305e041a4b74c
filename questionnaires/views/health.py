"""How the engagement does and how that is worked out, and setting it by hand for a while."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from engagements.policy import Permission
from questionnaires import access, pictures
from questionnaires import health as rules
from questionnaires.actions import health as actions
from questionnaires.actions.entries import NotPossible
from questionnaires.course import course
from questionnaires.forms import DateInput
from questionnaires.models import HealthLevel
from questionnaires.views.shell import shell
from questionnaires.views.sidework import sidework


@require_safe
def health(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Show the health with every reason, step by step, and the table of rules behind it."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    now = timezone.now()
    found = rules.gather(desk.view, now)
    with timezone.override(desk.engagement.zone):
        context = shell(
            desk,
            "health",
            health=found.whole,
            picture=pictures.burn_down(
                course(desk.view, now), found.whole.forecast, desk.engagement.end_date
            ),
            steps=[(step, found.steps.get(step.key)) for step in desk.framework.steps],
            rules=[rule for rule in rules.RULES if desk.membership.is_firm or not rule.firm_only],
        )
        return render(request, "questionnaires/health.html", context)


class OverrideForm(forms.Form):
    """Another health, why, and until when."""

    level = forms.ChoiceField(
        label=gettext_lazy("Show as"), choices=HealthLevel.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Stands beside it with your name, for both sides and in reports."),
    )
    until = forms.DateField(label=gettext_lazy("Until"), widget=DateInput())


@require_http_methods(["GET", "HEAD", "POST"])
def override(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Set the health of the engagement, or of the step that `?step=` names, by hand."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.MANAGE)
    step = _step(request, desk)
    form = OverrideForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            actions.override(desk=desk, step_key=step.key if step else "", **form.cleaned_data)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:health", engagement_id)
    place = _("step %(number)s") % {"number": step.number} if step else desk.engagement.name
    return sidework(
        request,
        desk,
        form,
        title=_("Set the health by hand"),
        act=_("Set it"),
        lede=_("What the rules say about %(place)s stays visible beside it.") % {"place": place},
        back="questionnaires:health",
    )


@require_POST
def take_back(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Let the rules speak again."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.MANAGE)
    step = _step(request, desk)
    actions.take_back(desk=desk, step_key=step.key if step else "")
    return redirect("questionnaires:health", engagement_id)


def _step(request: SignedInRequest, desk: access.Desk) -> Any:
    number = request.GET.get("step", "")
    if not number:
        return None
    for step in desk.framework.steps:
        if step.number == number:
            return step
    raise Http404

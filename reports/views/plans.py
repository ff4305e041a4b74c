"""When reports are written by themselves."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest, posted
from accounts.models import Side
from engagements.models import Engagement
from engagements.policy import Permission
from questionnaires import reading
from questionnaires.access import Desk, get_desk
from questionnaires.views.shell import shell
from reports import access
from reports.actions import scheduling
from reports.content import deliverables
from reports.content.kinds import STATUS
from reports.content.record import day
from reports.models import Report, Schedule
from reports.views.sharing import WAYS

FRIDAY = 4
# In a form nothing chosen is not the same as a draft.
STAY = "draft"


class PlanForm(forms.Form):
    """What is written, how often, from when on, and what becomes of it."""

    kind = forms.ChoiceField(label=gettext_lazy("Deliverable"))
    edition = forms.ChoiceField(label=gettext_lazy("Edition"))
    every = forms.TypedChoiceField(
        label=gettext_lazy("How often"), coerce=int, choices=Schedule.Every.choices, initial=2
    )
    first_on = forms.DateField(
        label=gettext_lazy("First time on"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("It keeps to this day of the week."),
    )
    at = forms.TimeField(label=gettext_lazy("At"), widget=forms.TimeInput(attrs={"type": "time"}))
    then = forms.ChoiceField(label=gettext_lazy("What becomes of it"), widget=forms.RadioSelect)

    people = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Sent by mail to"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Once it is released, also when one of us releases it by hand."),
    )
    way = forms.ChoiceField(
        label=gettext_lazy("What they get"),
        choices=WAYS,
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any = None, *, desk: Desk, **options: Any) -> None:
        super().__init__(data, **options)
        self.members = {
            str(member.pk): member
            for member in reading.people(desk.view)
            if member.ended_at is None and member.user.is_active
        }
        chosen = self.fields["people"]
        assert isinstance(chosen, forms.TypedMultipleChoiceField)  # noqa: S101 - it is, see above
        chosen.choices = [
            (key, f"{member.user.display_name}, {member.user.email}") for key, member in self.members.items()
        ]
        client = desk.engagement.client.short_name
        self._offer("kind", [*deliverables.titles(desk.framework).items()])
        self._offer(
            "edition",
            [
                (Side.CLIENT, _("for %(name)s") % {"name": client}),
                (Side.FIRM, _("for the firm only")),
            ],
        )
        self._offer(
            "then",
            [
                (Report.Then.REVIEW, _("A draft that we are asked to read")),
                (STAY, _("A draft that waits here")),
                (
                    Report.Then.RELEASE,
                    _("Released to %(name)s straight away, unless it would show what only we may know")
                    % {"name": client},
                ),
            ],
        )

    def clean_then(self) -> str:
        """Return what becomes of it as it is kept."""
        chosen: str = self.cleaned_data["then"]
        return Report.Then.STAY if chosen == STAY else chosen

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - it is, see above
        field.choices = choices


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Plan when a deliverable is written by itself."""
    desk = get_desk(request.user, engagement_id, can=Permission.MANAGE)
    form = PlanForm(posted(request), desk=desk, initial=usual(desk.engagement, timezone.now()))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = scheduling.plan(
                engagement=desk.engagement,
                questionnaire=desk.questionnaire,
                by=request.user,
                people=[form.members[str(pk)] for pk in data["people"]],
                with_file=data["way"] == "file",
                **{name: data[name] for name in ("kind", "edition", "every", "first_on", "at", "then")},
            )
        except scheduling.NotPlannable as error:
            form.add_error(None, str(error))
        else:
            words = _("Planned. It is written for the first time on %(day)s.")
            messages.success(
                request, words % {"day": day(made.next_on, desk.engagement.today(timezone.now()))}
            )
            return redirect("reports:reports", engagement_id)
    context = shell(desk, "reports", form=form)
    with timezone.override(desk.engagement.zone):
        return render(request, "reports/plan.html", context, status=422 if form.errors else 200)


def usual(engagement: Engagement, now: datetime) -> dict[str, Any]:
    """Return the plan most people want: a status report, every second Friday at three."""
    today = engagement.today(now)
    friday = today + timedelta(days=(FRIDAY - today.weekday()) % 7 or 7)
    return {
        "kind": STATUS,
        "edition": Side.CLIENT,
        "first_on": friday,
        "at": "15:00",
        "then": Report.Then.REVIEW,
        "way": "link",
    }


@require_POST
def end(request: SignedInRequest, engagement_id: int, schedule_id: int) -> HttpResponse:
    """End a plan."""
    desk = get_desk(request.user, engagement_id, can=Permission.MANAGE)
    _membership, schedule = access.get_schedule(
        request.user, engagement_id, schedule_id, can=Permission.MANAGE
    )
    scheduling.end_plan(schedule=schedule, questionnaire=desk.questionnaire, by=request.user)
    return redirect("reports:reports", engagement_id)

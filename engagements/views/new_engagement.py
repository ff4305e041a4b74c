"""Open an engagement: who it is for, who leads it, and what it asks."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from accounts.models import Client, User
from accounts.views.administration import administration, sent
from engagements.access import get_administrator
from engagements.forms import FrameForm
from engagements.models import Engagement
from questionnaires.actions import opening
from questionnaires.models import FrameworkVersion


class VersionField(forms.ModelChoiceField):  # type: ignore[type-arg]  # cannot be written at run time
    """Choose the edition of a framework."""

    def label_from_instance(self, version: FrameworkVersion) -> str:
        """Name the framework and the edition."""
        return f"{version.framework.title}, {version.version}"


class NewEngagementForm(FrameForm):
    """An engagement's client, lead, framework and depth, and its frame."""

    manager = forms.ModelChoiceField(
        label=gettext_lazy("Project manager"),
        queryset=User.objects.filter(client=None, is_active=True).order_by("display_name"),
        empty_label=gettext_lazy("Choose somebody"),
    )
    version = VersionField(
        label=gettext_lazy("Framework"),
        queryset=FrameworkVersion.objects.defer("text").select_related("framework").order_by("-id"),
        empty_label=gettext_lazy("Choose a framework"),
    )
    client = forms.ModelChoiceField(
        label=gettext_lazy("Client"),
        queryset=Client.objects.order_by("name"),
        empty_label=gettext_lazy("Choose a client"),
    )
    spent = None  # nothing yet

    class Meta(FrameForm.Meta):
        model = Engagement
        fields = ("client", "name", "aim", "code", "manager", "version", "depth", *FrameForm.Meta.fields[3:])
        widgets = {**FrameForm.Meta.widgets, "depth": forms.RadioSelect}

    field_order = ("client", "name", "aim", "code", "manager", "version", "depth")


@require_http_methods(["GET", "HEAD", "POST"])
def engagement_new(request: SignedInRequest) -> HttpResponse:
    """Open an engagement: shell, project manager, and the questions of a framework."""
    by = get_administrator(request.user)
    first = {"time_zone": by.time_zone, "currency": "EUR", "depth": Engagement.Depth.STANDARD}
    form = NewEngagementForm(sent(request), initial=first)
    if request.method == "POST" and form.is_valid():
        engagement = opening.open_engagement(by=by, **form.cleaned_data)
        messages.success(
            request,
            _("Opened. %(name)s leads it and sees it under Engagements.")
            % {"name": form.cleaned_data["manager"].display_name},
        )
        return redirect("engagements:admin-engagement", engagement.pk)
    status = 422 if form.errors else 200
    context = administration("engagements", form=form)
    return render(request, "administration/engagement_new.html", context, status=status)

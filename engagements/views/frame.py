"""What the project manager changes about the engagement itself: its frame and its status."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import SignedInRequest
from accounts.views.administration import sent
from engagements.actions import engagements as actions
from engagements.forms import FrameForm, StatusForm
from engagements.models import Engagement
from engagements.policy import Permission
from questionnaires.access import get_desk
from questionnaires.views.shell import shell


@require_http_methods(["GET", "HEAD", "POST"])
def frame(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Show the frame, and change name, aim, dates, money and staffing."""
    desk = get_desk(request.user, engagement_id, can=Permission.MANAGE)
    # The form tries its values on a copy: a refused one must not show as what is stored.
    form = FrameForm(sent(request), instance=Engagement.objects.get(pk=desk.engagement.pk))
    if request.method == "POST" and form.is_valid():
        actions.set_frame(engagement=desk.engagement, by=request.user, **form.cleaned_data)
        messages.success(request, _("Kept."))
        return redirect("engagements:frame", engagement_id)
    return _page(request, engagement_id, form=form)


@require_POST
def status(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Start, pause, close, reopen or archive the engagement."""
    desk = get_desk(request.user, engagement_id, can=Permission.MANAGE)
    form = StatusForm(request.POST)
    if form.is_valid():
        try:
            actions.set_status(engagement=desk.engagement, by=request.user, **form.cleaned_data)
        except actions.ReasonNeeded as error:
            form.add_error("reason", str(error))
        else:
            messages.success(request, _("Kept."))
            return redirect("engagements:frame", engagement_id)
    return _page(request, engagement_id, status_form=form)


def _page(
    request: SignedInRequest,
    engagement_id: int,
    *,
    form: FrameForm | None = None,
    status_form: StatusForm | None = None,
) -> HttpResponse:
    desk = get_desk(request.user, engagement_id, can=Permission.MANAGE)
    refused = any(one is not None and one.errors for one in (form, status_form))
    context = shell(
        desk,
        "overview",
        form=form or FrameForm(instance=desk.engagement),
        status_form=status_form or StatusForm(initial={"status": desk.engagement.status}),
    )
    return render(request, "engagements/frame.html", context, status=422 if refused else 200)

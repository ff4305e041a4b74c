"""Browse the frameworks that engagements are opened from."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from questionnaires.models import FrameworkVersion
from questionnaires.models.framework import framework_of


@require_safe
def frameworks(request: SignedInRequest) -> HttpResponse:
    """List the published editions, newest first. Frameworks are the firm's own matter."""
    if not request.user.is_firm:
        raise Http404
    versions = (
        FrameworkVersion.objects.defer("text").select_related("framework").order_by("framework__title", "-id")
    )
    return render(request, "questionnaires/frameworks.html", {"versions": versions})


@require_safe
def framework(request: SignedInRequest, version_id: int) -> HttpResponse:
    """Show everything one edition asks."""
    if not request.user.is_firm:
        raise Http404
    version = FrameworkVersion.objects.defer("text").select_related("framework").filter(pk=version_id).first()
    if version is None:
        raise Http404
    return render(
        request, "questionnaires/framework.html", {"version": version, "framework": framework_of(version.pk)}
    )

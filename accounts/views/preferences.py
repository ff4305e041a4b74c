"""What people set for themselves."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.actions import people
from accounts.forms import PreferencesForm
from accounts.http import SignedInRequest


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: SignedInRequest) -> HttpResponse:
    """Show and keep name, zone, language, appearance and keys."""
    sent = request.POST if request.method == "POST" else None
    form = PreferencesForm(sent, instance=request.user)
    if sent is not None and form.is_valid():
        people.change_own(person=request.user, **form.cleaned_data)
        with translation.override(request.user.language):
            messages.success(request, _("Kept."))
        return redirect("accounts:preferences")
    status = 422 if form.errors else 200
    return render(request, "accounts/preferences.html", {"form": form}, status=status)

"""How a person wants to be written to, and the links in mails that stop one kind."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from engagements import subscriptions
from engagements.models import InboxItem


class MailChoicesForm(forms.Form):
    """At once, once a day or never, for each kind."""

    def __init__(self, data: Any = None, *, person: int) -> None:
        super().__init__(data, initial=subscriptions.choices_of(person))
        for kind in InboxItem.Kind:
            self.fields[kind] = forms.ChoiceField(
                label=kind.label, choices=InboxItem.ByMail.choices, widget=forms.RadioSelect
            )


@require_http_methods(["GET", "HEAD", "POST"])
def mail_choices(request: SignedInRequest) -> HttpResponse:
    """Show or store how this person wants each kind of mail."""
    form = MailChoicesForm(request.POST if request.method == "POST" else None, person=request.user.pk)
    if request.method == "POST" and form.is_valid():
        subscriptions.choose(person=request.user.pk, choices=form.cleaned_data)
        messages.success(request, _("Kept. From now on we write to you like this."))
        return redirect("engagements:mail-choices")
    context = {"nav": "preferences", "form": form}
    return render(request, "engagements/mail_choices.html", context, status=422 if form.errors else 200)


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def mail_stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ask before stopping a kind of mail; a POST, as mail programs send it with one click, does it.

    The link is proof enough: it was sent to the person's own address, and stopping a mail harms nobody.
    """
    try:
        person, kind = subscriptions.read(token)
    except subscriptions.BadLink:
        return render(request, "engagements/mail_stop.html", {"is_bad": True}, status=404)
    if request.method == "POST":
        subscriptions.stop(person=person, kind=kind)
    label = InboxItem.Kind(kind).label if kind in InboxItem.Kind.values else ""
    return render(
        request,
        "engagements/mail_stop.html",
        {"label": label, "is_digest": kind == subscriptions.DIGEST, "is_done": request.method == "POST"},
    )

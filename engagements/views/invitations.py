"""What somebody sees who opens the link in an invitation."""

from django import forms
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from engagements.actions import invitations, people
from engagements.models import Invitation
from engagements.policy import Role

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class ComeInForm(forms.Form):
    """One's name, and a password."""

    display_name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=_("Choose a password"),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: object, email: str, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.email = email
        # The first rule is the length, the only one that helps before choosing.
        self.fields["password"].help_text = password_validators_help_texts()[0]

    def clean(self) -> dict[str, object]:
        """Hold the password against the rules, with the name and address in mind."""
        data = super().clean() or {}
        if data.get("password"):
            person = User(email=self.email, display_name=data.get("display_name", ""))
            try:
                validate_password(data["password"], person)
            except ValidationError as error:
                self.add_error("password", error)
        return data


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation and, on the second step, accept it. Opening the link alone uses nothing up."""
    response = _invitation(request, token)
    # The address of this page is the key: no other page may learn it as the one people came from.
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


def _invitation(request: HttpRequest, token: str) -> HttpResponse:
    found = invitations.find(token)
    if found is None:
        return _page(request, "unknown", None, status=404)
    state = found.state(timezone.now())
    if state != Invitation.State.OPEN:
        return _ended(request, found, state)
    try:
        if request.user.is_authenticated:
            return _signed_in(request, found, request.user)
        if User.objects.filter(email=found.email).exists():
            return _page(request, "sign-in", found, status=409 if request.method == "POST" else 200)
        return _new(request, found)
    except invitations.InvitationEnded as error:
        return _ended(request, found, error.state)
    except invitations.SomebodyElse:
        return _page(request, "sign-in", found, status=409)
    except people.WrongSide as error:
        return _page(request, "not-possible", found, status=409, reason=str(error))


def _signed_in(request: HttpRequest, found: Invitation, user: User) -> HttpResponse:
    if user.email.lower() != found.email.lower():
        return _page(request, "somebody-else", found, status=403 if request.method == "POST" else 200)
    if request.method != "POST":
        return _page(request, "join", found)
    membership = invitations.accept(invitation=found, by=user)
    return redirect("questionnaires:overview", membership.engagement_id)


def _new(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = ComeInForm(
        request.POST if request.method == "POST" else None,
        initial={"display_name": found.display_name},
        email=found.email,
    )
    if request.method != "POST" or not form.is_valid():
        return _page(request, "new", found, status=422 if form.errors else 200, form=form)
    user = invitations.accept_as_new(invitation=found, **form.cleaned_data)
    login(request, user, backend=BACKEND)
    return redirect("questionnaires:overview", found.engagement_id)


def _ended(request: HttpRequest, found: Invitation, state: Invitation.State) -> HttpResponse:
    if state == Invitation.State.ACCEPTED and getattr(request.user, "email", None) == found.email:
        return redirect("questionnaires:overview", found.engagement_id)
    return _page(request, str(state), found, status=410)


def _page(
    request: HttpRequest, case: str, found: Invitation | None, *, status: int = 200, **more: object
) -> HttpResponse:
    role = Role(found.role).label if found else ""
    context = {"case": case, "invitation": found, "role": role, **more}
    return render(request, "engagements/invitation.html", context, status=status)

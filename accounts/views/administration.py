"""What administrators do: people of the firm and of clients, and the clients."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F, Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.actions import clients as client_actions
from accounts.actions import people as actions
from accounts.forms import AdministeredForm, ClientForm, NewPersonForm
from accounts.http import SignedInRequest
from accounts.models import Client, User
from engagements.access import get_administrator
from engagements.actions import welcome
from engagements.models import Membership

PAGE = 50


def administration(section: str, **more: Any) -> dict[str, Any]:
    """Return the context of a page of the administration, with *section* marked."""
    return {"section": section, "nav": "administration", **more}


def sent(request: SignedInRequest) -> QueryDict | None:
    """Return what a form was sent with, or None where it is only shown."""
    return request.POST if request.method == "POST" else None


@require_safe
def people(request: SignedInRequest) -> HttpResponse:
    """List people, by side and by part of a name, address or client."""
    get_administrator(request.user)
    show, words = request.GET.get("show", "all"), request.GET.get("q", "").replace("\0", "").strip()
    found = User.objects.select_related("client").annotate(
        engagements=Count("memberships", filter=Q(memberships__ended_at=None))
    )
    if show == "firm":
        found = found.filter(client=None)
    elif show == "clients":
        found = found.exclude(client=None)
    elif show == "resting":
        found = found.filter(is_active=False)
    if words:
        found = found.filter(
            Q(display_name__icontains=words) | Q(email__icontains=words) | Q(client__name__icontains=words)
        )
    page = Paginator(
        found.order_by(F("client__name").asc(nulls_first=True), "display_name", "pk"), PAGE
    ).get_page(request.GET.get("page"))
    context = administration("people", page=page, show=show, words=words)
    return render(request, "administration/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def person_new(request: SignedInRequest) -> HttpResponse:
    """Make an account, and mail its person the link to choose a password."""
    by = get_administrator(request.user)
    form = NewPersonForm(sent(request), initial={"language": by.language, "time_zone": by.time_zone})
    if request.method == "POST" and form.is_valid():
        try:
            person = welcome.create_and_write(by=by, **form.cleaned_data)
        except actions.AddressTaken as error:
            form.add_error("email", str(error))
        else:
            messages.success(
                request, _("Made. The mail to %(email)s is on its way.") % {"email": person.email}
            )
            return redirect("accounts:admin-person", person.pk)
    return _page(request, "administration/person_new.html", form, section="people")


@require_http_methods(["GET", "HEAD", "POST"])
def person(request: SignedInRequest, person_id: int) -> HttpResponse:
    """Show and change what is known about somebody."""
    by = get_administrator(request.user)
    found = get_person(person_id)
    form = AdministeredForm(sent(request), instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_person(person=found, by=by, **form.cleaned_data)
        except actions.LastAdministrator as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Kept."))
            return redirect("accounts:admin-person", person_id)
    memberships = (
        Membership.objects.filter(user=found)
        .select_related("engagement__client")
        .order_by("ended_at", "engagement__name")
    )
    return _page(
        request,
        "administration/person.html",
        form,
        section="people",
        person=found,
        memberships=memberships,
        has_password=found.has_usable_password(),
    )


@require_POST
def person_write(request: SignedInRequest, person_id: int) -> HttpResponse:
    """Mail somebody a link to choose a password."""
    by = get_administrator(request.user)
    found = get_person(person_id)
    if not found.is_active:
        messages.warning(
            request, _("%(name)s may not sign in, so no link was sent.") % {"name": found.display_name}
        )
    else:
        welcome.write(person=found, by=by)
        messages.success(request, _("The mail to %(email)s is on its way.") % {"email": found.email})
    return redirect("accounts:admin-person", person_id)


def get_person(person_id: int) -> User:
    """Return anybody of this installation; the caller has made sure that an administrator asks."""
    found = User.objects.select_related("client").filter(pk=person_id).first()
    if found is None:
        raise Http404
    return found


@require_safe
def clients(request: SignedInRequest) -> HttpResponse:
    """List the clients, by part of a name."""
    get_administrator(request.user)
    words = request.GET.get("q", "").replace("\0", "").strip()
    found = Client.objects.annotate(
        number_of_people=Count("people", distinct=True),
        number_of_engagements=Count("engagements", distinct=True),
    )
    if words:
        found = found.filter(Q(name__icontains=words) | Q(short_name__icontains=words))
    page = Paginator(found.order_by("name", "pk"), PAGE).get_page(request.GET.get("page"))
    return render(request, "administration/clients.html", administration("clients", page=page, words=words))


@require_http_methods(["GET", "HEAD", "POST"])
def client_new(request: SignedInRequest) -> HttpResponse:
    """Add a client."""
    get_administrator(request.user)
    return _client(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def client(request: SignedInRequest, client_id: int) -> HttpResponse:
    """Show and rename a client."""
    get_administrator(request.user)
    found = Client.objects.filter(pk=client_id).first()
    if found is None:
        raise Http404
    return _client(request, found)


def _client(request: SignedInRequest, found: Client | None) -> HttpResponse:
    form = ClientForm(sent(request), instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            if found is None:
                client_actions.create_client(**form.cleaned_data)
            else:
                client_actions.rename_client(client=found, **form.cleaned_data)
        except client_actions.NameTaken as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("Kept."))
            return redirect("accounts:admin-clients")
    return _page(request, "administration/client.html", form, section="clients", client=found)


def _page(request: SignedInRequest, template: str, form: Any, *, section: str, **more: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, template, administration(section, form=form, **more), status=status)

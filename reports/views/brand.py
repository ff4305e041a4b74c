"""How documents look: the firm's dress for administrators, a client's for the project manager, with a preview."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.models import Client
from accounts.views.administration import administration
from engagements.access import get_administrator
from engagements.policy import Permission
from questionnaires.access import get_desk
from questionnaires.views.shell import shell
from reports.actions import branding
from reports.content.house import House, house_of
from reports.forms import BrandForm
from reports.models import Brand
from reports.render import cover


@require_http_methods(["GET", "HEAD", "POST"])
def of_firm(request: SignedInRequest) -> HttpResponse:
    """Show and change how all documents look."""
    get_administrator(request.user)
    form, kept = _form(request, None)
    if kept:
        return redirect("reports:admin-brand")
    context = administration("brand", form=form, preview="reports:admin-brand-preview", brand=_brand(None))
    return _page(request, "administration/brand.html", context, form)


@require_http_methods(["GET", "HEAD", "POST"])
def of_client(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Show and change how documents for the engagement's client look."""
    desk = get_desk(request.user, engagement_id, can=Permission.MANAGE)
    client = desk.engagement.client
    form, kept = _form(request, client)
    if kept:
        return redirect("reports:brand", engagement_id)
    return _page(request, "reports/brand.html", shell(desk, "reports", form=form, brand=_brand(client)), form)


@require_safe
def firm_preview(request: SignedInRequest) -> HttpResponse:
    """Draw the cover as it would look."""
    get_administrator(request.user)
    return _drawing(request, house_of(None), _("Northbridge Health"))


@require_safe
def client_preview(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Draw the cover for the engagement's client as it would look."""
    desk = get_desk(request.user, engagement_id, can=Permission.MANAGE)
    return _drawing(request, house_of(desk.engagement.client), desk.engagement.client.name)


def _form(request: SignedInRequest, client: Client | None) -> tuple[BrandForm, bool]:
    """Return the form, and whether what it was sent with has been kept."""
    brand = _brand(client)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = BrandForm(*sent, brand=brand, of_client=client is not None)
    if request.method != "POST" or not form.is_valid():
        return form, False
    data = form.cleaned_data
    branding.set_brand(
        client=client,
        dress=form.dress,
        by=request.user,
        logo=data.get("drawn"),
        drop_logo=bool(data.get("drop_logo")),
    )
    messages.success(request, _("Kept. Documents written from now on look like this."))
    return form, True


def _brand(client: Client | None) -> Brand | None:
    return Brand.objects.filter(client=client).first()


def _page(request: SignedInRequest, template: str, context: dict[str, Any], form: BrandForm) -> HttpResponse:
    return render(request, template, context, status=422 if form.errors else 200)


def _drawing(request: SignedInRequest, house: House, client: str) -> HttpResponse:
    """Answer with the cover as a drawing; what is typed but not kept comes in the address."""
    drawing = cover.drawing(cover.tried(house, request.GET), client)
    return HttpResponse(drawing, content_type="image/svg+xml")

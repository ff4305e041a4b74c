"""Something small done beside a page: in a drawer over it, or on a page of its own without a script."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.http import SignedInRequest
from questionnaires.access import Desk
from questionnaires.document import Item
from questionnaires.views.shell import drawer_or_page, shell


def sidework(
    request: SignedInRequest,
    desk: Desk,
    form: forms.Form,
    *,
    title: str,
    back: str,
    act: str = "",
    item: Item | None = None,
    lede: str = "",
    **more: Any,
) -> HttpResponse:
    """Show *form*; its success leads to the page named *back*, which is put in place of the one behind the drawer."""
    context = shell(
        desk,
        back.rpartition(":")[2],
        form=form,
        title=title,
        act=act or title,
        item=item,
        lede=lede or (item.prompt if item else ""),
        back=reverse(back, args=[desk.engagement.pk]),
        **more,
    )
    with timezone.override(desk.engagement.zone):
        response = drawer_or_page(request, "sidework", context, refused=bool(form.errors))
    if "HX-Retarget" in response:
        response["HX-Reselect"] = ".drawer-head, .drawer-body"
    return response

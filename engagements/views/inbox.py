"""What a person was told: their inbox, what was read, and the way to each place."""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from engagements.actions import inbox as actions
from engagements.models import Engagement, InboxItem
from engagements.policy import Permission
from questionnaires import access
from questionnaires.views.places import url_of

PAGE = 50


@require_safe
def inbox(request: SignedInRequest) -> HttpResponse:
    """Show what this person was told, newest first: what is unread, or everything, of one kind or engagement."""
    everything = request.GET.get("show") == "all"
    kind = request.GET.get("kind", "")
    engagement = request.GET.get("engagement", "")
    mine = InboxItem.objects.filter(user=request.user).readable()
    items = mine if everything else mine.unread()
    if kind in InboxItem.Kind.values:
        items = items.filter(kind=kind)
    if engagement.isdigit():
        items = items.filter(engagement=int(engagement))
    if (before := request.GET.get("before", "")).isdigit():
        items = items.filter(pk__lt=int(before))
    found = list(items.select_related("engagement__client", "by").order_by("-pk")[: PAGE + 1])
    context: dict[str, Any] = {
        "nav": "inbox",
        "items": found[:PAGE],
        "older": found[PAGE - 1].pk if len(found) > PAGE else None,
        "everything": everything,
        "kind": kind,
        "chosen": int(engagement) if engagement.isdigit() else None,
        "is_filtered": bool(kind or engagement),
        "kinds": InboxItem.Kind.choices,
        "engagements": Engagement.objects.visible_to(request.user)
        .select_related("client")
        .order_by("name", "pk"),
    }
    return render(request, "engagements/inbox.html", context)


@require_safe
def inbox_open(request: SignedInRequest, item_id: int) -> HttpResponseBase:
    """Lead to the exact place that an item is about, and mark it as read."""
    item = InboxItem.objects.filter(user=request.user, pk=item_id).readable().first()
    if item is None:
        raise Http404
    desk = access.get_desk(request.user, item.engagement_id, can=Permission.SEE)
    # A browser that only prepares for a click has not shown it to anybody.
    prepares = "prefetch" in request.headers.get("Sec-Purpose", "")
    if request.method == "GET" and not prepares and item.read_at is None:
        actions.mark_read(user=request.user, items=[item.pk])
    return redirect(url_of(desk, item.item_key, item.anchor))


@require_POST
def inbox_read(request: SignedInRequest) -> HttpResponse:
    """Mark items as read, or one as unread again: those that are named, those of one engagement, or all."""
    named = [int(pk) for pk in request.POST.getlist("item") if pk.isdigit()]
    engagement = request.POST.get("engagement", "")
    if request.POST.get("unread"):
        actions.mark_unread(user=request.user, items=named)
    elif request.POST.get("all"):
        actions.mark_read(user=request.user, engagement=int(engagement) if engagement.isdigit() else None)
    else:
        actions.mark_read(user=request.user, items=named)
    if request.htmx:
        return count(request)
    where = request.POST.get("next", "")
    return redirect(f"{request.path.removesuffix('read/')}{where if where.startswith('?') else ''}")


@require_safe
def unread(request: SignedInRequest) -> HttpResponse:
    """Give the count for the masthead."""
    return count(request)


def count(request: SignedInRequest) -> HttpResponse:
    """Render how many items are unread."""
    return render(request, "components/_unread.html", {"unread": request.user.unread})

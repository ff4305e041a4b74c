"""Search over every engagement that a person may look into."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from questionnaires import access
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.search import ENOUGH, Hit, Kind, Results, find

LONGEST = 200


@require_safe
def search(request: SignedInRequest) -> HttpResponse:
    """Show what fits the words of `?q=`: in one engagement with `in=`, of one kind with `kind=`."""
    views = access.get_views(request.user)
    text = " ".join(request.GET.get("q", "").replace("\0", " ").split())[:LONGEST]
    kind = Kind(request.GET["kind"]) if request.GET.get("kind") in Kind.values else None
    chosen = next((view for view in views if str(view.engagement.pk) == request.GET.get("in")), None)
    results = find([chosen] if chosen else views, text, kind=kind) if text else Results()
    groups = [
        {
            "kind": each,
            "count": results.counts[each],
            "hits": [(hit, url_of(hit)) for hit in results.hits.get(each, [])],
        }
        for each in Kind
        if results.counts.get(each) and kind in (None, each)
    ]
    context = {
        "query": text,
        "kind": kind,
        "kinds": [(each, results.counts.get(each, 0)) for each in Kind],
        "chosen": chosen.engagement if chosen else None,
        "engagements": [view.engagement for view in views],
        "results": results,
        "groups": groups,
        "few": results.total < ENOUGH,
    }
    return render(request, "questionnaires/search.html", context)


def url_of(hit: Hit) -> str:
    """Return where a hit stands."""
    pk = hit.engagement.pk
    match hit.kind:
        case Kind.DECISION:
            return reverse("questionnaires:decision", args=[pk, hit.ref])
        case Kind.FILE:
            return reverse("questionnaires:file", args=[pk, hit.ref])
    if hit.key.startswith(REGISTER_PREFIX):
        page = reverse("questionnaires:register", args=[pk, hit.key.removeprefix(REGISTER_PREFIX)])
    else:
        page = reverse("questionnaires:item", args=[pk, hit.key])
    return f"{page}#comment-{hit.ref}" if hit.kind == Kind.COMMENT else page

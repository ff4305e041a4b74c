"""Tell what a change would touch, before it is settled."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from engagements.policy import Permission
from questionnaires import access, consequences

# So many are named; the rest is counted.
NAMED = 6


@require_safe
def of_changing(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Name what rests on an answer: a small fragment to ask with, or 204 where a change touches only a few things.

    With `?beside=1` it only tells, for what is written word by word.
    """
    desk, entry = access.get_entry(request.user, engagement_id, key, can=Permission.ANSWER)
    found = None if entry.round_id is None else consequences.of_changing(desk.view, key)
    if found is None or not found.are_many:
        return HttpResponse(status=204)
    return render(
        request,
        "questionnaires/_consequences.html",
        {
            "engagement": desk.engagement,
            "item": desk.framework.item(key),
            "found": found,
            "beside": request.GET.get("beside") == "1",
            "named": found.items[:NAMED],
            "more": max(0, len(found.items) - NAMED),
        },
    )

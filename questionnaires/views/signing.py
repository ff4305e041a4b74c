"""Read what a gate covers, and sign it."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from engagements.policy import Permission
from questionnaires import access, reading
from questionnaires.actions import signing
from questionnaires.document import Gate
from questionnaires.fragments import Drawing
from questionnaires.models import Entry
from questionnaires.views.shell import shell


@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Show what is signed, item by item, and take the signature."""
    desk, entry = access.get_entry(request.user, engagement_id, key, can=Permission.SIGN)
    if entry.round_id is None or desk.framework.item(key).type != "sign_off":
        raise Http404
    gate = signing.gate_of(desk, entry)
    problem = ""
    if request.method == "POST":
        try:
            signing.sign(
                desk=desk,
                entry=entry,
                function=request.POST.get("function", ""),
                statement=statement(desk, gate),
                seen=request.POST.get("seen", ""),
                comment=request.POST.get("comment", "").strip()[:2000],
            )
        except (signing.NotYours, signing.SignedAlready, signing.ChangedSince) as error:
            problem = str(error)
        else:
            return redirect("questionnaires:item", engagement_id, key)
    covered = signing.covered_values(desk.view, gate)
    entries = Entry.objects.filter(engagement=desk.engagement, round__is_latest=True, item_key__in=covered)
    views = {
        view.key: view
        for view in reading.item_views(desk.view, reading.entries_for(desk.view, entries)).values()
    }
    titles = {function.key: function.title for function in desk.framework.functions}
    context = shell(
        desk,
        "steps",
        gate=gate,
        item=desk.framework.item(key),
        covered=[views[item_key] for item_key in covered],
        seen=signing.fingerprint(covered),
        mine=[
            (function, titles[function]) for function in signing.functions_of(desk, entry, desk.membership)
        ],
        missing=[titles[function] for function in signing.functions_open(desk, entry)],
        statement=statement(desk, gate),
        problem=problem,
    )
    drawing = Drawing(desk.view)
    with timezone.override(desk.engagement.zone):
        return render(
            request, "questionnaires/sign.html", drawing.context(**context), status=409 if problem else 200
        )


def statement(desk: access.Desk, gate: Gate) -> str:
    """Return the sentence a signature stands under."""
    return _(
        "I have read the answers that “%(gate)s” covers, as they stand now, and agree to go on from them."
    ) % {"gate": gate.title}

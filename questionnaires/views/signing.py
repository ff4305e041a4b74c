"""Read what a gate covers, and sign it."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import proof
from accounts.http import SignedInRequest
from engagements.policy import Permission
from questionnaires import access, gates, reading, signed
from questionnaires.actions import signing
from questionnaires.document import Gate
from questionnaires.fragments import Drawing
from questionnaires.models import Entry, SignOff
from questionnaires.views.shell import shell


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Show what is signed, item by item or only the difference, and take the signature of whoever proves to be there."""
    desk, entry = access.get_entry(request.user, engagement_id, key, can=Permission.SIGN)
    if entry.round_id is None or desk.framework.item(key).type != "sign_off":
        raise Http404
    gate = signing.gate_of(desk, entry)
    trouble, status = "", 200
    if request.method == "POST":
        if not (trouble := doubt(request)):
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
                trouble, status = str(error), 409
            else:
                return redirect("questionnaires:gate", engagement_id, gate.key)
        status = 409 if status == 409 else 422
    covered = signing.covered_values(desk.view, gate)
    mine = signing.functions_of(desk, entry, desk.membership)
    before = (
        SignOff.objects.filter(entry=entry, function__in=mine, withdrawn_at=None, membership=desk.membership)
        .order_by("pk")
        .first()
    )
    titles = {function.key: function.title for function in desk.framework.functions}
    standing = next(iter(gates.standings(desk.view, only=gate.key)), None)
    context = shell(
        desk,
        "gates",
        gate=gate,
        item=desk.framework.item(key),
        covered=[] if before else covered_items(desk, covered),
        count=len(covered),
        before=before,
        differences=signed.differences(desk.view, before.covered, covered) if before else [],
        missing_points=standing.unmet if standing else [],
        waived=standing.waived if standing else [],
        seen=gates.fingerprint(covered),
        mine=[(function, titles.get(function, function)) for function in mine],
        chosen=request.POST.get("function", ""),
        comment=request.POST.get("comment", ""),
        missing=[titles.get(function, function) for function in signing.functions_open(desk, entry)],
        statement=statement(desk, gate),
        problem=trouble,
        asks_password=not proof.is_fresh(request),
    )
    drawing = Drawing(desk.view)
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/sign.html", drawing.context(**context), status=status)


def doubt(request: SignedInRequest) -> str:
    """Return why we are not sure who this is, or "" when they signed in just now or typed their password."""
    if proof.is_fresh(request):
        return ""
    try:
        if proof.prove(request, request.POST.get("password", "")):
            return ""
    except proof.TooManyTries:
        return _("That was tried too often. Nothing was signed; try again in a minute.")
    if not request.POST.get("password"):
        return _("Type your password to sign. Nothing was signed yet, and what you wrote is kept.")
    return _("That is not your password. Nothing was signed; try again.")


def covered_items(desk: access.Desk, covered: gates.Covered) -> list[reading.ItemView]:
    """Return the covered items as a page shows them, in the gate's order."""
    entries = Entry.objects.filter(engagement=desk.engagement, round__is_latest=True, item_key__in=covered)
    found = reading.item_views(desk.view, reading.entries_for(desk.view, entries)).values()
    views = {view.key: view for view in found}
    return [views[key] for key in covered]


def statement(desk: access.Desk, gate: Gate) -> str:
    """Return the sentence a signature stands under."""
    return _(
        "I have read the answers that “%(gate)s” covers, as they stand now, and agree to go on from them."
    ) % {"gate": gate.title}

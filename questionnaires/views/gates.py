"""Gates: how they stand, who is asked to sign, what is let pass for a while."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from engagements.models import Membership
from engagements.policy import Permission, Role
from questionnaires import access, gates
from questionnaires.actions import signing, waiving
from questionnaires.forms import WaiveForm, WithdrawForm
from questionnaires.gates import Standing
from questionnaires.models import SignOff
from questionnaires.views.shell import shell


@require_safe
def listing(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Show all gates in order: signed, out of date or open, and how much is missing."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    context = shell(desk, "gates", standings=gates.standings(desk.view), page="gates")
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/gates.html", context)


@require_safe
def gate(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Show one gate: what it covers, what is missing and with whom, who signed, what was let pass."""
    desk, found, entry = access.get_gate(request.user, engagement_id, key, can=Permission.SEE)
    (standing,) = gates.standings(desk.view, only=found.key)
    context = shell(
        desk,
        "gates",
        standing=standing,
        page=f"gate:{found.key}",
        managers=managers(desk, standing),
        mine=[line for line in standing.unsigned if desk.membership in line.holders],
        earlier=SignOff.objects.filter(entry=entry, withdrawn_at__isnull=False)
        .select_related("membership__user")
        .order_by("-withdrawn_at", "-pk")[:20],
        functions={function.key: function.title for function in desk.framework.functions},
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/gate.html", context)


def managers(desk: access.Desk, standing: Standing) -> list[Membership]:
    """Return who can name somebody to sign, where a function has nobody."""
    if all(line.holders for line in standing.unsigned):
        return []
    members = Membership.objects.current().filter(engagement=desk.engagement, role=Role.PROJECT_MANAGER)
    return list(members.select_related("user").order_by("user__display_name"))


@require_POST
def ask(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Ask whoever signs for a function; they get a mail."""
    desk, found, entry = access.get_gate(request.user, engagement_id, key, can=Permission.ASSIGN)
    function = request.POST.get("function", "")
    if function not in found.functions:
        raise Http404
    try:
        asked = signing.ask(desk=desk, entry=entry, function=function, words=request.POST.get("words", ""))
    except signing.SignedAlready as error:
        messages.warning(request, str(error))
        return redirect("questionnaires:gate", engagement_id, key)
    if asked:
        names = ", ".join(member.user.display_name for member in asked)
        messages.success(
            request, _("%(names)s: we have written and asked for the signature.") % {"names": names}
        )
    else:
        messages.warning(
            request, _("Nobody holds this function with the right to sign yet, so nobody was asked.")
        )
    return redirect("questionnaires:gate", engagement_id, key)


@require_http_methods(["GET", "HEAD", "POST"])
def waive(request: SignedInRequest, engagement_id: int, key: str, item_key: str) -> HttpResponse:
    """Let one open point pass until a day, with a reason."""
    desk, found, entry = access.get_gate(request.user, engagement_id, key, can=Permission.WAIVE)
    if item_key not in found.covers or not desk.may_see(desk.framework.item(item_key)):
        raise Http404
    form = WaiveForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            waiving.give(desk=desk, gate=found, entry=entry, item_key=item_key, **form.cleaned_data)
        except waiving.CannotWaive as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:gate", engagement_id, key)
    context = shell(desk, "gates", gate=found, point=desk.framework.item(item_key), form=form)
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/waive.html", context, status=422 if form.errors else 200)


@require_POST
def end_waiver(request: SignedInRequest, engagement_id: int, waiver_id: int) -> HttpResponse:
    """End a waiver before its day."""
    desk, waiver = access.get_waiver(request.user, engagement_id, waiver_id, can=Permission.WAIVE)
    waiving.end(desk=desk, waiver=waiver)
    key = next(gate.key for gate in desk.framework.gates if gate.item_key == waiver.entry.item_key)
    return redirect("questionnaires:gate", engagement_id, key)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: SignedInRequest, engagement_id: int, sign_off_id: int) -> HttpResponse:
    """Take one's own signature back, with a reason."""
    desk, sign_off = access.get_sign_off(request.user, engagement_id, sign_off_id, can=Permission.SIGN)
    if sign_off.membership_id != desk.membership.pk:
        raise PermissionDenied(_("A signature is taken back by the person who gave it."))
    found = next(gate for gate in desk.framework.gates if gate.item_key == sign_off.entry.item_key)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            signing.withdraw(desk=desk, sign_off=sign_off, why=form.cleaned_data["why"])
        except (signing.NotYours, signing.SignedAlready) as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:gate", engagement_id, found.key)
    context = shell(desk, "gates", gate=found, sign_off=sign_off, form=form)
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/withdraw.html", context, status=422 if form.errors else 200)

"""The people of an engagement: who is in it, as what, who is invited, and who leaves."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.models import Side
from engagements.access import get_invitation, get_member
from engagements.actions import invitations
from engagements.actions import people as actions
from engagements.forms import Functions, InviteForm, LeaveForm, PartForm
from engagements.models import Invitation, Thread
from engagements.policy import Permission
from questionnaires import reading
from questionnaires.access import Desk, get_desk
from questionnaires.actions import handover
from questionnaires.models import Entry
from questionnaires.views.shell import shell


def sent(request: SignedInRequest) -> QueryDict | None:
    """Return what a form was sent with, or None where it is only shown."""
    return request.POST if request.method == "POST" else None


def functions_of(desk: Desk) -> Functions:
    """Return the framework's functions as forms take them."""
    return [(function.key, function.title, function.side) for function in desk.framework.functions]


@require_safe
def people(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Show everybody with their side, part, functions and since when; who may invite sees the open invitations."""
    desk = get_desk(request.user, engagement_id, can=Permission.SEE)
    titles = {key: title for key, title, _side in functions_of(desk)}
    members = reading.people(desk.view)
    for member in members:
        member.titles = [titles.get(key, key) for key in member.functions]  # type: ignore[attr-defined]
    here = [member for member in members if member.ended_at is None]
    invited: list[Invitation] = []
    now = timezone.now()
    if desk.membership.may(Permission.INVITE):
        open_ones = Invitation.objects.open().filter(engagement=desk.engagement).select_related("invited_by")
        invited = list(open_ones.order_by("-sent_at"))
        for invitation in invited:
            invitation.is_over = invitation.state(now) == Invitation.State.ENDED  # type: ignore[attr-defined]
    context = shell(
        desk,
        "people",
        groups=[
            (desk.engagement.client.name, [member for member in here if not member.is_firm]),
            (_("Our team"), [member for member in here if member.is_firm]),
        ],
        former=[member for member in members if member.ended_at is not None],
        invited=invited,
        may_invite=desk.membership.may(Permission.INVITE),
        may_manage=desk.membership.may(Permission.MANAGE),
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "engagements/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Ask whom to invite, and send the invitation."""
    desk = get_desk(request.user, engagement_id, can=Permission.INVITE)
    form = InviteForm(sent(request), sides=[Side.CLIENT, Side.FIRM], functions=functions_of(desk))
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invitations.invite(engagement=desk.engagement, by=request.user, **form.cleaned_data)
        except invitations.CannotInvite as error:
            form.add_error("email", str(error))
        else:
            messages.success(
                request, _("Invited. The mail to %(email)s is on its way.") % {"email": invitation.email}
            )
            return redirect("engagements:people", engagement_id)
    return _form(request, desk, "engagements/invite.html", form=form)


@require_POST
def invitation_resend(request: SignedInRequest, engagement_id: int, invitation_id: int) -> HttpResponse:
    """Send a new link; the old one stops working."""
    _mine, invitation = get_invitation(request.user, engagement_id, invitation_id, can=Permission.INVITE)
    try:
        invitations.resend(invitation=invitation, by=request.user)
    except invitations.InvitationEnded as error:
        messages.warning(request, ended(error))
    else:
        messages.success(
            request,
            _("Sent again to %(email)s. The link in the earlier mail no longer works.")
            % {"email": invitation.email},
        )
    return redirect("engagements:people", engagement_id)


@require_POST
def invitation_revoke(request: SignedInRequest, engagement_id: int, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    _mine, invitation = get_invitation(request.user, engagement_id, invitation_id, can=Permission.INVITE)
    try:
        invitations.revoke(invitation=invitation, by=request.user)
    except invitations.InvitationEnded as error:
        messages.warning(request, ended(error))
    else:
        messages.success(
            request, _("Taken back. The link for %(email)s no longer works.") % {"email": invitation.email}
        )
    return redirect("engagements:people", engagement_id)


def ended(error: invitations.InvitationEnded) -> str:
    """Say why an invitation cannot be changed any more."""
    if error.state == Invitation.State.ACCEPTED:
        return _("This invitation was accepted meanwhile. Nothing was changed.")
    return _("This invitation was taken back meanwhile. Invite the person anew.")


@require_http_methods(["GET", "HEAD", "POST"])
def member(request: SignedInRequest, engagement_id: int, membership_id: int) -> HttpResponse:
    """Show and change somebody's part."""
    mine, other = get_member(request.user, engagement_id, membership_id, can=Permission.MANAGE)
    desk = get_desk(request.user, engagement_id, can=Permission.MANAGE)
    if other.ended_at is not None:
        messages.info(
            request,
            _("%(name)s has left. Invite them to bring them back.") % {"name": other.user.display_name},
        )
        return redirect("engagements:people", engagement_id)
    first = {"role": other.role, "functions": other.functions, "may_sign": other.may_sign}
    form = PartForm(sent(request), initial=first, sides=[other.side], functions=functions_of(desk))
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_part(membership=other, by=mine.user, **form.cleaned_data)
        except (actions.LastManager, actions.WrongSide) as error:
            form.add_error("role", str(error))
        except actions.HasLeft as error:
            messages.warning(request, str(error))
            return redirect("engagements:people", engagement_id)
        else:
            messages.success(request, _("Changed the part of %(name)s.") % {"name": other.user.display_name})
            return redirect("engagements:people", engagement_id)
    return _form(request, desk, "engagements/member.html", form=form, member=other)


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: SignedInRequest, engagement_id: int, membership_id: int) -> HttpResponse:
    """Show what somebody holds, and let them leave with all of it handed over."""
    mine, other = get_member(request.user, engagement_id, membership_id, can=Permission.MANAGE)
    desk = get_desk(request.user, engagement_id, can=Permission.MANAGE)
    if other.ended_at is not None:
        messages.info(request, _("%(name)s has left already.") % {"name": other.user.display_name})
        return redirect("engagements:people", engagement_id)
    held = handover.holdings(other)
    things: list[Entry | Thread] = [*held.entries, *held.threads]
    for thing in things:
        known = desk.framework.has_item(thing.item_key)
        thing.item = desk.framework.item(thing.item_key) if known else None  # type: ignore[union-attr]
    others = [
        person
        for person in reading.people(desk.view)
        if person.ended_at is None and person.user.is_active and person.pk != other.pk
    ]
    form = LeaveForm(sent(request), people=others, needed=bool(held))
    if request.method == "POST" and form.is_valid():
        try:
            handover.leave(desk=desk, membership=other, to=form.cleaned_data.get("to"))
        except handover.CannotTakeOver as error:
            form.add_error("to" if held else None, str(error))
        except actions.LastManager as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request,
                _("%(name)s has left. What they did stays under their name.")
                % {"name": other.user.display_name},
            )
            if other.user_id == mine.user_id:
                return redirect("questionnaires:portfolio")
            return redirect("engagements:people", engagement_id)
    return _form(request, desk, "engagements/leave.html", form=form, member=other, held=held)


def _form(request: SignedInRequest, desk: Desk, template: str, **more: Any) -> HttpResponse:
    with timezone.override(desk.engagement.zone):
        return render(
            request, template, shell(desk, "people", **more), status=422 if more["form"].errors else 200
        )

"""Invite people by mail: a way in that works once, for a while, for one address."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Side, User
from engagements import history, mail
from engagements.actions import people
from engagements.models import Engagement, Invitation, Membership
from engagements.policy import Role, side_of_role

LASTS = timedelta(days=14)
# A second press on the same button within this time is the same deed.
AGAIN = timedelta(seconds=30)


class CannotInvite(Exception):
    """The message says why, and what to do instead."""


class InvitationEnded(Exception):
    """The invitation was taken back, used or has run out; *state* says which."""

    def __init__(self, state: Invitation.State) -> None:
        super().__init__(state)
        self.state = state


class SomebodyElse(Exception):
    """The invitation is for another address."""


def hash_of(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def find(token: str) -> Invitation | None:
    """Return the invitation that a token opens, whatever its state, or None."""
    return (
        Invitation.objects.select_related("engagement__client", "invited_by")
        .filter(token_hash=hash_of(token))
        .exclude(engagement__status=Engagement.Status.PURGED)
        .first()
    )


@transaction.atomic
def invite(
    *,
    engagement: Engagement,
    email: str,
    role: str,
    by: User,
    display_name: str = "",
    functions: list[str] | None = None,
    may_sign: bool = False,
    at: datetime | None = None,
) -> Invitation:
    """Invite somebody and send them the link. The token is in that mail only; here its hash is kept.

    Client roles are for people of the engagement's client. The same invitation pressed twice is one. Raises
    CannotInvite.
    """
    at = at or timezone.now()
    email = email.strip().lower()
    number = history.lock(engagement)
    person = User.objects.select_related("client").filter(email=email).first()
    if person is not None:
        _check_person(engagement, person, role)
    known = Invitation.objects.open().filter(engagement=engagement, email=email).first()
    if known is not None:
        if known.invited_by_id == by.pk and known.role == role and at - known.sent_at < AGAIN:
            transaction.set_rollback(True)
            return known
        raise CannotInvite(
            _("%(email)s is invited already. Send that invitation again, or take it back first.")
            % {"email": email}
        )
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        engagement=engagement,
        email=email,
        display_name=display_name.strip(),
        role=role,
        functions=functions or [],
        may_sign=may_sign,
        token_hash=hash_of(token),
        expires_at=at + LASTS,
        invited_by=by,
        sent_at=at,
    )
    _record("member.invited", invitation, number=number, by=by, at=at)
    _send(invitation, token, person)
    return invitation


def _check_person(engagement: Engagement, person: User, role: str) -> None:
    if Membership.objects.filter(engagement=engagement, user=person, ended_at=None).exists():
        raise CannotInvite(_("%(name)s is in this engagement already.") % {"name": person.display_name})
    if not person.is_active:
        raise CannotInvite(
            _("%(name)s may not sign in at the moment. An administrator can change that.")
            % {"name": person.display_name}
        )
    try:
        people.check_side(engagement, person, role)
    except people.WrongSide as error:
        raise CannotInvite(str(error)) from error


@transaction.atomic
def resend(*, invitation: Invitation, by: User, at: datetime | None = None) -> None:
    """Send a new link in place of the old one, which no longer works. A second press right after does nothing.

    Raises InvitationEnded when the invitation was used or taken back. One that ran out begins again.
    """
    at = at or timezone.now()
    invitation = _locked(invitation)
    if invitation.state(at) in (Invitation.State.ACCEPTED, Invitation.State.REVOKED):
        raise InvitationEnded(invitation.state(at))
    if at - invitation.sent_at < AGAIN:
        return
    number = history.lock(invitation.engagement)
    token = secrets.token_urlsafe(32)
    mail.drop(once_begins=_once(invitation))
    invitation.token_hash, invitation.expires_at, invitation.sent_at = hash_of(token), at + LASTS, at
    invitation.save(update_fields=["token_hash", "expires_at", "sent_at"])
    _record("invitation.sent-again", invitation, number=number, by=by, at=at)
    _send(invitation, token, User.objects.filter(email=invitation.email).first())


@transaction.atomic
def revoke(*, invitation: Invitation, by: User, at: datetime | None = None) -> None:
    """Take an invitation back; a mail that has not left yet stays here. Raises InvitationEnded when it was used."""
    at = at or timezone.now()
    invitation = _locked(invitation)
    if invitation.accepted_at:
        raise InvitationEnded(Invitation.State.ACCEPTED)
    if invitation.revoked_at:
        return
    number = history.lock(invitation.engagement)
    invitation.revoked_at = at
    invitation.save(update_fields=["revoked_at"])
    mail.drop(once_begins=_once(invitation))
    _record("invitation.taken-back", invitation, number=number, by=by, at=at)


@transaction.atomic
def accept_as_new(
    *, invitation: Invitation, display_name: str, password: str, at: datetime | None = None
) -> User:
    """Make the person that an invitation is for, with their own name and password, and let them in.

    Raises InvitationEnded, and SomebodyElse when somebody with this address exists already and has to sign in.
    """
    at = at or timezone.now()
    invitation = _locked(invitation)
    _check_open(invitation, at)
    engagement = invitation.engagement
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                invitation.email,
                password,
                display_name=display_name.strip(),
                client=None if side_of_role(invitation.role) == Side.FIRM else engagement.client,
                time_zone=engagement.time_zone,
                language=invitation.invited_by.language,
            )
    except IntegrityError as error:
        # Two invitations to one address, accepted in the same moment.
        raise SomebodyElse from error
    _let_in(invitation, user, at)
    return user


@transaction.atomic
def accept(*, invitation: Invitation, by: User, at: datetime | None = None) -> Membership:
    """Let somebody in who has an account already. Raises InvitationEnded and SomebodyElse, people.WrongSide too."""
    at = at or timezone.now()
    invitation = _locked(invitation)
    _check_open(invitation, at)
    if by.email.lower() != invitation.email.lower():
        raise SomebodyElse
    return _let_in(invitation, by, at)


def _let_in(invitation: Invitation, user: User, at: datetime) -> Membership:
    invitation.accepted_at = at
    invitation.save(update_fields=["accepted_at"])
    known = Membership.objects.filter(engagement=invitation.engagement, user=user, ended_at=None).first()
    return known or people.join(
        engagement=invitation.engagement,
        user=user,
        role=invitation.role,
        functions=invitation.functions,
        may_sign=invitation.may_sign,
        by=user,
        at=at,
    )


def _locked(invitation: Invitation) -> Invitation:
    return (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("engagement__client", "invited_by")
        .get(pk=invitation.pk)
    )


def _check_open(invitation: Invitation, at: datetime) -> None:
    if invitation.state(at) != Invitation.State.OPEN:
        raise InvitationEnded(invitation.state(at))


def _record(kind: str, invitation: Invitation, *, number: int, by: User, at: datetime) -> None:
    # The address is nobody's business on the other side until its owner has come.
    history.record(
        kind,
        engagement=invitation.engagement,
        number=number,
        by=by,
        at=at,
        firm_only=True,
        data={"invitation": invitation.pk, "role": str(invitation.role)},
    )


def _once(invitation: Invitation) -> str:
    return f"invitation:{invitation.pk}:"


def _send(invitation: Invitation, token: str, person: User | None) -> None:
    mail.queue(
        "invitation",
        once=_once(invitation) + invitation.token_hash[:16],
        template="invitation",
        to=invitation.email,
        context={
            "invitation": invitation,
            "engagement": invitation.engagement,
            "inviter": invitation.invited_by,
            "role": Role(invitation.role).label,
            "name": person.first_name if person else invitation.display_name,
            "known": person is not None,
            "act_url": mail.link(reverse("engagements:invitation", args=[token])),
        },
    )

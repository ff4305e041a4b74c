"""The only doors to an engagement and what belongs to it.

A stranger gets 404, exactly as for an id that does not exist; a member without the right gets 403.
"""

import functools

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import Side, User
from engagements.compiled import Compiled
from engagements.models import Engagement, File, Invitation, Mail, Membership
from engagements.policy import GRANTS, Permission, Role


class EngagementClosed(PermissionDenied):
    """The person's role would allow it, but the engagement no longer changes."""


def get_membership(
    user: User, engagement_id: int, *, can: Permission, also: str = "engagement"
) -> Membership:
    """Return *user*'s current membership, with its engagement and client, and *also* a relation more in the same query.

    Raises Http404 for strangers, PermissionDenied for members without *can*, EngagementClosed
    where only the engagement's status stands in the way.
    """
    membership = next(iter(_memberships(also)(user.pk, engagement_id)), None)
    if membership is None or membership.engagement.status == Engagement.Status.PURGED:
        raise Http404
    membership.user = user
    require(membership, can)
    return membership


@functools.cache
def _memberships(also: str) -> Compiled[Membership]:
    def of(user: int, engagement: int) -> QuerySet[Membership]:
        memberships = Membership.objects.select_related("engagement__client", also)
        return memberships.filter(user_id=user, engagement_id=engagement, ended_at=None)

    return Compiled(of, 1_000_000_001, 1_000_000_002)


def require(membership: Membership, can: Permission) -> None:
    """Raise PermissionDenied or EngagementClosed unless *membership* may do *can*."""
    if membership.may(can):
        return
    if can in GRANTS[Role(membership.role)] and not membership.engagement.is_open:
        raise EngagementClosed(
            _("This engagement is closed. Everything in it can be read; the project manager can reopen it.")
        )
    raise PermissionDenied(
        _("Your role in this engagement does not include this. The project manager can change that.")
    )


def get_file(user: User, engagement_id: int, file_id: int, *, can: Permission) -> tuple[Membership, File]:
    """Return a file of the engagement that *user*'s side may see."""
    membership = get_membership(user, engagement_id, can=can)
    file = (
        File.objects.for_side(membership.side)
        .filter(engagement_id=engagement_id, pk=file_id, removed_at=None)
        .first()
    )
    if file is None:
        raise Http404
    return membership, file


def get_member(
    user: User, engagement_id: int, membership_id: int, *, can: Permission
) -> tuple[Membership, Membership]:
    """Return *user*'s own membership and another one of the same engagement."""
    mine = get_membership(user, engagement_id, can=can)
    other = (
        Membership.objects.filter(engagement_id=engagement_id, pk=membership_id)
        .select_related("user")
        .first()
    )
    if other is None:
        raise Http404
    other.engagement = mine.engagement
    return mine, other


def get_invitation(
    user: User, engagement_id: int, invitation_id: int, *, can: Permission
) -> tuple[Membership, Invitation]:
    """Return *user*'s own membership and an invitation of the same engagement."""
    mine = get_membership(user, engagement_id, can=can)
    invitation = Invitation.objects.filter(engagement_id=engagement_id, pk=invitation_id).first()
    if invitation is None:
        raise Http404
    invitation.engagement = mine.engagement
    return mine, invitation


def get_administrator(user: User) -> User:
    """Return *user* when they look after people, clients and engagement shells; else raise Http404."""
    if not (user.is_administrator and user.is_active and user.side == Side.FIRM):
        raise Http404
    return user


def get_shell(user: User, engagement_id: int) -> Engagement:
    """Return an engagement's shell for an administrator: its frame, not what is answered in it."""
    get_administrator(user)
    shells = Engagement.objects.select_related("client", "created_by")
    shell = shells.filter(pk=engagement_id).exclude(status=Engagement.Status.PURGED).first()
    if shell is None:
        raise Http404
    return shell


def get_mail(user: User, mail_id: int) -> Mail:
    """Return a mail's row for an administrator."""
    get_administrator(user)
    mail = Mail.objects.filter(pk=mail_id).select_related("user", "engagement").first()
    if mail is None:
        raise Http404
    return mail

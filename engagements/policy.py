"""Who may do what: one table. Code asks for a permission, never for a role."""

from enum import StrEnum, auto

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Side


class Permission(StrEnum):
    """What somebody may do in an engagement."""

    SEE = auto()
    ANSWER = auto()
    CONFIRM = auto()
    ASSIGN = auto()
    COMMENT = auto()
    NOTE = auto()  # write what only the firm sees
    RECOMMEND = auto()  # prepare options and our pick
    OFFER = auto()  # show a recommendation to the client
    CHOOSE = auto()  # react to a recommendation, rank requests
    DECIDE = auto()  # record decisions and outcomes
    SIGN = auto()  # only together with Membership.may_sign
    WAIVE = auto()
    EXPORT = auto()
    WRITE_REPORT = auto()
    RELEASE = auto()
    INVITE = auto()
    MANAGE = auto()  # people, frame, rounds, health, schedules
    REDACT = auto()


class Role(models.TextChoices):
    """What part somebody has in one engagement."""

    PROJECT_MANAGER = "project_manager", _("Project manager")
    CONSULTANT = "consultant", _("Consultant")
    OBSERVER = "observer", _("Observer")
    CLIENT_SPONSOR = "client_sponsor", _("Sponsor")
    CLIENT_CONTRIBUTOR = "client_contributor", _("Contributor")
    CLIENT_REVIEWER = "client_reviewer", _("Reviewer")


P = Permission

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.PROJECT_MANAGER: frozenset(Permission) - {P.CHOOSE},
    Role.CONSULTANT: frozenset({
        P.SEE, P.ANSWER, P.CONFIRM, P.ASSIGN, P.COMMENT, P.NOTE, P.RECOMMEND, P.OFFER, P.DECIDE, P.SIGN,
        P.EXPORT, P.WRITE_REPORT,
    }),
    Role.OBSERVER: frozenset({P.SEE}),
    Role.CLIENT_SPONSOR: frozenset({
        P.SEE, P.ANSWER, P.CONFIRM, P.ASSIGN, P.COMMENT, P.CHOOSE, P.DECIDE, P.SIGN, P.EXPORT,
    }),
    Role.CLIENT_CONTRIBUTOR: frozenset({P.SEE, P.ANSWER, P.CONFIRM, P.ASSIGN, P.COMMENT, P.CHOOSE, P.SIGN, P.EXPORT}),
    Role.CLIENT_REVIEWER: frozenset({P.SEE, P.COMMENT, P.SIGN}),
}  # fmt: skip

ROLES_OF_SIDE: dict[Side, tuple[Role, ...]] = {
    Side.FIRM: (Role.PROJECT_MANAGER, Role.CONSULTANT, Role.OBSERVER),
    Side.CLIENT: (Role.CLIENT_SPONSOR, Role.CLIENT_CONTRIBUTOR, Role.CLIENT_REVIEWER),
}

# What remains possible in an engagement that is closed or archived.
READING = frozenset({P.SEE, P.EXPORT})
# A closed engagement still has people and a status to look after.
AFTER_CLOSING = READING | {P.MANAGE, P.INVITE, P.REDACT, P.WRITE_REPORT, P.RELEASE}


def side_of_role(role: Role | str) -> Side:
    """Return the side that a role belongs to."""
    return Side.FIRM if Role(role) in ROLES_OF_SIDE[Side.FIRM] else Side.CLIENT

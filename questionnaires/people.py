"""An engagement's people, read once for everything that names them."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from accounts.models import User
from engagements.models import Membership


class People:
    """Members by id and users by id. What names somebody is given them from here instead of joining them row by row."""

    def __init__(self, engagement_id: int) -> None:
        self._engagement_id = engagement_id
        self._others: dict[int, User] = {}

    @cached_property
    def members(self) -> Sequence[Membership]:
        """Everybody who is or was in the engagement, former members last."""
        members = Membership.objects.filter(engagement_id=self._engagement_id).select_related("user")
        return sorted(
            members, key=lambda member: (member.ended_at is not None, member.user.display_name.casefold())
        )

    @cached_property
    def by_membership(self) -> dict[int, Membership]:
        """Members by the id of their membership."""
        return {member.pk: member for member in self.members}

    @cached_property
    def names(self) -> dict[int, str]:
        """Names by the id of the membership."""
        return {member.pk: member.user.display_name for member in self.members}

    @cached_property
    def _by_user(self) -> dict[int, User]:
        return {member.user_id: member.user for member in self.members}

    def users(self, ids: Iterable[int]) -> dict[int, User]:
        """Return users by id, in at most one query more where one of them never was a member."""
        found = {**self._by_user, **self._others}
        if missing := set(ids) - found.keys():
            self._others |= User.objects.in_bulk(missing)
            found |= self._others
        return found

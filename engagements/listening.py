"""Who may listen to an engagement, or to their own work: asked once for everybody who listens in a process."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.http import HttpRequest

from accounts.models import Side, User
from engagements.models import Membership
from engagements.policy import ROLES_OF_SIDE
from live.source import Batch, Ticket

SIGNED_IN = """
    JOIN accounts_user u ON u.id = l.person AND u.is_active AND u.access_version = l.version
    JOIN django_session s ON s.session_key = l.session AND s.expire_date > now()
"""
LISTENERS = """
    unnest(%s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::text[])
        WITH ORDINALITY AS l(topic, person, session, version, side, place)
"""
# A row for each listener who is still signed in with the same session, still a member, and still on the same side.
IN_ENGAGEMENT = f"""
    SELECT l.place, e.last_event
    FROM {LISTENERS} {SIGNED_IN}
    JOIN engagements_membership m ON m.engagement_id = l.topic AND m.user_id = l.person AND m.ended_at IS NULL
    JOIN engagements_engagement e ON e.id = l.topic AND e.status <> 'purged'
    WHERE (m.role = ANY(%s)) = (l.side = 'firm')
"""  # noqa: S608 - put together from the constants above
# The sum over a person's engagements changes whenever anything in one of them does.
OWN_WORK = f"""
    SELECT l.place, COALESCE(SUM(e.last_event + 1), 0)::bigint
    FROM {LISTENERS} {SIGNED_IN}
    LEFT JOIN engagements_membership m ON m.user_id = l.person AND m.ended_at IS NULL
    LEFT JOIN engagements_engagement e ON e.id = m.engagement_id AND e.status <> 'purged'
    WHERE l.topic = l.person
    GROUP BY l.place
"""  # noqa: S608


def proof_of(request: HttpRequest, user: User, side: Side) -> tuple[Any, ...]:
    """Return what a stream must still find true later: the session, its generation, and the side it was drawn for."""
    return request.session.session_key, user.access_version, str(side)


def proof_of_member(request: HttpRequest, membership: Membership) -> tuple[Any, ...]:
    """Return the proof of a member's stream in their engagement."""
    return proof_of(request, membership.user, membership.side)


def look(tickets: Sequence[Ticket], sql: str, *more: Any) -> list[int | None]:
    """Return the number of each ticket's topic, or None where its holder may not listen any more, in one query."""
    sessions, versions, sides = (
        zip(*(ticket.proof for ticket in tickets), strict=True) if tickets else ((), (), ())
    )
    numbers: list[int | None] = [None] * len(tickets)
    with connection.cursor() as cursor:
        cursor.execute(
            sql,
            [
                [ticket.topic for ticket in tickets],
                [ticket.person for ticket in tickets],
                [*sessions],
                [*versions],
                [*sides],
                *more,
            ],
        )
        for place, number in cursor.fetchall():
            numbers[place - 1] = number
    return numbers


class EngagementSource:
    """Topics that are engagements. What is drawn of them is told by the app that knows the questions."""

    name = "engagement"
    draws = True

    def look(self, tickets: Sequence[Ticket]) -> list[int | None]:
        """Return the number of each engagement's newest event for those who are still in it."""
        return look(tickets, IN_ENGAGEMENT, [str(role) for role in ROLES_OF_SIDE[Side.FIRM]])


class OwnWorkSource:
    """Topics that are people: pages over several engagements, which fetch themselves again when anything changed."""

    name = "person"
    draws = False

    def look(self, tickets: Sequence[Ticket]) -> list[int | None]:
        """Return a number that changes with anything in any of the person's engagements."""
        return look(tickets, OWN_WORK)

    def draw(self, topic: int, after: Mapping[str, int]) -> Batch:
        """Draw nothing: the page knows best what it shows."""
        return Batch(0, {})

    def is_page(self, audience: str, pages: str) -> bool:
        """Say whether a page is meant by its name."""
        return audience.startswith(pages)

    def draw_presence(self, topic: int, people: Sequence[dict[str, Any]], audience: str) -> bytes:
        """Say nothing: nobody else is on somebody's own page."""
        return b""

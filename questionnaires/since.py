"""What is new for one person since they last looked."""

from dataclasses import dataclass

from django.db.models import Q

from engagements.models import Comment, Event
from questionnaires import happenings
from questionnaires.access import Desk
from questionnaires.between import Between, Changed
from questionnaires.happenings import Happening

SHOWN = 8
# Changes of answers and talk have lines of their own.
TOLD_APART = ("answer.", "note.", "row.", "entry.", "conflict.", "thread.", "comment.")


@dataclass
class News:
    """What others did since: at which items, what they said, and what else."""

    changes: list[Changed]
    more: int
    comments: list[Comment]
    comment_count: int
    naming_me: int
    others: list[Happening]

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is new."""
        return not (self.changes or self.comment_count or self.others)


def last_look(desk: Desk) -> News:
    """Return what others did since the member last looked, in a fixed number of queries."""
    member, view = desk.membership, desk.view
    between = Between(view, member.seen_event, desk.engagement.last_event, but=member.user)
    changes = sorted(
        between.changes, key=lambda changed: changed.at or desk.engagement.created_at, reverse=True
    )
    said = Comment.objects.filter(thread__engagement=desk.engagement, event__gt=member.seen_event).exclude(
        by=member.user
    )
    if not member.is_firm:
        said = said.filter(thread__firm_only=False)
    comments = list(said.select_related("by", "thread").order_by("-pk")[:100])
    apart = Q()
    for start in TOLD_APART:
        apart |= Q(kind__startswith=start)
    events = (
        Event.objects.filter(engagement=desk.engagement, number__gt=member.seen_event)
        .for_side(view.side)
        .exclude(apart)
        .exclude(by=member.user)
        .select_related("by")
        .order_by("-number")
    )
    return News(
        changes=changes[:SHOWN],
        more=max(0, len(changes) - SHOWN) + between.more,
        comments=comments[:3],
        comment_count=len(comments),
        naming_me=sum(member.user_id in comment.mentions.values() for comment in comments),
        others=happenings.told(view, list(events[:30]))[:SHOWN],
    )

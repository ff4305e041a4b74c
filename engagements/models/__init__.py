"""The engagement: its people, its events, its files, its talk, its mail."""

from engagements.models.engagement import Engagement, Invitation, Membership
from engagements.models.event import Event
from engagements.models.file import File, FileVersion
from engagements.models.inbox import InboxItem, MailChoice
from engagements.models.mail import Mail
from engagements.models.milestone import Milestone
from engagements.models.redaction import Redaction
from engagements.models.talk import Comment, Thread, Wording

__all__ = [
    "Comment",
    "Engagement",
    "Event",
    "File",
    "FileVersion",
    "InboxItem",
    "Invitation",
    "Mail",
    "MailChoice",
    "Membership",
    "Milestone",
    "Redaction",
    "Thread",
    "Wording",
]

"""The engagement: its people, its events, its files, its mail."""

from engagements.models.engagement import Engagement, Invitation, Membership
from engagements.models.event import Event
from engagements.models.file import File, FileVersion
from engagements.models.mail import Mail

__all__ = ["Engagement", "Event", "File", "FileVersion", "Invitation", "Mail", "Membership"]

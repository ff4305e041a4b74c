"""One open thing."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.utils.translation import gettext_lazy

from accounts.models import Side
from engagements.models import Membership
from questionnaires.document import Item
from questionnaires.models import Entry


class Kind(StrEnum):
    """What sort of open thing it is, strongest first."""

    CONFLICT = "conflict"
    DECISION = "decision"
    SIGN_OFF = "sign_off"
    REVISIT = "revisit"
    UNKNOWN = "unknown"
    ACCESS = "access"
    REQUEST = "request"
    THREAD = "thread"
    QUESTION = "question"


WORDS = {
    Kind.CONFLICT: gettext_lazy("Conflict"),
    Kind.DECISION: gettext_lazy("To decide"),
    Kind.SIGN_OFF: gettext_lazy("Signature"),
    Kind.REVISIT: gettext_lazy("To look at again"),
    Kind.UNKNOWN: gettext_lazy("Not known yet"),
    Kind.ACCESS: gettext_lazy("Access"),
    Kind.REQUEST: gettext_lazy("Request"),
    Kind.THREAD: gettext_lazy("Thread"),
    Kind.QUESTION: gettext_lazy("Question"),
}
ICONS = {
    Kind.CONFLICT: "clash",
    Kind.DECISION: "branch",
    Kind.SIGN_OFF: "sign",
    Kind.REVISIT: "revisit",
    Kind.UNKNOWN: "dunno",
    Kind.ACCESS: "key",
    Kind.REQUEST: "inbox",
    Kind.THREAD: "talk",
    Kind.QUESTION: "open",
}


@dataclass(slots=True)
class Thing:
    """One open thing with its holder. `people` is empty where a side holds it and nobody in particular."""

    key: str
    kind: Kind
    title: str
    number: str
    url: str
    side: Side
    people: list[Membership]
    since: datetime
    days: int
    step_key: str
    due: date | None = None
    unblocks: tuple[Item, ...] = ()
    entry: Entry | None = None
    item: Item | None = None
    # About something that the client side never sees.
    firm_only: bool = False
    # The day of the newest reminder, and the first day on which the next one is possible.
    nudged: date | None = None
    nudge_from: date | None = None
    # Whether there is somebody else than the viewer to remind.
    may_nudge: bool = False

    @property
    def word(self) -> str:
        """What sort of thing it is, in words."""
        return str(WORDS[self.kind])

    @property
    def icon(self) -> str:
        """What sort of thing it is, as a drawing."""
        return ICONS[self.kind]

    @property
    def is_entry(self) -> bool:
        """Say whether it is a question's own entry, which can be handed over."""
        return self.key.startswith("item:")

    def is_held_by(self, membership: Membership) -> bool:
        """Say whether it is with that person."""
        return any(person.pk == membership.pk for person in self.people)

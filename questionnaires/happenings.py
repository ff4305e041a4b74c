"""Events in words: who did what, where, with old and new."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from engagements.models import Event
from questionnaires.access import Viewpoint
from questionnaires.document import Item
from questionnaires.history import GROUP
from questionnaires.models import Entry
from questionnaires.models.entry import REGISTER_PREFIX


@dataclass
class Happening:
    """One line of the history; neighbouring saves of one author to one item are one line."""

    number: int
    kind: str
    by: User | None
    at: datetime
    item: Item | None
    place: str
    words: str
    icon: str
    count: int = 1
    firm_only: bool = False
    # The number of the item's step on screen.
    step: str = ""
    # The numbers of the events that make up the line, newest first.
    numbers: list[int] = field(default_factory=list)
    # Old and new of what it changed; `chronicle` fills it in.
    changes: list[Any] = field(default_factory=list)


WORDS: dict[str, tuple[Any, str]] = {
    "engagement.created": (gettext_lazy("opened the engagement"), "plus"),
    "engagement.changed": (gettext_lazy("changed the frame"), "pen"),
    "engagement.status-changed": (gettext_lazy("changed the status"), "flag"),
    "engagement.reopened": (gettext_lazy("opened the engagement again"), "undo"),
    "questionnaire.opened": (gettext_lazy("laid out the questions"), "branch"),
    "member.joined": (gettext_lazy("brought somebody in"), "user2"),
    "member.changed": (gettext_lazy("changed somebody's part"), "user2"),
    "member.left": (gettext_lazy("recorded that somebody left"), "user2"),
    "member.invited": (gettext_lazy("invited somebody"), "mail"),
    "invitation.sent-again": (gettext_lazy("sent an invitation again"), "mail"),
    "invitation.taken-back": (gettext_lazy("took an invitation back"), "mail"),
    "member.came": (gettext_lazy("came in"), "user2"),
    "answer.saved": (gettext_lazy("wrote"), "pen"),
    "answer.settled": (gettext_lazy("answered"), "check"),
    "answer.restored": (gettext_lazy("restored an earlier version"), "undo"),
    "note.saved": (gettext_lazy("wrote a note for the firm"), "lock"),
    "conflict.opened": (gettext_lazy("wrote a second answer; both are kept"), "clash"),
    "conflict.changed": (gettext_lazy("went on with the second answer"), "clash"),
    "conflict.decided": (gettext_lazy("decided between two answers"), "check"),
    "entry.assigned": (gettext_lazy("asked somebody"), "send"),
    "entry.handed-over": (gettext_lazy("handed it over"), "send"),
    "meeting.planned": (gettext_lazy("planned a meeting"), "cal"),
    "meeting.changed": (gettext_lazy("changed a meeting"), "cal"),
    "meeting.cancelled": (gettext_lazy("called a meeting off"), "x"),
    "meeting.started": (gettext_lazy("began a meeting"), "people"),
    "meeting.ended": (gettext_lazy("ended a meeting"), "check"),
    "agenda.changed": (gettext_lazy("changed the agenda"), "cal"),
    "agenda.ticked": (gettext_lazy("ticked a point of the agenda"), "check"),
    "agenda.noted": (gettext_lazy("took notes in a meeting"), "pen"),
    "evidence.marked": (gettext_lazy("marked how something is checked"), "check"),
    "health.set": (gettext_lazy("set the health by hand"), "flag"),
    "health.taken-back": (gettext_lazy("let the rules say the health again"), "flag"),
    "nudged": (gettext_lazy("reminded somebody"), "send"),
    "engagement.holidays-changed": (gettext_lazy("changed the holidays"), "cal"),
    "entry.grounds-changed": (gettext_lazy("said how sure we are"), "flag"),
    "entry.check-by-set": (gettext_lazy("said until when it is to be checked"), "cal"),
    "entry.assumed": (gettext_lazy("went on from an assumption"), "flag"),
    "entry.unknown": (gettext_lazy("marked it as not known yet"), "dunno"),
    "entry.not-applicable": (gettext_lazy("set it aside as not applicable"), "na"),
    "entry.brought-back": (gettext_lazy("brought it back"), "undo"),
    "entry.held": (gettext_lazy("said that it still holds"), "check"),
    "entry.confirmed": (gettext_lazy("confirmed the answer"), "check"),
    "row.added": (gettext_lazy("added a row"), "plus"),
    "row.deleted": (gettext_lazy("deleted a row"), "minus"),
    "row.restored": (gettext_lazy("brought a row back"), "undo"),
    "row.moved": (gettext_lazy("moved a row"), "grip"),
    "file.added": (gettext_lazy("attached evidence"), "file"),
    "recommendation.prepared": (gettext_lazy("prepared a recommendation"), "lock"),
    "recommendation.offered": (gettext_lazy("offered our recommendation"), "send"),
    "recommendation.withdrawn": (gettext_lazy("took the recommendation back"), "undo"),
    "recommendation.answered": (gettext_lazy("answered the recommendation"), "talk"),
    "recommendation.holds": (gettext_lazy("said that our advice still holds"), "check"),
    "decision.made": (gettext_lazy("recorded the decision"), "done"),
    "decision.reopened": (gettext_lazy("reopened the decision"), "undo"),
    "decision.holds": (gettext_lazy("said that the decision still holds"), "check"),
    "decision.changed": (gettext_lazy("noted when to look at the decision again"), "cal"),
    "request.recorded": (gettext_lazy("wrote down a request"), "flag"),
    "request.changed": (gettext_lazy("changed a request"), "pen"),
    "request.closed": (gettext_lazy("said what came of a request"), "check"),
    "clash.raised": (gettext_lazy("put a conflict on the table"), "clash"),
    "clash.advised": (gettext_lazy("wrote what we would do about a conflict"), "star"),
    "clash.weighed": (gettext_lazy("said what the sides of a conflict come to"), "clash"),
    "clash.ranked": (gettext_lazy("ranked the sides of a conflict"), "talk"),
    "clash.settled": (gettext_lazy("settled a conflict"), "check"),
    "clash.reopened": (gettext_lazy("opened a conflict again"), "undo"),
    "attempt.recorded": (gettext_lazy("wrote down an attempt"), "branch"),
    "attempt.changed": (gettext_lazy("changed an attempt"), "pen"),
    "attempt.superseded": (gettext_lazy("let a later attempt replace one"), "redo"),
    "attempt.holds": (gettext_lazy("said that an attempt still holds"), "check"),
    "attempts.imported": (gettext_lazy("read attempts from runs"), "down"),
    "signed": (gettext_lazy("signed"), "sign"),
    "signature.withdrawn": (gettext_lazy("took a signature back"), "undo"),
    "signature.asked": (gettext_lazy("asked for a signature"), "send"),
    "waiver.given": (gettext_lazy("let an open point pass for now"), "flag"),
    "waiver.ended": (gettext_lazy("ended a waiver"), "undo"),
    "waiver.expired": (gettext_lazy("noticed that a waiver ran out"), "wait"),
    "round.started": (gettext_lazy("began a new round"), "redo"),
    "item.repeated": (gettext_lazy("asked this again; the earlier answer is kept"), "redo"),
    "report.written": (gettext_lazy("had a report written"), "file"),
    "report.edited": (gettext_lazy("wrote into a report"), "pen"),
    "report.in-review": (gettext_lazy("gave a report to be read"), "eye"),
    "report.taken-back": (gettext_lazy("took a report out of review"), "undo"),
    "report.released": (gettext_lazy("released a report"), "send"),
    "report.shared": (gettext_lazy("made a link to a report"), "link"),
    "report.link-ended": (gettext_lazy("ended a link to a report"), "x"),
    "report.mailed": (gettext_lazy("sent a report by mail"), "mail"),
    "report.not-made": (gettext_lazy("could not make a report on its schedule"), "x"),
    "report.kept-back": (gettext_lazy("could not release a report on its schedule"), "lock"),
    "schedule.made": (gettext_lazy("planned when a report is written"), "cal"),
    "schedule.ended": (gettext_lazy("ended a plan of reports"), "x"),
    "milestone.named": (gettext_lazy("named this point"), "flag"),
    "redacted": (gettext_lazy("took words out everywhere"), "bin"),
    "thread.opened": (gettext_lazy("commented"), "talk"),
    "comment.added": (gettext_lazy("replied"), "talk"),
    "comment.edited": (gettext_lazy("said a comment better"), "talk"),
    "thread.assigned": (gettext_lazy("gave a thread to somebody"), "user2"),
    "thread.settled": (gettext_lazy("settled a thread"), "check"),
    "thread.reopened": (gettext_lazy("opened a thread again"), "undo"),
}


# What events are about that belong to no item, by the first word of their kind.
RECORDS = {
    "request": gettext_lazy("Request %(number)d"),
    "clash": gettext_lazy("Conflict %(number)d"),
    "attempt": gettext_lazy("Attempt %(number)d"),
}


def told(view: Viewpoint, newest_first: list[Event]) -> list[Happening]:
    """Return events as lines, newest first. What an internal item is called never reaches the client side."""
    lines: list[Happening] = []
    for event in newest_first:
        line = _line(view, event)
        last = lines[-1] if lines else None
        if last and _continues(last, line):
            last.count += 1
            last.numbers.append(event.number)
            continue
        lines.append(line)
    return lines


def _line(view: Viewpoint, event: Event) -> Happening:
    words, icon = WORDS.get(event.kind, (event.kind, "pen"))
    item = None
    place = ""
    if event.item_key.startswith(REGISTER_PREFIX):
        place = view.framework.register(event.item_key.removeprefix(REGISTER_PREFIX)).title
    elif event.item_key and view.framework.has_item(event.item_key):
        item = view.framework.item(event.item_key)
        place = f"{item.number} {item.title}" if view.may_see(item) else _("an internal item")
    elif event.kind.startswith(("report.", "schedule.")):
        place = " ".join(str(event.data[name]) for name in ("title", "number") if name in event.data)
    elif (record := RECORDS.get(event.kind.partition(".")[0])) and "number" in event.data:
        place = str(record) % {"number": event.data["number"]}
    elif "meeting" in event.data:
        place = str(event.data.get("name", ""))
    state = _new_state(event)
    if event.kind == "answer.saved" and (state == Entry.State.ANSWERED or event.data.get("settled")):
        words, icon = WORDS["answer.settled"]
    if event.kind == "member.joined" and event.data.get("person") == event.by_id:
        words, icon = WORDS["member.came"]
    return Happening(
        event.number,
        event.kind,
        event.by,
        event.at,
        item,
        place,
        str(words),
        icon,
        firm_only=event.firm_only,
        step=view.framework.step(item.step_key).number if item else "",
        numbers=[event.number],
    )


def _new_state(event: Event) -> str:
    for pairs in event.data.get("entries", {}).values():
        if "state" in pairs:
            return str(pairs["state"][1])
    return ""


def _continues(newer: Happening, older: Happening) -> bool:
    return (
        newer.place == older.place
        and newer.by == older.by
        and newer.at - older.at < GROUP
        and {newer.kind, older.kind}
        <= {
            "answer.saved",
            "answer.settled",
            "row.added",
            "conflict.opened",
            "conflict.changed",
            "agenda.noted",
        }
    )

"""Verbs of the stories about meetings: planned, begun, noted in, ended."""

import zoneinfo
from datetime import datetime, time
from typing import Any

from questionnaires.actions import meetings, notes
from questionnaires.models import AgendaPoint, Meeting
from questionnaires.places import Base
from reports.demo.story import Stage, verb


@verb("meeting")
def plan(stage: Stage, act: dict[str, Any]) -> None:
    """Plan a meeting; what is open for those who come goes on its agenda, and points in words after it."""
    zone = zoneinfo.ZoneInfo(stage.engagement.time_zone)
    planned = meetings.plan(
        desk=stage.by,
        title=act["title"],
        starts_at=datetime.combine(stage.day(act["on"]), time.fromisoformat(act["begins"]), tzinfo=zone),
        minutes=act["minutes"],
        people=[stage.members[person] for person in act["people"]],
        at=stage.at,
    )
    stage.names["meeting", act["meeting"]] = planned.pk


def meeting_of(stage: Stage, name: str) -> Meeting:
    """Return a meeting of the story."""
    return Meeting.objects.get(pk=stage.names["meeting", name])


@verb("begin")
def begin(stage: Stage, act: dict[str, Any]) -> None:
    """Begin a meeting."""
    meetings.start(desk=stage.by, meeting=meeting_of(stage, act["begin"]), at=stage.at)


@verb("point")
def point(stage: Stage, act: dict[str, Any]) -> None:
    """Put a point in words on the agenda."""
    meeting = meeting_of(stage, act["point"])
    meetings.add(desk=stage.by, meeting=meeting, words=act["words"], minutes=act["minutes"], at=stage.at)


@verb("minute")
def minute(stage: Stage, act: dict[str, Any]) -> None:
    """Take a note under the point that names *about*, and tick it when it is done."""
    points = meeting_of(stage, act["minute"]).points.filter(title__icontains=act["about"])
    found: AgendaPoint = points.get()
    notes.note(
        desk=stage.by,
        point=found,
        text=stage.text(act["text"]),
        base=Base(found.note_version),
        key=stage.key(),
        at=stage.at,
    )
    if act.get("done"):
        meetings.tick(desk=stage.by, point=found, done=True, at=stage.at)


@verb("end")
def end(stage: Stage, act: dict[str, Any]) -> None:
    """End it; its receipt goes to everybody who came."""
    meetings.end(desk=stage.by, meeting=meeting_of(stage, act["end"]), at=stage.at)

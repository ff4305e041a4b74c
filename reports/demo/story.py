"""Read the demo's stories and play them through the product's own actions, with a clock."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import yaml
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Client, User, initials_of
from engagements.actions import engagements, people
from engagements.models import Engagement, Event, Mail, Membership
from questionnaires.access import Desk
from questionnaires.actions.opening import open_questionnaire
from questionnaires.models import Entry, FrameworkVersion, Questionnaire
from questionnaires.models.entry import REGISTER_PREFIX

FOLDER = Path(__file__).resolve().parent
PASSWORD = "throughline-demo"  # noqa: S105 - known on purpose; `manage.py demo` refuses anywhere but on this machine
NAMESPACE = uuid.UUID("6f2a4c1e-7a51-4f0c-9d53-0b8f2f7c7a10")


class UnknownAct(Exception):
    """A story has an act that nobody knows how to play."""


@dataclass
class Stage:
    """One engagement of the demo while its story is played."""

    engagement: Engagement
    questionnaire: Questionnaire
    members: dict[str, Membership]
    today: date
    now: datetime
    at: datetime
    act: dict[str, Any] = field(default_factory=dict)
    number: int = 0
    names: dict[Any, Any] = field(default_factory=dict)

    def desk(self, person: str) -> Desk:
        """Return the desk of a person of the story."""
        membership = self.members[person]
        membership.engagement = self.engagement
        return Desk(membership, self.questionnaire)

    @property
    def by(self) -> Desk:
        """The desk of who acts now."""
        return self.desk(self.act["by"])

    def entry(self, key: str) -> Entry:
        """Return the entry of an item's latest round, or of a register, as it is now."""
        entries = Entry.objects.filter(engagement=self.engagement, item_key=key).select_related(
            "round", "owner__user", "answered_by"
        )
        if not key.startswith(REGISTER_PREFIX):
            entries = entries.filter(round__is_latest=True)
        entry = entries.get()
        entry.engagement = self.engagement
        return entry

    def day(self, told: int | dict[str, int] | str | date) -> date:
        """Return the date of a day of the story, or of a calendar date as it is.

        Day 0 is today and every seven days make a working week, so that nothing happens on a weekend whatever
        weekday today is.
        """
        if isinstance(told, dict):
            told = told["day"]
        if isinstance(told, date):
            return told
        if isinstance(told, str):
            return date.fromisoformat(told)
        return working_day(self.today, 5 * (told // 7) + told % 7)

    def text(self, told: str) -> str:
        """Write out the days that a text of the story names, as ``{day:9}``."""
        return re.sub(r"\{day:(-?\d+)\}", lambda found: date_format(self.day(int(found[1])), "j F"), told)

    def key(self) -> uuid.UUID:
        """Return the one-time key of the next save; the same on every run."""
        self.number += 1
        return uuid.uuid5(NAMESPACE, f"{self.engagement.code}/{self.number}")


def working_day(today: date, count: int) -> date:
    """Return the working day that lies *count* working days from *today*; a weekend counts as its Friday."""
    today -= timedelta(days=max(0, today.weekday() - 4))
    weeks, rest = divmod(today.weekday() + count, 5)
    return today + timedelta(days=7 * weeks + rest - today.weekday())


Verb = Callable[[Stage, dict[str, Any]], None]
VERBS: dict[str, Verb] = {}


def verb(name: str) -> Callable[[Verb], Verb]:
    """Register what an act of that name does."""

    def register(function: Verb) -> Verb:
        VERBS[name] = function
        return function

    return register


def files() -> list[Path]:
    """Return the stories, in the order in which they are loaded."""
    return sorted(path for path in FOLDER.glob("*.yaml") if path.name != "people.yaml")


def cast() -> dict[str, Any]:
    """Return the clients and people of all stories."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / "people.yaml").read_text(encoding="utf-8"))
    return loaded


def make_people() -> dict[str, User]:
    """Create the clients and people that are not there yet; return people by key."""
    told = cast()
    clients: dict[str, Client] = {}
    for client in told["clients"]:
        clients[client["key"]], _new = Client.objects.get_or_create(
            name=client["name"],
            defaults={"short_name": client.get("short_name") or client["name"].split()[0]},
        )
    # One slow hash for all of them: the password is no secret.
    password = make_password(PASSWORD)
    found = {}
    for person in told["people"]:
        side = person["side"]
        user, _new = User.objects.get_or_create(
            email=person["email"].lower(),
            defaults={
                "display_name": person["name"],
                "initials": initials_of(person["name"]),
                "job_title": person.get("job_title", ""),
                "client": None if side == "firm" else clients[side],
                "is_administrator": person.get("administrator", False),
                "language": person.get("language", "en"),
                "time_zone": person.get("time_zone", "Europe/Berlin"),
                "password": password,
            },
        )
        found[person["key"]] = user
    return found


def play(path: Path, users: dict[str, User], *, today: date, now: datetime | None = None) -> Iterator[str]:
    """Play one story unless its engagement is there; give a line now and then for who is waiting."""
    now = now or timezone.now()
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    frame = told["engagement"]
    if Engagement.objects.filter(code=frame["code"]).exists():
        yield f"{frame['code']}: already there"
        return
    stage = _open(frame, told["members"], users, today=today, now=now)
    acts = told["story"]
    for number, act in enumerate(acts, start=1):
        stage.act = act
        stage.at = max(stage.at + timedelta(seconds=1), _moment(stage, act))
        name = next((key for key in act if key in VERBS), None)
        if name is None:
            raise UnknownAct(f"{path.name}, act {number}: none of {', '.join(act)} is a verb.")
        VERBS[name](stage, act)
        if number % 100 == 0:
            yield f"{frame['code']}: {number} of {len(acts)} acts"
    _look_away(stage)
    _keep_back_mail(stage.engagement)
    yield f"{frame['code']}: {len(acts)} acts, {stage.engagement.client.name}"


def _open(
    frame: dict[str, Any],
    members: list[dict[str, Any]],
    users: dict[str, User],
    *,
    today: date,
    now: datetime,
) -> Stage:
    version = FrameworkVersion.objects.order_by("-id").first()
    if version is None:
        raise LookupError("No framework is loaded.")
    client = Client.objects.get(
        name=next(c["name"] for c in cast()["clients"] if c["key"] == frame["client"])
    )
    managers = [member for member in members if member["role"] == "project_manager"]
    first = min(member["joined"] for member in members)
    manager = users[managers[0]["person"]]
    stage = Stage(Engagement(), Questionnaire(), {}, today, now, now)
    began = datetime.combine(stage.day(first), time(7, 30), tzinfo=UTC)
    engagement = engagements.create(
        by=manager,
        manager=manager,
        at=began,
        client=client,
        name=frame["name"],
        aim=frame["aim"],
        code=frame["code"],
        depth=frame["depth"],
        status=frame.get("status", "active"),
        start_date=stage.day(frame["start"]),
        end_date=stage.day(frame["end"]),
        budget=frame.get("budget"),
        spent=frame.get("spent"),
        currency=frame.get("currency", "EUR"),
        staffing=str(frame.get("staffing", "")),
        time_zone=frame.get("time_zone", "Europe/Berlin"),
    )
    questionnaire = open_questionnaire(engagement=engagement, version=version, by=manager, at=began)
    stage.engagement, stage.questionnaire, stage.at = engagement, questionnaire, began
    for member in sorted(members, key=lambda member: member["joined"]):
        at = datetime.combine(stage.day(member["joined"]), time(8, 0), tzinfo=UTC)
        stage.members[member["person"]] = people.join(
            engagement=engagement,
            user=users[member["person"]],
            role=member["role"],
            by=manager,
            functions=member.get("functions", []),
            may_sign=member.get("may_sign", False),
            at=min(at, now),
        )
    return stage


def _moment(stage: Stage, act: dict[str, Any]) -> datetime:
    hour, minute = map(int, str(act["at"]).split(":"))
    at = datetime.combine(stage.day(act["day"]), time(hour, minute), tzinfo=stage.engagement.zone)
    return min(at, stage.now)


def _look_away(stage: Stage) -> None:
    """Let everybody have looked last a few days ago, so that there is something new to see."""
    for number, membership in enumerate(stage.members.values()):
        seen_at = stage.now - timedelta(days=2 + number % 4)
        newest = (
            Event.objects.filter(engagement=stage.engagement, at__lte=seen_at)
            .order_by("-number")
            .values_list("number", flat=True)
            .first()
        )
        Membership.objects.filter(pk=membership.pk).update(seen_event=newest or 0, seen_at=seen_at)


def _keep_back_mail(engagement: Engagement) -> None:
    """Let nobody get a mail today about what the story tells of weeks ago."""
    Mail.objects.filter(engagement=engagement, state=Mail.State.QUEUED).update(
        state=Mail.State.DROPPED, text="", html=""
    )

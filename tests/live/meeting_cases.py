"""What meetings change on open pages: their own pages fetch themselves; `test_fragments` plays each."""

import uuid
from datetime import timedelta

from django.utils import timezone

from questionnaires.actions import meetings, notes
from questionnaires.models import AgendaPoint, Meeting
from questionnaires.places import Base

CASES = {}


def case(name):
    def register(function):
        CASES[name] = function
        return function

    return register


def _people(scene):
    return [scene.member("consultant"), scene.member("contributor")]


def _plan(scene, title="The need"):
    made = meetings.plan(
        desk=scene.at("consultant"),
        title=title,
        starts_at=timezone.now() + timedelta(days=1),
        minutes=60,
        people=_people(scene),
    )
    return Meeting.objects.get(pk=made.pk)


def _point(scene, meeting, words="What is wanted"):
    meetings.add(desk=scene.at("consultant"), meeting=meeting, words=words, minutes=10)
    return AgendaPoint.objects.select_related("meeting").filter(meeting=meeting).latest("pk")


def _started(scene):
    meeting = _plan(scene)
    point = _point(scene, meeting)
    meetings.start(desk=scene.at("consultant"), meeting=Meeting.objects.get(pk=meeting.pk))
    return Meeting.objects.get(pk=meeting.pk), AgendaPoint.objects.select_related("meeting").get(pk=point.pk)


@case("meetings.plan")
def _(scene):
    yield
    _plan(scene)


@case("meetings.change")
def _(scene):
    meeting = _plan(scene)
    yield
    meetings.change(
        desk=scene.at("consultant"),
        meeting=meeting,
        title="The need, once more",
        starts_at=meeting.starts_at,
        minutes=45,
        people=_people(scene),
    )


@case("meetings.cancel")
def _(scene):
    meeting = _plan(scene)
    yield
    meetings.cancel(desk=scene.at("consultant"), meeting=meeting)


@case("meetings.start")
def _(scene):
    meeting = _plan(scene)
    yield
    meetings.start(desk=scene.at("consultant"), meeting=meeting)


@case("meetings.end")
def _(scene):
    meeting, _found = _started(scene)
    yield
    meetings.end(desk=scene.at("consultant"), meeting=meeting)


@case("meetings.add")
def _(scene):
    meeting = _plan(scene)
    yield
    _point(scene, meeting)


@case("meetings.set_minutes")
def _(scene):
    point = _point(scene, _plan(scene))
    yield
    meetings.set_minutes(desk=scene.at("consultant"), point=point, minutes=15)


@case("meetings.move")
def _(scene):
    meeting = _plan(scene)
    _point(scene, meeting)
    point = _point(scene, meeting, "What comes next")
    yield
    meetings.move(desk=scene.at("consultant"), point=point, up=True)


@case("meetings.remove")
def _(scene):
    point = _point(scene, _plan(scene))
    yield
    meetings.remove(desk=scene.at("consultant"), point=point)


@case("meetings.tick")
def _(scene):
    _meeting, point = _started(scene)
    yield
    meetings.tick(desk=scene.at("consultant"), point=point, done=True)


@case("notes.note")
def _(scene):
    _meeting, point = _started(scene)
    yield
    notes.note(desk=scene.at("consultant"), point=point, text="Agreed.", base=Base(0), key=uuid.uuid4())


# What they change stands only on pages that always fetch themselves.
ELSEWHERE = set(CASES)

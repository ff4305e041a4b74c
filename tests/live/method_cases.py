"""What rounds, waivers, waiting, health, evidence and workbooks change on open pages; `test_fragments` plays each."""

from datetime import timedelta

from django.utils import timezone

from questionnaires.actions import coverage, health, importing, rounds, waiting, waiving
from questionnaires.models import Answer, WorkbookImport
from questionnaires.places import Place
from questionnaires.workbook.reading import Change

TEXT = "opening-request"
CASES = {}
# What it changes stands only on pages that always fetch themselves.
ELSEWHERE = {
    "waiting.nudge",
    "waiving.give",
    "waiving.end",
}
# Told by letting pages fetch themselves again: it touches many places at once.
FETCHED = {"coverage.mark", "health.override", "health.take_back", "rounds.start_round"}
# Keeps something for its author to look through; nothing of it stands on any page.
DRAFTS = {"importing.keep"}


def case(name):
    def register(function):
        CASES[name] = function
        return function

    return register


def _soon(days=10):
    return timezone.localdate() + timedelta(days=days)


def _gate(scene):
    desk = scene.at("project_manager")
    gate = next(gate for gate in desk.framework.gates if TEXT in gate.covers or gate.covers)
    return desk, gate, scene.entry(gate.item_key)


def _waive(scene):
    desk, gate, entry = _gate(scene)
    covered = next(key for key in gate.covers if desk.framework.has_item(key))
    return waiving.give(
        desk=desk, gate=gate, entry=entry, item_key=covered, reason="It comes later.", until=_soon()
    )


@case("rounds.start_round")
def _(scene):
    desk = scene.at("project_manager")
    scene.save("contributor", Place(TEXT), "We want a model", settle=True)
    yield
    rounds.start_round(desk=desk, step=desk.framework.steps[0], reason="The need changed.")


@case("rounds.ask_again")
def _(scene):
    desk = scene.at("project_manager")
    item = next(item for item in desk.framework.items if item.repeats and item.type == "long_text")
    scene.save("consultant", Place(item.key), "As every month", settle=True)
    yield f"step:{item.step_key}"
    rounds.ask_again(desk=desk, entry=scene.entry(item.key))


@case("waiving.give")
def _(scene):
    yield f"item:{_gate(scene)[1].item_key}"
    _waive(scene)


@case("waiving.end")
def _(scene):
    waiver = _waive(scene)
    yield f"item:{_gate(scene)[1].item_key}"
    waiving.end(desk=scene.at("project_manager"), waiver=waiver)


@case("waiting.hand_over")
def _(scene):
    yield f"item:{TEXT}"
    waiting.hand_over(
        desk=scene.at("consultant"), entry=scene.entry(TEXT), to=scene.member("contributor"), due=_soon()
    )


@case("waiting.nudge")
def _(scene):
    waiting.hand_over(desk=scene.at("consultant"), entry=scene.entry(TEXT), to=scene.member("contributor"))
    yield f"item:{TEXT}"
    waiting.nudge(desk=scene.at("consultant"), key=f"item:{TEXT}")


@case("health.override")
def _(scene):
    yield
    _set_health(scene)


@case("health.take_back")
def _(scene):
    _set_health(scene)
    yield
    health.take_back(desk=scene.at("project_manager"), step_key="")


def _set_health(scene):
    health.override(
        desk=scene.at("project_manager"), step_key="", level="watch", reason="A new sponsor.", until=_soon()
    )


@case("coverage.mark")
def _(scene):
    yield
    coverage.mark(desk=scene.at("consultant"), code="MLTS-D1", mark="manual", seen="")


@case("importing.take_over")
def _(scene):
    desk = scene.at("consultant")
    change = Change(TEXT, "1.1", "Opening request", part=Answer.Part.VALUE, value="Written on a train")
    found = WorkbookImport.objects.create(
        engagement=desk.engagement, name="a.xlsx", changes=[change.plain()], by=desk.membership.user
    )
    yield f"item:{TEXT}"
    importing.take_over(desk=desk, found=found, chosen=[0])

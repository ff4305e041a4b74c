"""A stale page plus the fragments that are streamed is a fresh page: for every action, both sides, every page it touches.

An action without a case here fails the last test. A case is a function called like the action; it may prepare
something first by yielding, does the action, and returns nothing.
"""

import difflib
import importlib
import inspect
import json
import pkgutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

import questionnaires.actions
from accounts.models import User
from engagements.actions import engagements, people
from engagements.models import Engagement, Membership
from engagements.policy import Role
from questionnaires.access import Desk
from questionnaires.actions import (
    answers,
    certainty,
    conflicts,
    entries,
    evidence,
    handover,
    rows,
    signing,
)
from questionnaires.live import SOURCE, Audience
from questionnaires.models import Answer, Conflict, Entry, Row
from questionnaires.places import Base, Place
from tests.live import advice_cases, meeting_cases, method_cases, trees
from tests.live.ears import number_of
from tests.people import World, browser_of, desk

pytestmark = pytest.mark.django_db

TEXT, CHOICE, TABLE, GATE, INTERNAL = (
    "opening-request",
    "buy-in",
    "stakeholders",
    "kickoff-sign-off",
    "pm-knows-timeframe",
)


@dataclass
class Scene:
    """Who acts on what."""

    world: World

    @property
    def engagement(self) -> Engagement:
        """The engagement of the story."""
        return self.world.engagement

    def at(self, name: str) -> Desk:
        """Return somebody's desk, freshly read."""
        return desk(self.world.people[name], self.engagement)

    def entry(self, key: str) -> Entry:
        """Return an item's entry, freshly read, as the door gives it."""
        found = (
            Entry.objects.of_latest_rounds()
            .select_related("round", "owner__user")
            .get(engagement=self.engagement, item_key=key)
        )
        found.engagement = Engagement.objects.get(pk=self.engagement.pk)
        return found

    def member(self, name: str) -> Membership:
        """Return somebody's membership."""
        return Membership.objects.select_related("engagement", "user").get(
            engagement=self.engagement, user=self.world.people[name]
        )

    def save(self, name: str, place: Place, raw: object, base: str = "0", *, settle: bool = False) -> None:
        """Save as somebody."""
        answers.save(
            desk=self.at(name), place=place, raw=raw, base=Base.parse(base), key=uuid.uuid4(), settle=settle
        )

    def rows(self, *names: str, key: str = TABLE) -> list[Row]:
        """Add rows with something in their first column."""
        column = Place(key).columns(self.at("consultant").framework)[0].key
        made = rows.add_rows(
            desk=self.at("consultant"), entry=self.entry(key), rows=[{column: name} for name in names]
        )
        return [self.again(row) for row in made]

    def again(self, row: Row) -> Row:
        """Return a row as it is now, with its entry."""
        return Row.objects.select_related("entry__round").get(pk=row.pk)

    def cell(self, row: Row) -> Place:
        """Return the first cell of a row."""
        columns = Place(row.entry.item_key).columns(self.at("consultant").framework)
        return Place(row.entry.item_key, row_id=row.pk, column=columns[0].key)

    def conflict(self, place: Place) -> Conflict:
        """Make two people write over each other."""
        current = Answer.objects.filter(
            entry__engagement=self.engagement,
            entry__item_key=place.item_key,
            row=place.row_id,
            column=place.column,
            part=place.part,
        ).first()
        base = str(current.version if current else 0)
        self.save("contributor", place, "Every fifteen minutes", base)
        self.save("consultant", place, "Once a night", base)
        return Conflict.objects.select_related("answer__entry__round").get(outcome="")


Case = Callable[[Scene], Iterator[None]]
CASES: dict[str, Case] = {}
# Told by letting pages fetch themselves again, because it touches what stands on every page, or too much.
FETCHED = {
    "people.join",
    "people.change_part",
    "engagements.set_frame",
    "engagements.set_status",
    "handover.leave",
}
# What it changes stands only on pages that always fetch themselves.
ELSEWHERE = {"certainty.set_check_by"}


def case(name: str) -> Callable[[Case], Case]:
    """Register a case for an action; several for one are told apart after a colon."""

    def register(function: Case) -> Case:
        CASES[name] = function
        return function

    return register


@case("answers.save: text")
def _(scene):
    yield
    scene.save("contributor", Place(TEXT), "We want a model")


@case("answers.save: merged")
def _(scene):
    scene.save("contributor", Place(TEXT), "We want a model")
    scene.save("consultant", Place(TEXT), "We want a careful model", "1")
    yield
    scene.save("contributor", Place(TEXT), "We want a model soon", "1")


@case("answers.save: conflict")
def _(scene):
    yield
    scene.conflict(Place(TEXT))


@case("answers.save: conflict goes on")
def _(scene):
    conflict = scene.conflict(Place(TEXT))
    yield
    scene.save("consultant", Place(TEXT), "Once a night, or twice", f"0c{conflict.pk}.1")


@case("answers.save: choice that shows and hides")
def _(scene):
    yield
    scene.save("contributor", Place(CHOICE), "reserved")


@case("answers.save: choice in an internal item that shows one of the client's")
def _(scene):
    yield
    scene.save("consultant", Place(INTERNAL), "no")


@case("answers.save: note")
def _(scene):
    yield
    scene.save("consultant", Place(TEXT, part="note"), "Between us")


@case("answers.save: words")
def _(scene):
    yield
    scene.save("contributor", Place(TABLE, part="words"), "The head of radiology, mostly")


@case("answers.save: cell")
def _(scene):
    row = scene.rows("Ana", "Ben")[0]
    yield
    scene.save("contributor", scene.cell(row), "Ana Lima", "1")


@case("answers.save: first cell of a row")
def _(scene):
    row = scene.rows("", "Ben")[0]
    yield
    scene.save("contributor", scene.cell(row), "Ana")


@case("answers.save: cell of a register")
def _(scene):
    row = scene.rows("Data late", "Nobody decides", key="register:risks")[1]
    yield "register:risks"
    scene.save("consultant", scene.cell(row), "Nobody decides in time", "1")


@case("answers.save: conflict in a cell")
def _(scene):
    row = scene.rows("Ana", "Ben")[0]
    yield
    scene.conflict(scene.cell(row))


@case("answers.save: cell whose other value is shown beside it")
def _(scene):
    row = scene.rows("Ana", "Ben")[0]
    scene.conflict(scene.cell(row))
    yield
    scene.save("contributor", scene.cell(row), "Every quarter of an hour", "2")


@case("answers.save: row that was deleted")
def _(scene):
    row = scene.rows("Ana", "Ben")[0]
    rows.delete_row(desk=scene.at("consultant"), row=row)
    yield
    scene.save("contributor", scene.cell(row), "Ana Lima", "1")


@case("answers.settle_entry")
def _(scene):
    scene.save("contributor", Place(TEXT), "We want a model")
    yield
    answers.settle_entry(desk=scene.at("contributor"), entry=scene.entry(TEXT))


@case("answers.settle_entry: table")
def _(scene):
    scene.rows("Ana", "Ben")
    yield
    answers.settle_entry(desk=scene.at("contributor"), entry=scene.entry(TABLE))


@case("certainty.assume")
def _(scene):
    entries.mark_unknown(
        desk=scene.at("contributor"),
        entry=scene.entry(TEXT),
        finder=scene.member("contributor"),
        find_by=date(2026, 12, 4),
    )
    yield
    certainty.assume(
        desk=scene.at("consultant"),
        entry=scene.entry(TEXT),
        raw="About forty a day",
        base=Base(0),
        key=uuid.uuid4(),
        check_by=date(2026, 12, 11),
    )


@case("certainty.set_check_by")
def _(scene):
    scene.save("contributor", Place(TEXT), "About forty", settle=True)
    entries.set_grounds(
        desk=scene.at("consultant"),
        entry=scene.entry(TEXT),
        certainty="assumption",
        source="",
        seen={"certainty": "", "source": ""},
    )
    yield
    certainty.set_check_by(
        desk=scene.at("consultant"), entry=scene.entry(TEXT), check_by=date(2026, 12, 11), seen=None
    )


@case("conflicts.decide")
def _(scene):
    conflict = scene.conflict(Place(TEXT))
    yield
    conflicts.decide(
        desk=scene.at("contributor"), conflict=conflict, outcome="mine", shown=conflicts.Shown(1, 1)
    )


@case("conflicts.decide: cell")
def _(scene):
    row = scene.rows("Ana", "Ben")[1]
    conflict = scene.conflict(scene.cell(row))
    yield
    conflicts.decide(
        desk=scene.at("contributor"), conflict=conflict, outcome="mine", shown=conflicts.Shown(2, 1)
    )


@case("conflicts.restore")
def _(scene):
    scene.save("contributor", Place(TEXT), "First")
    scene.save("contributor", Place(TEXT), "Second", "1")
    yield
    answer = Answer.objects.select_related("entry__round").get(entry=scene.entry(TEXT), part="value")
    conflicts.restore(desk=scene.at("contributor"), answer=answer, version=1)


@case("entries.set_grounds")
def _(scene):
    yield
    entries.set_grounds(
        desk=scene.at("consultant"),
        entry=scene.entry(TEXT),
        certainty="fact",
        source="Annual report",
        seen={"certainty": "", "source": ""},
    )


@case("entries.assign")
def _(scene):
    yield
    entries.assign(
        desk=scene.at("consultant"),
        entry=scene.entry(TEXT),
        to=scene.member("contributor"),
        due=date(2026, 12, 2),
    )


@case("entries.mark_unknown")
def _(scene):
    yield
    entries.mark_unknown(
        desk=scene.at("contributor"),
        entry=scene.entry(TEXT),
        finder=scene.member("sponsor"),
        find_by=date(2026, 12, 4),
    )


@case("entries.mark_not_applicable")
def _(scene):
    scene.save("contributor", Place(CHOICE), "reserved")
    yield
    entries.mark_not_applicable(desk=scene.at("consultant"), entry=scene.entry(CHOICE), reason="out-of-scope")


@case("entries.bring_back")
def _(scene):
    entries.mark_not_applicable(desk=scene.at("consultant"), entry=scene.entry(TEXT), reason="out-of-scope")
    yield
    entries.bring_back(desk=scene.at("consultant"), entry=scene.entry(TEXT))


@case("entries.confirm")
def _(scene):
    scene.save("contributor", Place(TEXT), "We want a model", settle=True)
    yield
    entries.confirm(desk=scene.at("consultant"), entry=scene.entry(TEXT))


@case("entries.still_holds")
def _(scene):
    _revisit(scene)
    flagged = Entry.objects.filter(engagement=scene.engagement, revisit=True).first()
    yield
    entries.still_holds(desk=scene.at("consultant"), entry=scene.entry(flagged.item_key))


@case("answers.save: what rests on it is flagged")
def _(scene):
    scene.save("contributor", Place(TEXT), "We want a model", settle=True)
    scene.save("consultant", Place("request-restated"), "They want a model", settle=True)
    yield
    scene.save("contributor", Place(TEXT), "We want two models", "1", settle=True)
    assert scene.entry("request-restated").revisit


def _revisit(scene):
    scene.save("contributor", Place(TEXT), "We want a model", settle=True)
    scene.save("consultant", Place("request-restated"), "They want a model", settle=True)
    scene.save("contributor", Place(TEXT), "We want two models", "1", settle=True)


@case("evidence.attach")
def _(scene):
    yield
    evidence.attach(
        desk=scene.at("contributor"),
        entry=scene.entry(TEXT),
        upload=SimpleUploadedFile("org.txt", b"Who is who"),
    )


@case("evidence.attach: only for us")
def _(scene):
    yield
    evidence.attach(
        desk=scene.at("consultant"),
        entry=scene.entry(TEXT),
        upload=SimpleUploadedFile("org.txt", b"Who is who"),
        firm_only=True,
    )


@case("evidence.answer_with")
def _(scene):
    key = next(
        item.key
        for item in scene.at("consultant").framework.items
        if item.type == "file" and scene.entry(item.key).shown
    )
    file = evidence.attach(
        desk=scene.at("contributor"),
        entry=scene.entry(key),
        upload=SimpleUploadedFile("org.txt", b"Who is who"),
    )
    yield f"item:{key}"
    evidence.answer_with(desk=scene.at("contributor"), place=Place(key), file=file)


@case("handover.leave")
def _(scene):
    entries.assign(desk=scene.at("consultant"), entry=scene.entry(TEXT), to=scene.member("contributor"))
    yield
    handover.leave(
        desk=scene.at("project_manager"), membership=scene.member("contributor"), to=scene.member("sponsor")
    )


@case("rows.add_row")
def _(scene):
    scene.rows("Ana", "Ben")
    yield
    rows.add_row(desk=scene.at("contributor"), entry=scene.entry(TABLE), key=uuid.uuid4())


@case("rows.add_row: the first one")
def _(scene):
    yield
    rows.add_row(desk=scene.at("contributor"), entry=scene.entry(TABLE), key=uuid.uuid4())


@case("rows.add_row: between others")
def _(scene):
    first = scene.rows("Ana", "Ben")[0]
    yield
    rows.add_row(desk=scene.at("contributor"), entry=scene.entry(TABLE), key=uuid.uuid4(), after=first)


@case("rows.add_rows")
def _(scene):
    scene.rows("Ana")
    yield
    scene.rows("Ben", "Cem", "Dia")


@case("rows.add_rows: register")
def _(scene):
    yield "register:risks"
    scene.rows("Data late", key="register:risks")


@case("rows.paste")
def _(scene):
    scene.rows("Ana")
    column = Place(TABLE).columns(scene.at("consultant").framework)[0].key
    yield
    rows.paste(
        desk=scene.at("contributor"),
        entry=scene.entry(TABLE),
        rows=[{column: f"Person {n}"} for n in range(230)],
    )


@case("rows.delete_row")
def _(scene):
    middle = scene.rows("Ana", "Ben", "Cem")[1]
    yield
    rows.delete_row(desk=scene.at("contributor"), row=scene.again(middle))


@case("rows.delete_row: the last one")
def _(scene):
    (only,) = scene.rows("Ana")
    yield
    rows.delete_row(desk=scene.at("contributor"), row=scene.again(only))


@case("rows.delete_row: with two values in it")
def _(scene):
    row = scene.rows("Ana", "Ben")[0]
    scene.conflict(scene.cell(row))
    yield
    rows.delete_row(desk=scene.at("contributor"), row=scene.again(row))
    assert not scene.entry(TABLE).conflict


@case("rows.restore_row")
def _(scene):
    middle = scene.rows("Ana", "Ben", "Cem")[1]
    rows.delete_row(desk=scene.at("contributor"), row=scene.again(middle))
    yield
    rows.restore_row(desk=scene.at("contributor"), row=scene.again(middle))


@case("rows.move_row")
def _(scene):
    last = scene.rows("Ana", "Ben", "Cem")[2]
    yield
    rows.move_row(desk=scene.at("contributor"), row=scene.again(last), up=True)


@case("rows.move_row: several, with two values in one")
def _(scene):
    first, second, third = scene.rows("Ana", "Ben", "Cem")
    scene.conflict(scene.cell(second))
    yield
    rows.move_row(desk=scene.at("contributor"), row=scene.again(first), up=False)
    rows.move_row(desk=scene.at("consultant"), row=scene.again(third), up=True)


@case("rows.keep_row")
def _(scene):
    row = scene.rows("Ana", "Ben")[0]
    rows.delete_row(desk=scene.at("consultant"), row=row)
    scene.save("contributor", scene.cell(row), "Ana Lima", "1")
    yield
    rows.keep_row(desk=scene.at("consultant"), row=scene.again(row))


@case("signing.sign")
def _(scene):
    yield
    _sign(scene)


def _sign(scene):
    at = scene.at("project_manager")
    entry = scene.entry(GATE)
    seen = signing.fingerprint(signing.covered_values(at.view, signing.gate_of(at, entry)))
    return signing.sign(desk=at, entry=entry, function="pm", statement="I agree", seen=seen)


@case("signing.withdraw")
def _(scene):
    signed = _sign(scene)
    yield
    signing.withdraw(desk=scene.at("project_manager"), sign_off=signed, why="Too early")


@case("answers.save: what was signed changes")
def _(scene):
    scene.save("contributor", Place(TEXT), "We want a model", settle=True)
    _sign(scene)
    yield
    scene.save("contributor", Place(TEXT), "We want two models", "1", settle=True)


@case("signing.ask")
def _(scene):
    yield
    signing.ask(
        desk=scene.at("project_manager"), entry=scene.entry(GATE), function="sponsor", words="By Friday"
    )


@case("people.join")
def _(scene):
    yield
    people.join(
        engagement=scene.engagement,
        user=scene.world.people["outsider"],
        role=Role.CONSULTANT,
        by=scene.world.people["project_manager"],
    )


@case("people.change_part")
def _(scene):
    yield
    people.change_part(
        membership=scene.member("contributor"),
        role=Role.CLIENT_REVIEWER,
        functions=[],
        may_sign=False,
        by=scene.world.people["project_manager"],
    )


@case("engagements.set_frame")
def _(scene):
    yield
    engagements.set_frame(
        engagement=scene.engagement, by=scene.world.people["project_manager"], name="Strokes, sooner"
    )


@case("engagements.set_status")
def _(scene):
    yield
    engagements.set_status(
        engagement=scene.engagement, status="closed", by=scene.world.people["project_manager"]
    )


CASES |= advice_cases.CASES | method_cases.CASES | meeting_cases.CASES
ELSEWHERE |= advice_cases.ELSEWHERE | method_cases.ELSEWHERE | meeting_cases.ELSEWHERE
FETCHED |= method_cases.FETCHED


# ---- the oracle


def address(engagement: Engagement, page: str) -> str:
    """Return where a page is."""
    kind, _, key = page.partition(":")
    if kind == "step":
        return reverse(
            "questionnaires:step", args=[engagement.pk, engagement.questionnaire.framework.step(key).number]
        )
    return reverse(f"questionnaires:{kind}", args=[engagement.pk, key])


def draw(person: User, engagement: Engagement, page: str) -> trees.Node:
    """Return the main part of a page as it is now."""
    response = browser_of(person).get(address(engagement, page))
    assert response.status_code == 200, page
    main = trees.read(response.content.decode()).find("main")
    assert main is not None
    return main


def written(page: trees.Node) -> list[str]:
    """Return a page as lines."""
    return list(trees.lines(page))


VIEWERS = {"firm": "consultant", "client": "sponsor"}


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_stale_page_with_the_fragments_is_a_fresh_page(world, name):
    scene = Scene(world)
    story = CASES[name](scene)
    own = next(story)
    places = [
        ("firm", own or "step:approach"),
        ("client", own or "step:approach"),
        ("client", f"item:{TEXT}"),
    ]
    stale = {place: draw(world.people[VIEWERS[place[0]]], scene.engagement, place[1]) for place in places}
    before = {place: written(page) for place, page in stale.items()}
    since = number_of(scene.engagement)

    with pytest.raises(StopIteration):
        next(story)
    audiences = {(side, page): str(Audience(side, "en", page)) for side, page in stale}
    batch = SOURCE.draw(scene.engagement.pk, dict.fromkeys(audiences.values(), since))

    assert number_of(scene.engagement) > since, "the action wrote no event"
    assert batch.number == number_of(scene.engagement)
    changed = 0
    for place, page in stale.items():
        kind, data = told(batch.messages.get(audiences[place]))
        fresh = written(draw(world.people[VIEWERS[place[0]]], scene.engagement, place[1]))
        changed += fresh != before[place]
        if kind == "resync":
            assert name in FETCHED
            continue
        assert name not in FETCHED
        if kind == "fragments":
            trees.patch(page, data["html"])
        difference = "\n".join(
            difflib.unified_diff(written(page), fresh, "patched", "fresh", lineterm="", n=2)
        )
        assert not difference, f"{place}\n{difference[:4000]}"
    assert changed or name in FETCHED | ELSEWHERE, "the action changed no page, so this case proves nothing"


def told(message: bytes | None) -> tuple[str, dict]:
    """Take a message apart."""
    if message is None:
        return "nothing", {}
    found = dict(line.split(": ", 1) for line in message.decode().splitlines() if ": " in line)
    return found["event"], json.loads(found["data"]) or {}


def actions() -> set[str]:
    """Return every public function of `questionnaires.actions` that acts from somebody's desk."""
    found = set()
    for module in pkgutil.iter_modules(questionnaires.actions.__path__):
        loaded = importlib.import_module(f"questionnaires.actions.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            own = inspect.unwrap(function).__module__ == loaded.__name__
            if own and not name.startswith("_") and "desk" in inspect.signature(function).parameters:
                desk = inspect.signature(function).parameters["desk"]
                if desk.kind is inspect.Parameter.KEYWORD_ONLY:
                    found.add(f"{module.name}.{name}")
    return found


def test_every_action_has_a_case():
    assert actions() - {name.partition(":")[0] for name in CASES} == method_cases.DRAFTS

"""People in any order: typing, saving, losing the network, coming back, deciding, moving rows, losing the right.

A machine that Hypothesis drives. Each window does what the page's script does: a field keeps the text as typed with
the base it rests on; a save that is not acknowledged is sent again with its key, whatever was typed meanwhile; what
comes by the stream is put into a page that may be old. A request may die at any of its statements, its answer may be
lost or late, and it may arrive twice, at once or long afterwards.

After every step each acknowledged word is in a text, in a kept conflict, or was deleted by somebody whose page showed
it. At the end every page that may still be open equals a fresh one, and what is stored agrees with itself.
"""

import contextlib
import difflib
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db import OperationalError, connection, transaction
from django.test import Client as Browser
from django.urls import reverse
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engagements import integrity as talk_integrity
from questionnaires import integrity
from questionnaires.actions import handover
from questionnaires.live import SOURCE, Audience
from questionnaires.models import Answer, Conflict, Entry, Revision, Row
from tests.live import trees
from tests.live.test_fragments import told
from tests.people import World, desk

TEXT, OTHER, TABLE, STEP = "opening-request", "request-restated", "stakeholders", "approach"
SECRET = "geheim"
CELL = "name-or-group"

picks = st.integers(0, 997)
# What becomes of a request: it arrives; it dies at a statement; its answer is lost; it arrives twice; its answer is late.
fates = st.one_of(
    st.just("arrives"),
    st.integers(1, 14),
    st.sampled_from(["answer lost", "twice", "answer late"]),
)


@dataclass
class Flight:
    """A save that was sent and not acknowledged."""

    value: str
    base: str
    key: str
    gone: frozenset[str]


@dataclass
class Typed:
    """A field somebody is in: what they typed, and what it rests on."""

    url: str
    part: str
    text: str
    base: str
    rests: str
    gone: set[str] = field(default_factory=set)
    flight: Flight | None = None

    @property
    def is_dirty(self) -> bool:
        """Say whether it holds what the server has not acknowledged."""
        return self.flight is not None or self.text != self.rests


@dataclass(eq=False)
class Window:
    """One open page of one person."""

    name: str
    side: str
    browser: Browser
    tree: trees.Node = field(default_factory=lambda: trees.Node("root"))
    number: int = 0
    fields: dict[str, Typed] = field(default_factory=dict)
    late: list[tuple[Typed, Flight, Any]] = field(default_factory=list)
    adding: str = ""
    is_online: bool = True
    is_out: bool = False


class Windows(RuleBasedStateMachine):
    """The world of one run; `of` makes it for a test's world and browsers."""

    world: ClassVar[World]
    browsers: ClassVar[dict[str, Browser]]
    happened: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.run = transaction.atomic()
        self.run.__enter__()
        self.count = 0
        self.acked: set[str] = set()
        self.deleted: set[str] = set()
        self.sent: set[str] = set()
        self.past: list[tuple[Window, Typed, Flight]] = []
        self.windows: list[Window] = []

    @initialize()
    def people_open_the_page(self) -> None:
        """Carla of the firm, Cem in two windows, and Sofie, where some words and rows are there already."""
        words = "one two three four five six seven eight nine ten"
        self.sent |= set(words.split())
        self.acked |= set(words.split())
        for key, text in ((TEXT, words), (OTHER, words)):
            url = reverse("questionnaires:answer", args=[self.world.engagement.pk, key])
            form = {"value": text, "base": "0", "key": str(uuid.uuid4())}
            assert self.browsers["consultant"].post(url, form, headers={"X-Fragment": "1"}).status_code == 200
        url = reverse("questionnaires:row-add", args=[self.world.engagement.pk, TABLE])
        for _row in range(3):
            self.browsers["consultant"].post(url, {"key": str(uuid.uuid4())}, headers={"X-Fragment": "1"})
        for name, side in (
            ("consultant", "firm"),
            ("contributor", "client"),
            ("contributor", "client"),
            ("sponsor", "client"),
        ):
            window = Window(name, side, self.browsers[name])
            self.windows.append(window)
            self.look(window)

    # ---- what people do

    @rule(who=picks, where=picks, at=picks, takes_out=st.integers(0, 2))
    def type(self, who: int, where: int, at: int, takes_out: int) -> None:
        """Put a word somewhere, and sometimes take one out."""
        self.put_a_word(self.of_open(who), where, at, takes_out)

    def put_a_word(self, window: Window, where: int, at: int, takes_out: int) -> Typed:
        """Type; half of the time all write in one place."""
        fields = [node for node in window.tree.walk() if self.is_field(node)]
        node = fields[where // 2 % len(fields)] if where % 2 else window.tree.find(f"f-{TEXT}")
        assert node is not None
        typed = window.fields.get(node.id) or self.enter(window, node)
        words = typed.text.split(" ") if typed.text else []
        if takes_out == 2 and len(words) > 2:
            typed.gone.add(words.pop(at % len(words)))
        self.count += 1
        kind = SECRET if typed.part == "note" else "word"
        words.insert(at % (len(words) + 1), f"{kind}{self.count}{window.name[:3]}")
        typed.text = " ".join(words)
        return typed

    @rule(who=picks, where=picks, at=picks, takes_out=st.integers(0, 2), fate=fates)
    def write(self, who: int, where: int, at: int, takes_out: int, fate: str | int) -> None:
        """Type, and pause."""
        window = self.of_open(who)
        typed = self.put_a_word(window, where, at, takes_out)
        if window.is_online:
            self.send(window, typed, fate)

    @rule(story=st.lists(st.tuples(picks, picks, picks, st.integers(0, 2), fates), min_size=3, max_size=8))
    def all_write(self, story: list[tuple[int, int, int, int, str | int]]) -> None:
        """Several people write, one after the other, without looking up."""
        for part in story:
            self.write(*part)

    @rule(
        pair=st.tuples(picks, picks),
        at=picks,
        is_overtaken=st.booleans(),
        who=picks,
        outcome=st.sampled_from(["mine", "theirs", "combined"]),
    )
    def two_disagree(
        self, pair: tuple[int, int], at: int, is_overtaken: bool, who: int, outcome: str
    ) -> None:
        """Two windows change the same words, and somebody decides."""
        windows = [window for window in self.windows if window.is_online and not window.is_out]
        if len(windows) < 2:
            return
        one = windows.pop(pair[0] % len(windows))
        other = windows[pair[1] % len(windows)]
        for window in (one, other):
            self.send_all(window)
            self.hear(window)
            window.fields.pop(f"f-{TEXT}", None)
        typed = [self.put_a_word(window, 0, at, 2) for window in (one, other)]
        self.send(one, typed[0])
        self.send(other, typed[1], "answer late" if is_overtaken else "arrives")
        if is_overtaken:
            self.put_a_word(one, 0, at + 3, 0)
            self.send(one, typed[0])
            self.hear(other)
            self.answers_come(other)
        self.decide(who, at, outcome, hears=True)

    @rule(who=picks, which=picks, fate=fates)
    def save(self, who: int, which: int, fate: str | int) -> None:
        """Send what a field holds; what was sent before goes first, with its key."""
        window = self.of_open(who)
        dirty = [typed for typed in window.fields.values() if typed.is_dirty]
        if window.is_online and dirty:
            self.send(window, dirty[which % len(dirty)], fate)

    @rule(who=picks, which=picks)
    def leave(self, who: int, which: int) -> None:
        """Leave a field that is saved: it is called done, and shows what stands."""
        window = self.of_open(who)
        clean = [key for key, typed in window.fields.items() if not typed.is_dirty]
        if clean:
            typed = window.fields.pop(clean[which % len(clean)])
            if window.is_online and "/cells/" not in typed.url:
                self.post(window, re.sub(r"/answer/$", "/settle/", typed.url), {})

    @rule(who=picks)
    def go_offline(self, who: int) -> None:
        """Lose the network, with whatever is under way."""
        self.of_open(who).is_online = False

    @rule(who=picks)
    def come_back(self, who: int) -> None:
        """Be online again: what waited is sent in order, and what happened meanwhile is told."""
        window = self.of_open(who)
        if not window.is_online:
            window.is_online = True
            self.send_all(window)
            self.hear(window)

    @rule(who=picks)
    def reload(self, who: int) -> None:
        """Open the page again: what was not acknowledged is kept in the browser and sent again."""
        window = self.of_open(who)
        if window.is_online:
            window.late.clear()
            window.fields = {key: typed for key, typed in window.fields.items() if typed.is_dirty}
            self.look(window)
            self.send_all(window)

    @rule(who=picks, twice=st.booleans())
    def hear_of_others(self, who: int, twice: bool) -> None:
        """Get what the stream tells, perhaps a second time."""
        window = self.of_open(who)
        if window.is_online:
            self.hear(window, 2 if twice else 1)

    @rule(which=picks, is_overtaken=st.booleans())
    @precondition(lambda self: any(window.late for window in self.windows))
    def a_late_answer_comes(self, which: int, is_overtaken: bool) -> None:
        """Get the answer to a save, perhaps after the stream has told more."""
        waiting = [window for window in self.windows if window.late and not window.is_out]
        if waiting:
            window = waiting[which % len(waiting)]
            if is_overtaken:
                self.hear(window)
            self.acknowledge(window, *window.late.pop(0))

    @rule(which=picks)
    @precondition(lambda self: self.past)
    def an_old_request_comes_again(self, which: int) -> None:
        """A request that was acknowledged long ago arrives once more and changes nothing."""
        window, typed, flight = self.past[which % len(self.past)]
        if window.is_out:
            return
        before = self.stored()
        response = self.post(window, typed.url, self.form(typed, flight))
        assert response.status_code == 200
        assert self.stored() == before, "a request that had been stored changed something when it came again"

    # ---- conflicts and rows

    @rule(
        who=picks, which=picks, outcome=st.sampled_from(["mine", "theirs", "combined"]), hears=st.booleans()
    )
    def decide(self, who: int, which: int, outcome: str, hears: bool) -> None:
        """Choose between two texts that the page shows side by side, which may be old by now."""
        window = self.of_open(who)
        if hears and window.is_online:
            self.hear(window)
        shown = [node for node in window.tree.walk() if re.fullmatch(r"conflict-\d+", node.id)]
        if not shown or not window.is_online:
            return
        node = shown[which % len(shown)]
        conflict = Conflict.objects.select_related("answer").get(pk=node.id.removeprefix("conflict-"))
        before = set((conflict.answer.value or "").split())
        hidden = {
            one.attributes["name"]: one.attributes["value"] for one in node.walk() if one.name == "input"
        }
        form = {"outcome": outcome, "version": hidden["version"], "saves": hidden["saves"]}
        if outcome == "combined":
            both = [*(conflict.value or "").split(), *(conflict.answer.value or "").split()]
            form["value"] = " ".join(dict.fromkeys(both))
        url = reverse("questionnaires:conflict-decide", args=[self.world.engagement.pk, conflict.pk])
        response = self.post(window, url, form)
        if response.status_code == 409:
            # It was decided or went on meanwhile: nothing was changed, and the page looks again.
            self.look(window)
            return
        assert response.status_code == 200, response.content
        self.happened[f"decided {outcome}"] += 1
        conflict.answer.refresh_from_db()
        removed = before - set((conflict.answer.value or "").split())
        seen = set(text_of(node).split())
        assert removed <= seen, f"deciding removed {removed - seen}, which the page did not show"
        self.deleted |= removed
        self.put_in(window, response)

    @rule(who=picks, fate=st.sampled_from(["arrives", "answer lost", "twice", 1, 3, 5, 7]))
    def add_a_row(self, who: int, fate: str | int) -> None:
        """Add a row; pressed again after an accident it is the same row."""
        window = self.of_open(who)
        if not window.is_online:
            return
        window.adding = window.adding or str(uuid.uuid4())
        url = reverse("questionnaires:row-add", args=[self.world.engagement.pk, TABLE])
        for _time in range(2 if fate == "twice" else 1):
            response = self.post(window, url, {"key": window.adding}, dies_at=fate)
        if fate == "answer lost" or response.status_code >= 500:
            return
        assert Row.objects.filter(key=window.adding).count() == 1
        window.adding = ""
        self.put_in(window, response)

    @rule(who=picks, which=picks, deed=st.sampled_from(["delete", "move", "move", "keep"]), up=st.booleans())
    def change_a_row(self, who: int, which: int, deed: str, up: bool) -> None:
        """Delete, move or keep a row that the page shows."""
        window = self.of_open(who)
        rows = [node.attributes["data-row"] for node in window.tree.walk() if "data-row" in node.attributes]
        if rows and window.is_online:
            row = rows[which % len(rows)]
            self.at_row(window, deed, row, {"to": "up" if up else "down"} if deed == "move" else {})

    @rule(who=picks, which=picks)
    def bring_a_row_back(self, who: int, which: int) -> None:
        """Take a deletion back."""
        window = self.of_open(who)
        gone = Row.objects.filter(entry__engagement=self.world.engagement, deleted_at__isnull=False)
        if window.is_online and (rows := list(gone.order_by("pk").values_list("pk", flat=True))):
            self.at_row(window, "bring-back", rows[which % len(rows)], {})

    # ---- losing the right

    @rule()
    @precondition(lambda self: not any(window.is_out for window in self.windows) and self.count > 6)
    def sofie_is_taken_out(self) -> None:
        """End a membership: nothing is told or taken any more."""
        seat = self.world.engagement.memberships.select_related("user", "engagement").get(
            user=self.world.people["sponsor"]
        )
        manager = desk(self.world.people["project_manager"], self.world.engagement)
        handover.leave(desk=manager, membership=seat)
        for window in self.windows:
            if window.name == "sponsor":
                window.is_out = True
                assert window.browser.get(self.address()).status_code == 404
                for typed in window.fields.values():
                    if typed.is_dirty:
                        flight = typed.flight or self.flight(typed)
                        assert self.post(window, typed.url, self.form(typed, flight)).status_code == 404

    # ---- what has to hold

    @invariant()
    def no_word_is_lost_none_is_there_twice_and_none_is_strange(self) -> None:
        """Account for every acknowledged word."""
        texts = [
            value
            for value in Answer.objects.filter(entry__engagement=self.world.engagement).values_list(
                "value", flat=True
            )
            if isinstance(value, str)
        ]
        kept = [
            value
            for value in Conflict.objects.filter(answer__entry__engagement=self.world.engagement).values_list(
                "value", flat=True
            )
            if isinstance(value, str)
        ]
        there = {word for text in (*texts, *kept) for word in text.split()}
        lost = {word for word in self.acked if word not in there} - self.deleted
        assert not lost, f"lost: {lost}"
        for text in texts:
            words = text.split()
            assert len(words) == len(set(words)), f"twice: {text}"
        assert there <= self.sent, f"nobody wrote {there - self.sent}"

    def teardown(self) -> None:
        """Let everything come to rest and compare; take all of it back."""
        try:
            if self.windows:
                self.come_to_rest()
        finally:
            transaction.set_rollback(True)
            self.run.__exit__(None, None, None)

    def come_to_rest(self) -> None:
        """Everybody is back, everything is sent and told: each page is a fresh page."""
        rest = [window for window in self.windows if not window.is_out]
        for window in rest:
            window.is_online = True
            self.answers_come(window)
            self.send_all(window)
            window.fields.clear()
        self.no_word_is_lost_none_is_there_twice_and_none_is_strange()
        for window in rest:
            self.hear(window)
            fresh = Window(window.name, window.side, window.browser)
            self.look(fresh)
            difference = "\n".join(
                difflib.unified_diff(
                    list(trees.lines(window.tree)),
                    list(trees.lines(fresh.tree)),
                    "patched",
                    "fresh",
                    lineterm="",
                )
            )
            assert not difference, f"{window.name}\n{difference[:3000]}"
        assert list(integrity.problems(self.world.engagement)) == []
        assert list(talk_integrity.problems(self.world.engagement)) == []

    # ---- how it is done

    def of_open(self, who: int) -> Window:
        """Return one of the windows whose person is still in."""
        windows = [window for window in self.windows if not window.is_out]
        return windows[who % len(windows)]

    def is_field(self, node: trees.Node) -> bool:
        """Say whether somebody writes there: two texts, names in the table, and the firm's note."""
        return node.name == "textarea" and (
            node.id in (f"f-{TEXT}", f"f-{OTHER}", f"n-{TEXT}")
            or re.fullmatch(rf"c-\d+-{CELL}", node.id) is not None
        )

    def enter(self, window: Window, node: trees.Node) -> Typed:
        """Put the caret into a field."""
        pk = self.world.engagement.pk
        if node.id.startswith("c-"):
            url = node.attributes["data-save"]
        else:
            url = reverse("questionnaires:answer", args=[pk, node.id[2:]])
        text = "".join(child.text for child in node.children)
        typed = Typed(url, node.attributes.get("data-part", ""), text, node.attributes["data-base"], text)
        window.fields[node.id] = typed
        return typed

    def flight(self, typed: Typed) -> Flight:
        """Return what is sent of a field now."""
        return Flight(typed.text, typed.base, str(uuid.uuid4()), frozenset(typed.gone))

    def form(self, typed: Typed, flight: Flight) -> dict[str, str]:
        """Return a save as a form."""
        part = {"part": typed.part} if typed.part else {}
        return {"value": flight.value, "base": flight.base, "key": flight.key, **part}

    def send(self, window: Window, typed: Typed, fate: str | int = "arrives") -> None:
        """Send one save, and let it meet its fate."""
        if any(one is typed for one, _flight, _response in window.late):
            return
        flight = typed.flight = typed.flight or self.flight(typed)
        self.sent |= set(flight.value.split())
        response = self.post(window, typed.url, self.form(typed, flight), dies_at=fate)
        if fate == "twice":
            before = self.stored()
            response = self.post(window, typed.url, self.form(typed, flight))
            assert self.stored() == before
        if fate == "answer lost" or response.status_code >= 500:
            self.happened["died" if response.status_code >= 500 else "answer lost"] += 1
            return
        assert response.status_code == 200, response.content
        if fate == "answer late":
            window.late.append((typed, flight, response))
        else:
            self.acknowledge(window, typed, flight, response)

    def acknowledge(self, window: Window, typed: Typed, flight: Flight, response: Any) -> None:
        """Take an answer in, as static/js/outbox.js does."""
        assert Revision.objects.filter(key=flight.key).count() <= 1
        self.acked |= set(flight.value.split())
        self.deleted |= flight.gone
        self.happened[response["Save-Outcome"]] += 1
        typed.flight, typed.rests, typed.base = None, flight.value, response["Save-Base"]
        if response["Save-Outcome"] != "same":
            self.past.append((window, typed, flight))
        self.put_in(window, response)

    def answers_come(self, window: Window) -> None:
        """Let every answer arrive that is still on its way."""
        while window.late:
            self.acknowledge(window, *window.late.pop(0))

    def put_in(self, window: Window, response: Any) -> None:
        """Put an answer's fragments into the page, unless the stream has told it more already."""
        html = response.content.decode()
        self.is_for(window, html)
        if int(response["Drawn-At"]) >= window.number:
            self.patch(window, html)
        else:
            self.happened["answer overtaken"] += 1

    def patch(self, window: Window, html: str) -> None:
        """Put fragments into a page; one that lacks the place of a row looks at all of it again."""
        try:
            trees.patch(window.tree, html)
        except trees.Lost:
            self.look(window)

    def send_all(self, window: Window) -> None:
        """Send until nothing waits."""
        for typed in [typed for typed in window.fields.values() if typed.is_dirty]:
            for _try in range(3):
                if typed.is_dirty:
                    self.send(window, typed)

    def at_row(self, window: Window, deed: str, row: Any, form: dict[str, str]) -> None:
        """Do something to a row."""
        url = reverse(f"questionnaires:row-{deed}", args=[self.world.engagement.pk, TABLE, row])
        response = self.post(window, url, form)
        assert response.status_code == 200, response.content
        self.happened[deed] += 1
        self.put_in(window, response)

    def post(self, window: Window, url: str, form: dict[str, str], *, dies_at: str | int = 0) -> Any:
        """Send one request that may die at its nth statement."""
        with transaction.atomic(), dying(dies_at if isinstance(dies_at, int) else 0):
            return window.browser.post(url, form, headers={"X-Fragment": "1"})

    def address(self) -> str:
        """Return where the page is."""
        framework = self.world.engagement.questionnaire.framework
        return reverse("questionnaires:step", args=[self.world.engagement.pk, framework.step(STEP).number])

    def look(self, window: Window) -> None:
        """Open the page."""
        html = window.browser.get(self.address()).content.decode()
        self.is_for(window, html)
        main = trees.read(html).find("main")
        number = re.search(r'data-event="(\d+)"', html)
        assert main is not None
        assert number is not None
        window.tree, window.number = main, int(number[1])

    def hear(self, window: Window, times: int = 1) -> None:
        """Bring a page up to date by the stream."""
        audience = str(Audience(window.side, "en", f"step:{STEP}"))  # type: ignore[arg-type]
        batch = SOURCE.draw(self.world.engagement.pk, {audience: window.number})
        message = batch.messages.get(audience)
        kind, data = told(message)
        self.is_for(window, (message or b"").decode())
        for _time in range(times):
            if kind == "fragments":
                self.patch(window, data["html"])
        if kind == "resync":
            self.look(window)
        window.number = max(window.number, batch.number)

    def is_for(self, window: Window, html: str) -> None:
        """Hold what reaches a window of the client against the firm's own words."""
        assert window.side == "firm" or SECRET not in html

    def stored(self) -> tuple[Any, ...]:
        """Return what is stored of answers and conflicts."""
        answers = Answer.objects.filter(entry__engagement=self.world.engagement, version__gt=0)
        conflicts = Conflict.objects.filter(answer__entry__engagement=self.world.engagement)
        rows = Row.objects.filter(entry__engagement=self.world.engagement)
        return (
            tuple(answers.order_by("pk").values_list("pk", "version", "value")),
            tuple(conflicts.order_by("pk").values_list("pk", "value", "outcome")),
            tuple(rows.order_by("pk").values_list("pk", "rank", "deleted_at")),
            Entry.objects.filter(engagement=self.world.engagement, conflict=True).count(),
        )


@contextlib.contextmanager
def dying(at: int) -> Iterator[None]:
    """Let the database connection fail at the nth statement, as when its server ends it; 0 lets it live."""
    count = 0

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        count += 1
        if count == at:
            raise OperationalError("terminating connection due to administrator command")
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield


def text_of(node: trees.Node) -> str:
    """Return the words of a part of a page."""
    return " ".join(one.text for one in node.walk())


def of(world: World, browsers: dict[str, Browser]) -> type[Windows]:
    """Return the machine for one test's world."""
    return type(
        "WindowsOfOneWorld", (Windows,), {"world": world, "browsers": browsers, "happened": Counter()}
    )

"""Laws of staleness, tried on random graphs: in memory alone, and through the actions with a database."""

import itertools
import uuid

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from questionnaires import integrity, ripple
from questionnaires.actions import answers, entries
from questionnaires.models import Entry, Flag, Framework, FrameworkVersion
from questionnaires.places import Base, Place
from tests.people import desk as desk_of
from tests.people import make_engagement

SIZE = 7


@st.composite
def graphs(draw, size=SIZE):
    """Draw links from earlier to later items, without a way round."""
    return {
        i: sorted(draw(st.sets(st.integers(i + 1, size - 1), max_size=3))) if i + 1 < size else []
        for i in range(size)
    }


def links_of(graph):
    return lambda key: (str(one) for one in graph[int(key)])


def every_way(graph, start, end, avoiding=frozenset()):
    """Say by brute force whether a way leads from start to end that goes through nothing of *avoiding*."""
    return any(
        one == end or (one not in avoiding and every_way(graph, one, end, avoiding)) for one in graph[start]
    )


class TestSpreading:
    @given(graphs())
    def test_reaches_exactly_what_lies_ahead_by_real_links(self, graph):
        for start in graph:
            paths = ripple.spread(str(start), (), links_of(graph))

            assert {int(key) for key in paths} == {end for end in graph if every_way(graph, start, end)}
            for key, path in paths.items():
                assert (path[0], path[-1]) == (str(start), key)
                assert all(int(there) in graph[int(here)] for here, there in itertools.pairwise(path))

    @given(graphs(), st.sets(st.integers(0, SIZE - 1)))
    def test_stops_at_barriers_and_only_there(self, graph, barriers):
        for start in graph:
            found = ripple.reached(str(start), (), links_of(graph), {str(one) for one in barriers})

            assert {int(key) for key in found} == {
                end
                for end in graph
                if end not in barriers and every_way(graph, start, end, frozenset(barriers))
            }

    @given(
        st.dictionaries(st.integers(0, 5), st.lists(st.integers(0, 5), max_size=4), min_size=6, max_size=6)
    )
    def test_ends_even_where_links_lead_back(self, graph):
        for start in graph:
            assert str(start) not in ripple.spread(str(start), ("1", "2"), links_of(graph))

    def test_keeps_the_ends_of_a_long_way(self):
        chain = {i: [i + 1] for i in range(99)} | {99: []}

        path = ripple.spread("0", (), links_of(chain))["99"]

        assert len(path) == ripple.LONGEST
        assert (path[:3], path[-2:]) == (("0", "1", "2"), ("98", "99"))
        assert path.count("") == 1


class TestReturning:
    CELL = (None, "", "value")

    @given(st.lists(st.integers(0, 3), min_size=2, max_size=8))
    def test_is_found_by_the_value_and_not_by_the_way(self, values):
        changes = [{self.CELL: (before, after)} for before, after in itertools.pairwise(values)]

        found = ripple.has_returned(changes[::-1])

        assert found == [value == values[-1] for value in values[-2::-1]]

    @given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=8))
    def test_takes_every_cell(self, steps):
        table = {0: 0, 1: 0, 2: 0}
        states, changes = [dict(table)], []
        for cell, value in steps:
            changes.append({(str(cell), "", "value"): (table[cell], value)})
            table[cell] = value
            states.append(dict(table))

        found = ripple.has_returned(changes[::-1])

        assert found == [state == table for state in states[-2::-1]]

    def test_never_goes_through_a_change_too_large_to_keep(self):
        assert ripple.has_returned([{self.CELL: (2, 1)}, None, {self.CELL: (1, 2)}]) == [False, False, False]


HEAD = """\
schema_version: 1
framework: {{key: g{name}, title: G, version: '1', language: en}}
functions:
  - {{key: pm, title: Project manager, side: firm}}
deliverables:
  - {{key: plan, title: Plan}}
reference_frameworks:
  - {{key: GOOD, title: Good practice, items: 2}}
registers:
  - {{key: risks, title: Risks, columns: [{{key: risk, label: Risk, type: text}}]}}
phases:
  - key: begin
    title: Begin
    steps:
      - key: one
        number: '1'
        title: One
        sections:
          - key: only
            title: Only
            items:
"""


def document(graph, reopens, name):
    rests = {end: [start for start in graph if end in graph[start]] for end in graph}
    lines = [HEAD.format(name=name)]
    for i in graph:
        asks = f", reopens: [{', '.join(f'i{one}' for one in sorted(reopens[i]))}]" if reopens.get(i) else ""
        lines.append(
            f"              - {{key: i{i}, title: Item {i}, prompt: 'What about {i}?', type: number, answered_by: both,"
            f" depth: core, depends_on: [{', '.join(f'i{one}' for one in rests[i])}]{asks}}}\n"
        )
    return "".join(lines)


acts = st.lists(
    st.tuples(
        st.sampled_from(["answer", "answer", "answer", "holds"]),
        st.integers(0, SIZE - 1),
        st.sampled_from(["", "1", "2"]),
    ),
    max_size=14,
)
asks = st.dictionaries(st.integers(2, SIZE - 1), st.sets(st.integers(0, 1)), max_size=2)


class World:
    """An engagement of a small framework, in which one person answers."""

    def __init__(self, world, graph, reopens):
        self.graph, self.reopens, self.person = graph, reopens, world.people["project_manager"]
        name = uuid.uuid4().hex[:12]
        version = FrameworkVersion.objects.create(
            framework=Framework.objects.create(key=f"g{name}", title="G"),
            version="1",
            language="en",
            content_hash=name,
            text=document(graph, reopens, name),
        )
        self.engagement = make_engagement(
            client=world.client, manager=self.person, version=version, depth="core"
        )

    @property
    def desk(self):
        return desk_of(self.person, self.engagement)

    def entry(self, i):
        return Entry.objects.select_related("round", "answered_by").get(
            engagement=self.engagement, item_key=f"i{i}"
        )

    def answer(self, i, value):
        answer = self.entry(i).answers.get(part="value")
        answers.save(
            desk=self.desk, place=Place(f"i{i}"), raw=value, base=Base(answer.version), key=uuid.uuid4()
        )

    def holds(self, i):
        if self.entry(i).revisit:
            entries.still_holds(desk=self.desk, entry=self.entry(i))

    def stale(self):
        """Return the open reasons as (item, source)."""
        found = Flag.objects.open().filter(entry__engagement=self.engagement)
        return {(int(key[1:]), source) for key, source in found.values_list("entry__item_key", "source")}


@pytest.mark.django_db
class TestEngine:
    @settings(
        max_examples=30,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(graph=graphs(), reopens=asks, done=acts)
    @example(
        graph={0: [1], 1: [2], 2: [3], 3: [], 4: [], 5: [], 6: []},
        reopens={3: {0}},
        done=[("answer", i, "1") for i in range(4)]
        + [("answer", 0, "2"), ("holds", 1, ""), ("answer", 3, "2")],
    )
    def test_staleness_goes_forward_stops_where_it_is_confirmed_and_goes_when_undone(
        self, world, graph, reopens, done
    ):
        with transaction.atomic():
            here = World(world, graph, reopens)
            for what, i, value in done:
                before, was = here.stale(), here.entry(i)
                held = was.revisit
                (here.holds(i) if what == "holds" else here.answer(i, value))
                after = here.stale()
                self.check_direction(here, after)
                if what == "holds":
                    self.check_holding(here, i, before, after, held=held)
                else:
                    self.check_answering(here, i, before, after)
            assert list(integrity.problems(here.engagement)) == []
            self.check_undoing(here)
            transaction.set_rollback(True)

    def check_direction(self, here, stale):
        for end, source in stale:
            kind, _colon, key = source.partition(":")
            start = int(key[1:])
            if kind == "request":
                assert end in here.reopens[start]
            else:
                assert every_way(here.graph, start, end)

    def check_holding(self, here, i, before, after, *, held):
        """Nothing is new and *i* is free. What is free besides is what no way leads to that avoids the confirmed."""
        assert after <= before
        assert not any(end == i for end, _source in after)
        sources = {source for end, source in before if end == i and source.startswith("changed")}
        for end, source in before:
            if end == i or source not in sources:
                assert ((end, source) in after) == (end != i)
                continue
            assert held
            start = int(source.partition(":")[2][1:])
            leads = every_way(here.graph, start, end, self.confirmed(here, source))
            assert leads == ((end, source) in after)

    def confirmed(self, here, source):
        """Return what was confirmed or answered anew since the newest change of *source*."""
        rows = Flag.objects.filter(entry__engagement=here.engagement, source=source)
        newest = rows.latest("last_id").last_id
        rows = rows.filter(last=newest, cleared_how__in=("holds", "updated"))
        return frozenset(int(key[1:]) for key in rows.values_list("entry__item_key", flat=True))

    def check_answering(self, here, i, before, after):
        """What is new comes from *i* alone, and *i* itself is free of what lay before it."""
        for end, source in after - before:
            assert source in (f"changed:i{i}", f"request:i{i}")
            assert end != i
        requests = {source for _end, source in after - before if source.startswith("request")}
        assert not requests or requests == {f"request:i{i}"}

    def check_undoing(self, here):
        """Changing an answer and changing it back leaves everything as it was, if it stood before."""
        for i in here.graph:
            entry = here.entry(i)
            value = entry.answers.get(part="value").value
            if value is None or entry.revisit or here.reopens.get(i):
                continue
            before = here.stale()
            here.answer(i, "9")
            here.answer(i, value)
            assert here.stale() == before

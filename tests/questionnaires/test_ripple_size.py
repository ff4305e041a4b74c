"""One change over a large framework: a few statements and little time, however much rests on it."""

import json
import time
import uuid

import pytest
from django.utils import timezone

from engagements.models import Event
from questionnaires import integrity, progress
from questionnaires.actions import answers, entries, ripple
from questionnaires.models import Entry, Flag, Framework, FrameworkVersion, SectionProgress
from questionnaires.models.entry import COUNTS
from questionnaires.models.framework import framework_of
from questionnaires.places import Base, Place
from tests.people import desk as desk_of
from tests.people import make_engagement
from tests.questionnaires.test_costs import Statements

STEPS, SECTIONS, PLACES, CONFIRMED = 8, 25, 50, 2_000
MOST_STATEMENTS = 12
MOST_SECONDS = 0.150

HEAD = """\
schema_version: 1
framework: {key: large, title: Large, version: '1', language: en}
functions:
  - {key: pm, title: Project manager, side: firm}
deliverables:
  - {key: plan, title: Plan}
reference_frameworks:
  - {key: GOOD, title: Good practice, items: 2}
registers:
  - {key: risks, title: Risks, columns: [{key: risk, label: Risk, type: text}]}
phases:
  - key: begin
    title: Begin
    steps:
"""


def large():
    """Return a framework of 10,000 items, each resting on the one before and on the one at half its number."""
    lines = [HEAD]
    i = 0
    for step in range(STEPS):
        lines.append(
            f"      - key: step{step}\n        number: '{step + 1}'\n        title: Step {step}\n        sections:\n"
        )
        for section in range(SECTIONS):
            lines.append(
                f"          - key: s{step}-{section}\n            title: Section {section}\n            items:\n"
            )
            for _place in range(PLACES):
                rests = ", ".join(f"i{one}" for one in sorted({i - 1, i // 2} - {i, -1}))
                lines.append(
                    f"              - {{key: i{i}, title: Item {i}, prompt: 'What about {i}?', type: long_text,"
                    f" answered_by: both, depth: core, depends_on: [{rests}]}}\n"
                )
                i += 1
    return "".join(lines)


@pytest.fixture
def engagement(world):
    """Give an engagement of 10,000 items, of which 2,000 that rest on the first one are confirmed."""
    framework = Framework.objects.create(key="large", title="Large")
    version = FrameworkVersion.objects.create(
        framework=framework, version="1", language="en", content_hash="large", text=large()
    )
    parsed = framework_of(version.pk)
    manager, sponsor = world.people["project_manager"], world.people["sponsor"]
    made = make_engagement(client=world.client, manager=manager, version=version, depth="core")
    now = timezone.now()
    reached = [item.key for item in parsed.downstream("i0")][:CONFIRMED]
    Entry.objects.filter(engagement=made, item_key__in=reached).update(
        state="confirmed", answered_by=sponsor, answered_at=now, confirmed_by=manager, confirmed_at=now
    )
    for round_ in made.rounds.all():
        for (section, internal), counts in progress.recount(parsed, round_).items():
            SectionProgress.objects.filter(round=round_, section_key=section, internal=internal).update(
                **{name: counts.get(name, 0) for name in COUNTS}
            )
    return made


@pytest.fixture
def cost(monkeypatch):
    """Give what the last ripple cost: statements and seconds of this process's work."""
    spent = {}
    inner = ripple.follow

    def follow(*args, **more):
        with Statements() as sent:
            start = time.process_time()
            inner(*args, **more)
            spent["seconds"] = time.process_time() - start
        spent["statements"], spent["told"] = sent.count, sent.told

    monkeypatch.setattr(ripple, "follow", follow)
    return spent


def settle(engagement, person, value, base):
    answers.save(
        desk=desk_of(person, engagement),
        place=Place("i0"),
        raw=value,
        base=Base(base),
        key=uuid.uuid4(),
        settle=True,
    )


def test_a_change_over_ten_thousand_items_is_cheap(engagement, project_manager, cost):
    framework = engagement.questionnaire.framework
    assert len(framework.items) == STEPS * SECTIONS * PLACES == 10_000
    assert sum(len(item.depends_on) for item in framework.items) > 19_990
    settle(engagement, project_manager, "One", 0)
    seconds = {}
    for base, (value, left) in enumerate(
        [
            ("Two", CONFIRMED),
            ("Three", CONFIRMED),
            ("One", 0),
            ("Two", CONFIRMED),
            ("Three", CONFIRMED),
            ("One", 0),
        ],
        1,
    ):
        settle(engagement, project_manager, value, base)
        assert Flag.objects.open().count() == left
        assert cost["statements"] <= MOST_STATEMENTS, cost["told"]
        seconds[value] = min(cost["seconds"], seconds.get(value, 9))
    # The better of two each: the collector of garbage may come by at any time.
    assert max(seconds.values()) <= MOST_SECONDS, seconds
    assert list(integrity.problems(engagement)) == []


def test_its_event_stays_small(engagement, project_manager, cost):
    settle(engagement, project_manager, "One", 0)
    settle(engagement, project_manager, "Two", 1)

    data = Event.objects.filter(engagement=engagement).latest("number").data
    assert len(json.dumps(data)) < 40_000
    assert sum(len(ids) for _pairs, ids in data["together"]) > CONFIRMED


def test_one_press_clears_what_lay_behind_it(engagement, project_manager, sponsor):
    settle(engagement, project_manager, "One", 0)
    settle(engagement, project_manager, "Two", 1)
    entry = Entry.objects.select_related("round").get(engagement=engagement, item_key="i1")
    membership = engagement.memberships.get(user=project_manager)
    Entry.objects.filter(pk=entry.pk).update(owner=membership)
    entry.refresh_from_db()

    with Statements() as sent:
        entries.still_holds(desk=desk_of(project_manager, engagement), entry=entry)

    assert Flag.objects.open().count() == 0
    assert sent.count <= 16, sent.told

"""Any moment of an engagement can be opened again, compared and restored."""

import random
import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from engagements.actions import threads
from engagements.models import Comment, Milestone, Thread
from questionnaires import integrity, reading
from questionnaires.actions import answers, conflicts, entries, evidence, rounds, rows
from questionnaires.models import Answer, Conflict, Entry, Row
from questionnaires.past import Past
from questionnaires.places import Base, Place, subject_of
from tests.questionnaires.saves import entry_of, save
from tests.questionnaires.test_costs import Statements

TEXTS = ("opening-request", "background")
TABLE = "datasets"
KEYS = (*TEXTS, TABLE, "ground-truth", "downtime")


@pytest.fixture(autouse=True)
def _sound(world):
    yield
    assert list(integrity.problems()) == []


# ---- a random history, and what was seen after each of its events


class Player:
    """Does what people do, at random, each deed an event."""

    def __init__(self, world, desk, seed):
        self.random = random.Random(seed)
        self.world, self.desk = world, desk
        self.engagement = world.engagement

    def as_somebody(self, *names):
        """Return a fresh desk of one of these people."""
        return self.desk(self.world.people[self.random.choice(names)])

    def act(self):
        """Do one thing; nothing when it happens not to be possible."""
        deed = self.random.choice(
            [self.write, self.write, self.write_beside, self.cell, self.cell, self.add_row, self.change_row,
             self.settle, self.choose, self.state, self.talk, self.talk, self.note, self.decide, self.attach, self.restore, self.again]
        )  # fmt: skip
        try:
            deed()
        except (entries.NotPossible, conflicts.AlreadyDecided):
            pass

    def words(self):
        return " ".join(
            self.random.choices(
                ["the", "model", "finds", "a", "stroke", "before", "nurses", "see", "it", "at", "night"], k=5
            )
        )

    def write(self, base=None):
        desk = self.as_somebody("consultant", "contributor", "sponsor")
        key = self.random.choice(TEXTS)
        answer = Answer.objects.get(entry=entry_of(self.engagement, key), part="value", row=None)
        version = answer.version if base is None else base
        settle = self.random.random() < 0.4
        answers.save(
            desk=desk, place=Place(key), raw=self.words(), base=Base(version), key=uuid.uuid4(), settle=settle
        )

    def write_beside(self):
        self.write(base=0)

    def note(self):
        desk = self.as_somebody("consultant", "project_manager")
        place = Place(self.random.choice(KEYS), part="note")
        answers.save(desk=desk, place=place, raw=f"canary {self.words()}", base=Base(0), key=uuid.uuid4())

    def rows(self):
        return list(Row.objects.filter(entry=entry_of(self.engagement, TABLE)).order_by("rank", "pk"))

    def add_row(self):
        desk = self.as_somebody("consultant", "contributor")
        table = entry_of(self.engagement, TABLE)
        rows.add_rows(
            desk=desk, entry=table, rows=[{"dataset": self.words()}] * self.random.randint(1, 3),
            settle=self.random.random() < 0.5,
        )  # fmt: skip

    def cell(self):
        desk = self.as_somebody("consultant", "contributor")
        found = self.rows()
        if not found:
            return self.add_row()
        row = self.random.choice(found)
        place = Place(TABLE, row_id=row.pk, column="dataset")
        return answers.save(desk=desk, place=place, raw=self.words(), base=Base(0), key=uuid.uuid4())

    def change_row(self):
        desk = self.as_somebody("consultant", "contributor")
        found = self.rows()
        if not found:
            return
        row = self.random.choice(found)
        row.entry.engagement = desk.engagement
        deed = self.random.choice([rows.delete_row, rows.restore_row, rows.keep_row, rows.move_row])
        if deed is rows.move_row:
            if row.deleted_at is None:
                deed(desk=desk, row=row, up=self.random.random() < 0.5)
        else:
            deed(desk=desk, row=row)

    def settle(self):
        desk = self.as_somebody("consultant", "contributor")
        answers.settle_entry(desk=desk, entry=entry_of(self.engagement, self.random.choice(KEYS)))

    def choose(self):
        desk = self.as_somebody("consultant", "contributor")
        key, value = self.random.choice([("ground-truth", "no"), ("ground-truth", "yes"), ("downtime", "no")])
        answer = Answer.objects.get(entry=entry_of(self.engagement, key), part="value")
        answers.save(desk=desk, place=Place(key), raw=value, base=Base(answer.version), key=uuid.uuid4())

    def state(self):
        desk = self.as_somebody("consultant", "contributor", "sponsor")
        entry = entry_of(self.engagement, self.random.choice(KEYS))
        member = self.engagement.memberships.get(user=self.world.people["contributor"])
        self.random.choice(
            [
                lambda: entries.assign(desk=desk, entry=entry, to=member, due=date(2026, 12, self.random.randint(1, 28))),
                lambda: entries.mark_unknown(desk=desk, entry=entry, finder=member, find_by=date(2026, 12, 4)),
                lambda: entries.mark_not_applicable(desk=desk, entry=entry, reason="out-of-scope"),
                lambda: entries.bring_back(desk=desk, entry=entry),
                lambda: entries.confirm(desk=desk, entry=entry),
                lambda: entries.still_holds(desk=desk, entry=entry),
                lambda: entries.set_grounds(
                    desk=desk, entry=entry, certainty=self.random.choice(["fact", "estimate"]), source=self.words(),
                    seen={"certainty": entry.certainty, "source": entry.source},
                ),
            ]
        )()  # fmt: skip

    def talk(self):
        membership = self.as_somebody("consultant", "project_manager").membership
        key = self.random.choice(KEYS)
        subject = subject_of(self.world.version and self.engagement.questionnaire.framework, key)
        thread = self.random.choice([*Thread.objects.filter(item_key=key), None])
        if thread is None:
            threads.open_thread(
                membership=membership, subject=subject, text=self.words(), key=uuid.uuid4(),
                firm_only=self.random.random() < 0.5,
            )  # fmt: skip
            return
        thread.engagement = membership.engagement
        comment = Comment.objects.filter(thread=thread, by=membership.user).select_related("thread").first()
        turn = self.random.random()
        if turn < 0.3:
            threads.reply(
                membership=membership, thread=thread, subject=subject, text=self.words(), key=uuid.uuid4()
            )
        elif turn < 0.5 and comment:
            comment.thread.engagement = membership.engagement
            threads.edit_comment(
                membership=membership,
                comment=comment,
                subject=subject,
                text=self.words(),
                seen=comment.version,
            )
        elif turn < 0.7:
            threads.settle_thread(membership=membership, thread=thread)
        elif turn < 0.85:
            threads.reopen_thread(membership=membership, thread=thread)
        else:
            threads.assign_thread(membership=membership, thread=thread, subject=subject, to=membership)

    def decide(self):
        desk = self.as_somebody("consultant", "sponsor")
        conflict = (
            Conflict.objects.filter(outcome="").select_related("answer__entry__round", "answer__row").first()
        )
        if conflict is None or (conflict.answer.part == "note" and not desk.membership.is_firm):
            return
        shown = conflicts.Shown(conflict.answer.version, len(conflict.keys))
        conflicts.decide(
            desk=desk, conflict=conflict, outcome=self.random.choice(["mine", "theirs"]), shown=shown
        )

    def restore(self):
        desk = self.as_somebody("consultant")
        answer = self.random.choice(
            [*Answer.objects.filter(entry__engagement=self.engagement, version__gt=1), None]
        )
        if answer:
            conflicts.restore(desk=desk, answer=answer, version=self.random.randint(1, answer.version))

    def again(self):
        if self.random.random() < 0.3:
            desk = self.as_somebody("project_manager")
            rounds.start_round(desk=desk, step=desk.framework.step(desk.framework.item(TABLE).step_key))

    def attach(self):
        desk = self.as_somebody("consultant", "contributor")
        evidence.attach(
            desk=desk,
            entry=entry_of(self.engagement, self.random.choice(KEYS)),
            upload=SimpleUploadedFile("notes.txt", b"found"),
            firm_only=self.random.random() < 0.5,
        )


def told(item):
    """Return everything a page shows of an item as plain data."""
    entry = item.entry
    fields = {field.attname: getattr(entry, field.attname) for field in Entry._meta.concrete_fields}

    def value(answer):
        if answer is None or not answer.version:
            return None
        return answer.value, answer.version, answer.settled_version, str(answer.updated_by), answer.updated_at

    return {
        **fields,
        "people": [str(person) for person in (entry.owner, entry.finder, entry.answered_by, entry.confirmed_by)],
        "value": value(item.answer),
        "words": value(item.words),
        "note": value(item.note),
        "rows": [
            (row.row.pk, str(row.row.contested_by), [(cell.column.key, value(cell.answer), len(cell.conflicts)) for cell in row.cells])
            for row in item.rows
        ],
        "conflicts": [(one.id, one.value, one.by_name, one.at, one.saves) for one in item.conflicts],
        "files": item.files,
        "signed": [(one.pk, one.is_stale) for one in item.sign_offs],
        "threads": [
            (thread.id, thread.assigned_name, [(comment.id, comment.text, comment.version) for comment in thread.comments])
            for thread in item.threads
        ],
        "settled_threads": item.settled_threads,
        "reasons": [(one.kind, one.source and one.source.key, one.at, one.told) for one in item.reasons],
    }  # fmt: skip


def steps_of(view):
    """Return the steps in which the history plays."""
    return [
        view.framework.step(key) for key in dict.fromkeys(view.framework.item(key).step_key for key in KEYS)
    ]


def seen_now(view):
    """Return what a side sees of these steps, as pages read it today, and how far every section is."""
    counted = reading.progress_by_section(view)
    found = {"progress": counted}
    for step in steps_of(view):
        for section in reading.step_sections(view, step, counted):
            found.update((item.key, told(item)) for item in section.items)
    return found


def seen_then(view, number):
    """Return the same of the past."""
    past = Past(view, number)
    found = {"progress": past.progress}
    for step in steps_of(view):
        for section in past.sections(step):
            found.update((item.key, told(item)) for item in section.items)
    return found


def differences(now, then):
    """Return where two pictures differ, in the few words that help."""
    lines = []
    for key in sorted({*now, *then}, key=str):
        one, other = now.get(key), then.get(key)
        if one != other and isinstance(one, dict) and isinstance(other, dict):
            lines += [
                f"{key}.{name}: {one.get(name)!r} / {other.get(name)!r}"
                for name in {*one, *other}
                if one.get(name) != other.get(name)
            ]
        elif one != other:
            lines.append(f"{key}: {one!r} / {other!r}")
    return lines


@pytest.mark.parametrize("seed", range(2))
def test_every_moment_of_a_random_history_is_as_it_was_seen(world, desk, seed):
    player = Player(world, desk, seed)
    pictures = {}
    for _turn in range(32):
        player.act()
        for name in ("consultant", "contributor"):
            view = desk(world.people[name]).view
            pictures[view.engagement.last_event, name] = seen_now(view)
    assert len(pictures) > 30
    for (number, name), picture in pictures.items():
        view = desk(world.people[name]).view
        assert differences(picture, seen_then(view, number)) == [], f"seed {seed}, {name} at {number}"


@pytest.fixture
def maya(consultant, client_for):
    return client_for(consultant)


@pytest.fixture
def cem(contributor, client_for):
    return client_for(contributor)


@pytest.fixture
def petra(project_manager, client_for):
    return client_for(project_manager)


def page(browser, name, engagement, *more, **query):
    return browser.get(reverse(f"questionnaires:{name}", args=[engagement.pk, *more]), query)


def now_at(engagement):
    return type(engagement).objects.values_list("last_event", flat=True).get(pk=engagement.pk)


class TestAsOf:
    def test_shows_what_stood_then_and_offers_nothing_to_change(self, maya, engagement):
        save(maya, engagement, "opening-request", "We want a model", settle="1")
        then = now_at(engagement)
        save(maya, engagement, "opening-request", "We want two models", base=1, settle="1")

        text = page(maya, "step", engagement, "1", at=then).text

        assert "We want a model" in text
        assert "two models" not in text
        assert "<textarea" not in text
        assert "data-save" not in text
        assert "data-stream" not in text

    def test_restores_one_answer_from_then(self, maya, engagement):
        save(maya, engagement, "opening-request", "We want a model", settle="1")
        then = now_at(engagement)
        save(maya, engagement, "opening-request", "We want two models", base=1, settle="1")
        assert "Restore this answer" in page(maya, "step", engagement, "1", at=then).text
        answer = Answer.objects.get(entry=entry_of(engagement, "opening-request"), part="value")

        maya.post(reverse("questionnaires:answer-restore", args=[engagement.pk, answer.pk]), {"version": 1})

        answer.refresh_from_db()
        assert (answer.value, answer.version) == ("We want a model", 3)
        assert "Restore this answer" not in page(maya, "step", engagement, "1", at=then).text

    def test_a_day_means_its_end_by_the_engagements_clock(self, maya, engagement, time_machine):
        time_machine.move_to("2026-11-10T22:30:00Z")  # 23:30 in Berlin
        save(maya, engagement, "opening-request", "Before midnight")
        time_machine.move_to("2026-11-10T23:30:00Z")
        save(maya, engagement, "opening-request", "After midnight", base=1)

        response = page(maya, "as-of", engagement, at="2026-11-10", step="1")

        assert "?at=" in response["Location"]
        assert "Before midnight" in maya.get(response["Location"]).text

    def test_a_moment_that_never_was_is_not_there(self, maya, engagement):
        for at in ("0", "99999", "tomorrow", "-1", "9" * 30):
            assert page(maya, "step", engagement, "1", at=at).status_code == 404

    def test_registers_and_single_items_open_as_well(self, maya, engagement, consultant, desk):
        risks = entry_of(engagement, "register:risks")
        column = desk(consultant).framework.register("risks").columns[0].key
        rows.add_rows(desk=desk(consultant), entry=risks, rows=[{column: "The feed dries up"}])
        then = now_at(engagement)
        rows.delete_row(desk=desk(consultant), row=Row.objects.get())

        assert "The feed dries up" in page(maya, "register", engagement, "risks", at=then).text
        assert "The feed dries up" not in page(maya, "register", engagement, "risks").text
        assert page(maya, "item", engagement, "opening-request", at=then).status_code == 200

    def test_what_the_firm_keeps_to_itself_stays_there(self, maya, cem, engagement):
        save(maya, engagement, "opening-request", "canary note", part="note")
        save(maya, engagement, "opening-request", "An answer")
        then = now_at(engagement)

        assert "canary" in page(maya, "step", engagement, "1", at=then).text
        assert "canary" not in page(cem, "step", engagement, "1", at=then).text
        assert "canary" not in page(cem, "item", engagement, "opening-request", at=then).text
        internal = next(item for item in engagement.questionnaire.framework.items if item.internal)
        assert page(cem, "item", engagement, internal.key, at=then).status_code == 404

    def test_strangers_have_no_past_here(self, engagement, outsider, client_for):
        assert page(client_for(outsider), "step", engagement, "1", at=1).status_code == 404

    def test_costs_the_same_after_much_happened(self, maya, engagement):
        url = reverse("questionnaires:step", args=[engagement.pk, "1"])
        save(maya, engagement, "opening-request", "One", settle="1")
        then = now_at(engagement)
        maya.get(url, {"at": then})
        with Statements() as before:
            maya.get(url, {"at": then})
        for number in range(1, 20):
            save(maya, engagement, "opening-request", f"Text {number}", base=number, settle="1")
        with Statements() as after:
            maya.get(url, {"at": then})
        assert after.count == before.count <= 22, after.told


class TestHistory:
    def test_tells_who_did_what_with_old_and_new(self, maya, cem, engagement):
        save(maya, engagement, "opening-request", "We want a model", settle="1")
        save(cem, engagement, "opening-request", "We want a careful model", base=1, settle="1")

        text = page(maya, "history", engagement).text

        assert "Cem Kaya answered" in text
        assert "We want a <ins>careful </ins>model" in text

    def test_gathers_one_authors_saves_from_before_the_first_to_the_last(self, maya, cem, engagement):
        save(cem, engagement, "opening-request", "Zero")
        for number in range(3):
            save(maya, engagement, "opening-request", f"Zero {number}", base=number + 1)

        text = page(maya, "history", engagement, kind="answers").text

        assert "wrote (3)" in text
        assert "Zero<ins> 2</ins>" in text

    def test_what_was_asked_and_found_out_is_told_in_words(
        self, maya, engagement, contributor, desk, consultant
    ):
        entry = entry_of(engagement, "opening-request")
        member = engagement.memberships.get(user=contributor)
        entries.assign(desk=desk(consultant), entry=entry, to=member, due=date(2026, 12, 4))

        text = page(maya, "history", engagement).text

        assert "<ins>Cem Kaya</ins>" in text
        assert "<ins>Fri 4 Dec" in text

    @pytest.mark.parametrize(
        ("query", "there", "gone"),
        [
            ({"kind": "talk"}, "Is that so?", "We want a model"),
            ({"kind": "answers"}, "We want a model", "Is that so?"),
            ({"step": "1"}, "We want a model", "EHR"),
            ({"step": "3"}, "added a row", "We want a model"),
            ({"item": "datasets"}, "added a row", "We want a model"),
            ({"until": "2020-01-01"}, "Nothing matches", "We want a model"),
        ],
    )
    def test_filters(self, query, there, gone, maya, engagement, desk, consultant):
        save(maya, engagement, "opening-request", "We want a model")
        threads.open_thread(
            membership=desk(consultant).membership,
            subject=subject_of(engagement.questionnaire.framework, "opening-request"),
            text="Is that so?",
            key=uuid.uuid4(),
        )
        rows.add_rows(
            desk=desk(consultant), entry=entry_of(engagement, "datasets"), rows=[{"dataset": "EHR"}]
        )

        text = page(maya, "history", engagement, **query).text

        assert there in text
        assert gone not in text

    def test_filters_by_person(self, maya, cem, engagement, contributor):
        save(maya, engagement, "opening-request", "By Carla")
        save(cem, engagement, "background", "By Cem")

        text = page(maya, "history", engagement, by=contributor.pk).text

        assert "By Cem" in text
        assert "By Carla" not in text

    def test_pages_go_on_before_a_number(self, maya, engagement):
        for number in range(70):
            save(maya, engagement, TEXTS[number % 2], f"Text number {number:02}", base=number // 2)

        first = page(maya, "history", engagement).text
        older = page(maya, "history", engagement, before=now_at(engagement) - 59).text

        assert "69</ins>" in first
        assert "laid out the questions" not in first
        assert "laid out the questions" in older

    def test_the_client_reads_nothing_of_the_firms(self, maya, cem, engagement, desk, consultant):
        internal = next(item for item in engagement.questionnaire.framework.items if item.internal)
        save(maya, engagement, "opening-request", "canary note", part="note")
        save(maya, engagement, internal.key, "canary inside") if internal.type == "long_text" else None
        threads.open_thread(
            membership=desk(consultant).membership,
            subject=subject_of(engagement.questionnaire.framework, "opening-request"),
            text="canary among us",
            key=uuid.uuid4(),
            firm_only=True,
        )

        for name, query in [
            ("history", {}),
            ("compare", {}),
            ("overview", {}),
            ("history", {"kind": "talk"}),
        ]:
            response = page(cem, name, engagement, **query)
            assert response.status_code == 200
            assert "canary" not in response.text
            assert internal.prompt not in response.text
        assert "canary among us" in page(maya, "history", engagement).text

    def test_costs_the_same_whatever_happened(self, maya, engagement):
        save(maya, engagement, "opening-request", "One", settle="1")
        page(maya, "history", engagement)
        with Statements() as before:
            page(maya, "history", engagement)
        for number in range(1, 25):
            save(maya, engagement, "opening-request", f"Text {number}", base=number, settle="1")
        with Statements() as after:
            page(maya, "history", engagement)
        assert after.count == before.count <= 14, after.told


class TestSinceLastLook:
    def test_shows_what_others_changed_with_the_words(self, maya, cem, engagement):
        save(maya, engagement, "opening-request", "We want a model", settle="1")
        maya.post(reverse("questionnaires:seen", args=[engagement.pk]), {"number": now_at(engagement)})

        save(cem, engagement, "opening-request", "We want a careful model", base=1, settle="1")
        save(maya, engagement, "background", "My own words")

        text = page(maya, "overview", engagement).text
        news = text[text.index("Since you last looked") :]
        assert "We want a <ins>careful </ins>model" in news
        assert "My own words" not in news

    def test_marking_seen_empties_it_for_this_person_only(self, maya, cem, petra, engagement):
        save(cem, engagement, "opening-request", "We want a model")

        maya.post(reverse("questionnaires:seen", args=[engagement.pk]), {"number": now_at(engagement)})

        assert "Nothing new from others" in page(maya, "overview", engagement).text
        assert "We want a model" in page(petra, "overview", engagement).text

    def test_never_goes_back_and_never_beyond_what_happened(self, maya, engagement, consultant):
        url = reverse("questionnaires:seen", args=[engagement.pk])
        last = now_at(engagement)
        for number in (last, 1, last + 500):
            maya.post(url, {"number": number})

        assert engagement.memberships.get(user=consultant).seen_event == last

    def test_counts_comments_and_says_when_one_names_me(
        self, maya, engagement, desk, contributor, consultant
    ):
        for text in ("@Carla Conti is that so?", "Another"):
            threads.open_thread(
                membership=desk(contributor).membership,
                subject=subject_of(engagement.questionnaire.framework, "opening-request"),
                text=text,
                key=uuid.uuid4(),
            )

        text = page(maya, "overview", engagement).text

        assert "2 comments, one names you" in text

    def test_the_overview_costs_the_same_after_much_happened(self, maya, cem, engagement):
        save(cem, engagement, "opening-request", "One", settle="1")
        page(maya, "overview", engagement)
        with Statements() as before:
            page(maya, "overview", engagement)
        for number in range(1, 12):
            save(cem, engagement, "opening-request", f"Text {number}", base=number, settle="1")
            save(cem, engagement, "background", f"Text {number}", base=number - 1, settle="1")
        with Statements() as after:
            page(maya, "overview", engagement)
        assert after.count == before.count, after.told


class TestPoints:
    def test_a_named_point_can_be_opened_and_compared_with(self, maya, petra, engagement):
        save(maya, engagement, "opening-request", "We want a model", settle="1")
        petra.post(reverse("questionnaires:milestone", args=[engagement.pk]), {"name": "Kick-off signed"})
        point = Milestone.objects.get()
        save(maya, engagement, "opening-request", "We want a careful model", base=1, settle="1")

        assert "Kick-off signed" in page(maya, "history", engagement).text
        assert "<b>Kick-off signed</b>" in page(maya, "step", engagement, "1", at=point.event).text
        text = page(maya, "compare", engagement, **{"from": point.event}).text
        assert "We want a <ins>careful </ins>model" in text

    def test_only_who_manages_names_points_and_no_name_twice(self, maya, petra, engagement):
        url = reverse("questionnaires:milestone", args=[engagement.pk])

        assert maya.post(url, {"name": "Mine"}).status_code == 403
        for name in ("Kick-off", "kick-off", "  "):
            petra.post(url, {"name": name})

        assert [point.name for point in Milestone.objects.all()] == ["Kick-off"]

    def test_a_name_can_be_given_to_an_earlier_event(self, petra, engagement):
        petra.post(
            reverse("questionnaires:milestone", args=[engagement.pk]), {"name": "Opened", "event": "2"}
        )
        assert Milestone.objects.get().event == 2


class TestCompare:
    def test_tells_values_rows_and_facts_by_step(self, maya, engagement, desk, consultant):
        since = now_at(engagement)
        save(maya, engagement, "opening-request", "We want a model", settle="1")
        table = entry_of(engagement, "datasets")
        kept, gone = rows.add_rows(
            desk=desk(consultant), entry=table, rows=[{"dataset": "EHR"}, {"dataset": "Old"}]
        )
        middle = now_at(engagement)
        rows.delete_row(desk=desk(consultant), row=gone)
        save(maya, engagement, "datasets", "EHR of all wards", row=kept, column="dataset", base=1)

        first = page(maya, "compare", engagement, **{"from": since, "to": middle}).text
        second = page(maya, "compare", engagement, **{"from": middle}).text

        assert "<ins>We want a model</ins>" in first
        assert "<ins>Answered</ins>" in first
        assert "<ins>EHR</ins>" in first
        assert "We want a model" not in second
        assert "<del>Old</del>" in second
        assert "EHR<ins> of all wards</ins>" in second

    def test_can_be_about_one_step(self, maya, engagement):
        save(maya, engagement, "opening-request", "We want a model", settle="1")
        save(maya, engagement, "downtime", "no")

        text = page(maya, "compare", engagement, step="1").text

        assert "We want a model" in text
        assert engagement.questionnaire.framework.item("downtime").title not in text

    def test_the_order_of_the_points_does_not_matter(self, maya, engagement):
        save(maya, engagement, "opening-request", "We want a model", settle="1")
        last = now_at(engagement)

        one = page(maya, "compare", engagement, **{"from": 2, "to": last}).text
        other = page(maya, "compare", engagement, **{"from": last, "to": 2}).text

        assert "<ins>We want a model</ins>" in one
        assert "<ins>We want a model</ins>" in other

    def test_a_value_that_came_back_does_not_differ(self, maya, engagement):
        save(maya, engagement, "opening-request", "One", settle="1")
        since = now_at(engagement)
        save(maya, engagement, "opening-request", "Two", base=1, settle="1")
        save(maya, engagement, "opening-request", "One", base=2, settle="1")

        assert "Nothing differs" in page(maya, "compare", engagement, **{"from": since}).text

    def test_days_are_points_as_well(self, maya, engagement, time_machine):
        time_machine.move_to("2026-11-10T12:00:00Z")
        save(maya, engagement, "opening-request", "One wish", settle="1")
        time_machine.move_to("2026-11-12T12:00:00Z")
        save(maya, engagement, "background", "One reason", settle="1")

        text = page(maya, "compare", engagement, from_day="2026-11-10", to_day="2026-11-12").text

        assert "One reason" in text
        assert "One wish" not in text

    def test_a_client_compares_only_what_they_may_see(self, maya, cem, petra, engagement, desk, consultant):
        since = now_at(engagement)
        internal = next(
            item
            for item in engagement.questionnaire.framework.items
            if item.internal and item.type == "money"
        )
        save(maya, engagement, "background", "canary of the firm", part="note")
        save(maya, engagement, internal.key, "48120043")
        save(maya, engagement, "background", "For everybody", settle="1")

        for name in ("compare", "overview", "history"):
            theirs = page(cem, name, engagement, **{"from": since}).text
            assert "For everybody" in theirs
            assert "canary" not in theirs
            assert "48" + "120043" not in theirs.replace(",", "")
            assert internal.title not in theirs
        ours = page(maya, "compare", engagement, **{"from": since}).text
        assert "canary of the firm" in ours
        assert internal.title in ours


class TestRegisters:
    def test_they_are_listed_for_a_moment_and_lead_into_it(self, maya, engagement):
        then = now_at(engagement)

        text = page(maya, "registers", engagement, at=then).text

        assert f"{reverse('questionnaires:register', args=[engagement.pk, 'risks'])}?at={then}" in text
        assert "Nothing can be changed here" in text

    def test_the_moment_can_be_named_by_who_manages(self, petra, maya, engagement):
        assert 'data-may="answer manage"' in page(petra, "step", engagement, "1", at=5).text
        assert 'data-may="answer"' in page(maya, "step", engagement, "1", at=5).text

import random
import time
import unicodedata
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from questionnaires.differences import edits, words
from questionnaires.merge import Merge, merge, merge_sets, word_diff

GAPS = [" ", " ", " ", " ", "  ", "\n", "\n\n", " \n"]


def edited(data, text, tag, *, moves):
    """Change a text as a person might: put unique words in, take words out, move words. Words stay apart."""
    parts = words(text)
    for number in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(parts)))
        action = data.draw(st.sampled_from(["put", "put", "take", *(["move"] if moves else [])]))
        before, after = parts[:place], parts[place:]
        if action == "put":
            before += [
                data.draw(st.sampled_from(["", " ", "\n"])),
                f"{tag}{number}",
                data.draw(st.sampled_from(["", " ", "\n"])),
            ]
        else:
            count = data.draw(st.integers(1, 5))
            taken, after = after[:count], after[count:]
            if action == "move":
                rest = before + after
                to = data.draw(st.integers(0, len(rest)))
                before, after = [*rest[:to], " ", *taken, " "], rest[to:]
        parts = words(_apart(before, after))
    return "".join(parts)


def _apart(*groups):
    text = ""
    for part in (part for group in groups for part in group if part):
        text += part if not text or text[-1].isspace() or part[0].isspace() else f" {part}"
    return text


def plain_text(data):
    return "".join(f"b{n}{data.draw(st.sampled_from(GAPS))}" for n in range(data.draw(st.integers(0, 14))))


def faults(base, current, sent, result, *, moves=False):
    """Say what a merge did that it must never do. Every word occurs once in *base* and new words are unique."""
    if not result.clean:
        return [] if result.text == current else ["an overlap changed the current text"]
    found = []
    now = Counter(result.text.split())
    was, ours, theirs = (Counter(text.split()) for text in (base, current, sent))
    if unknown := now.keys() - ours.keys() - theirs.keys():
        found.append(f"glued or garbled: {unknown}")
    for word in was.keys() | ours.keys() | theirs.keys():
        kept = word not in was or (ours[word] and theirs[word])
        if kept and now[word] < 1:
            found.append(f"lost: {word}")
        if now[word] > 1:
            found.append(f"doubled: {word}")
        if not kept and not moves and now[word]:
            found.append(f"came back: {word}")
    if not moves:
        for side in (current, sent):
            if [word for word in result.text.split() if word in side.split()] != [
                word for word in side.split() if word in now
            ]:
                found.append("out of order")
    spaces = {pair for text in (current, sent) for pair in pairwise(words(text))}
    for pair in pairwise(words(result.text)):
        if pair not in spaces and "\n" not in pair:
            found.append(f"never stood together: {pair}")
    return found


def last_write_wins(base, current, sent):
    return Merge(sent, True)


class TestConservation:
    @settings(max_examples=5_000, deadline=None)
    @given(st.data())
    def test_no_word_is_lost_doubled_glued_or_brought_back(self, data):
        base = plain_text(data)
        current, sent = edited(data, base, "c", moves=False), edited(data, base, "s", moves=False)

        assert faults(base, current, sent, merge(base, current, sent)) == []

    @settings(max_examples=2_000, deadline=None)
    @given(st.data())
    def test_words_moved_by_both_are_not_doubled(self, data):
        base = plain_text(data)
        current, sent = edited(data, base, "c", moves=True), edited(data, base, "s", moves=True)

        assert faults(base, current, sent, merge(base, current, sent), moves=True) == []

    def test_many_pairs_are_clean_and_last_write_wins_loses_on_most(self):
        chance = random.Random(20261123)
        clean = lost = 0
        for _ in range(1_000):
            parts = [f"b{n}" for n in range(30)]
            texts = []
            for tag in "cs":
                changed = list(parts)
                for number in range(2):
                    changed.insert(chance.randrange(len(changed) + 1), f"{tag}{number}")
                texts.append(" ".join(changed))
            base, (current, sent) = " ".join(parts), texts

            result = merge(base, current, sent)
            twin = faults(base, current, sent, last_write_wins(base, current, sent))

            assert faults(base, current, sent, result) == []
            clean += result.clean
            lost += any(fault.startswith("lost") for fault in twin)

        assert lost > 900
        assert clean > 600


ANY_TEXT = st.text(
    st.sampled_from([*"ab \n\r\t,.", "é", "\u0301", "\u200d", "👩", "\U0001f1e9", "漢", "字", "か", "\u3099", "ש", "ل", "\u202e", "\u2028", "\x85", "\xa0", "\ufe0f"]),
    max_size=25,
)  # fmt: skip
REPEATING = st.lists(st.sampled_from(["a", "a", "b", " ", " ", "\n"]), max_size=30).map("".join)


class TestAlgebra:
    @settings(max_examples=2_000, deadline=None)
    @given(
        st.one_of(ANY_TEXT, REPEATING, st.text(max_size=30)),
        st.one_of(ANY_TEXT, REPEATING, st.text(max_size=30)),
    )
    def test_one_sided_and_equal_changes_pass(self, base, changed):
        assert merge(base, base, changed) == Merge(changed, True)
        assert merge(base, changed, base) == Merge(changed, True)
        assert merge(base, changed, changed) == Merge(changed, True)

    @settings(max_examples=3_000, deadline=None)
    @given(st.one_of(st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT), st.tuples(REPEATING, REPEATING, REPEATING)))
    @example(("", "a\n", "b\n"))
    @example(("x", "x\r\na", "x\na"))
    def test_which_side_is_current_does_not_change_whether_it_is_clean(self, texts):
        base, one, other = texts

        forward, backward = merge(base, one, other), merge(base, other, one)

        assert forward.clean == backward.clean
        assert forward.clean or forward.text == one
        assert Counter(forward.text.split()) == Counter(backward.text.split()) or not forward.clean

    @settings(max_examples=2_000, deadline=None)
    @given(st.one_of(st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT), st.tuples(REPEATING, REPEATING, REPEATING)))
    def test_no_word_comes_from_nowhere(self, texts):
        base, current, sent = texts

        result = merge(base, current, sent)

        assert set(words(result.text)) <= set(words(current)) | set(words(sent))

    @settings(max_examples=2_000, deadline=None)
    @given(
        st.one_of(
            st.tuples(ANY_TEXT, ANY_TEXT), st.tuples(REPEATING, REPEATING), st.tuples(st.text(), st.text())
        )
    )
    def test_edits_turn_the_old_text_into_the_new_and_never_touch(self, texts):
        old, new = texts

        found = edits(old, new)

        result = old
        for edit in reversed(found):
            result = result[: edit.start] + edit.text + result[edit.end :]
        assert result == new
        assert all(one.end < other.start for one, other in pairwise(found))
        assert all(old[edit.start : edit.end] != edit.text for edit in found)

    @settings(max_examples=1_000)
    @given(st.one_of(ANY_TEXT, st.text()))
    def test_words_are_the_text(self, text):
        assert "".join(words(text)) == text

    @settings(max_examples=500, deadline=None)
    @given(st.data())
    def test_a_later_save_that_rests_on_the_text_as_sent_keeps_the_other_persons_words(self, data):
        base = plain_text(data)
        current, sent = edited(data, base, "c", moves=False), edited(data, base, "s", moves=False)
        first = merge(base, current, sent)
        if not first.clean:
            return
        later = edited(data, sent, "t", moves=False)

        second = merge(sent, first.text, later)

        assert faults(sent, first.text, later, second) == []


class TestPlaces:
    @pytest.mark.parametrize(
        ("base", "current", "sent", "merged"),
        [
            ("one two three four", "ONE two three four", "one two three FOUR", "ONE two three FOUR"),
            ("one two three", "ONE two three", "one two THREE", "ONE two THREE"),
            ("one two three", "one three", "one two three four", "one three four"),
            ("we agree", "we all agree", "we agree today", "we all agree today"),
            # Both did the same, and one did more elsewhere.
            ("teh data is old", "the data is old", "the data is new", "the data is new"),
            # Lines added in one place, the current one first.
            ("a list", "a list\n- from Ana", "a list\n- by Ben", "a list\n- from Ana\n- by Ben"),
            (
                "top\nend\n",
                "top\n- from Ana\nend\n",
                "top\n- by Ben\nend\n",
                "top\n- from Ana\n- by Ben\nend\n",
            ),
            ("a list\n", "a list\n- from Ana\n", "a list\n- by Ben", "a list\n- from Ana\n- by Ben"),
            # A line added below one that the other side goes on writing.
            ("we hope", "we hope for the best", "we hope\nOr do we?", "we hope for the best\nOr do we?"),
            ("we hop", "we hope", "we hop\nOr do we?", "we hope\nOr do we?"),
            ("title\nbody", "New title\nbody", "title\nSubtitle\nbody", "New title\nSubtitle\nbody"),
            ("first\nlast", "Intro\nfirst\nlast", "First of all\nlast", "Intro\nFirst of all\nlast"),
            # Writing systems without spaces.
            ("我们同意这个方案", "我们都同意这个方案", "我们同意这个新方案", "我们都同意这个新方案"),
            ("שלום לכולם כאן", "שלום רב לכולם כאן", "שלום לכולם כאן היום", "שלום רב לכולם כאן היום"),
            ("a 👩‍👩‍👧 b c", "x a 👩‍👩‍👧 b c", "a 👩‍👩‍👧 b c d", "x a 👩‍👩‍👧 b c d"),
            ("one\r\ntwo\r\nthree", "ONE\r\ntwo\r\nthree", "one\r\ntwo\r\nTHREE", "ONE\r\ntwo\r\nTHREE"),
        ],
    )
    def test_edits_in_different_places_are_both_there(self, base, current, sent, merged):
        assert merge(base, current, sent) == Merge(merged, True)
        assert merge(base, sent, current).clean

    @pytest.mark.parametrize(
        ("base", "current", "sent"),
        [
            ("one two three", "one 2 three", "one TWO three"),
            ("one two", "one and two", "one or two"),
            ("one two", "one two three", "one two four"),
            ("", "yes", "no"),
            ("", "yes\n", "no\n"),
            ("\n", "\nyes", "\nno"),
            ("one two three", "one", "one two and three"),
            ("one two", "onetwo", "one big two"),
            ("not approved", "approved", "not rejected"),
            ("cafe au lait", "café au lait", "cafe\u0301 au lait"),
            ("one two", "", "one two\nthree"),
            ("one two", "two", "one more two"),
            # One person's line in two stages of typing must not stand twice.
            ("a list", "a list\nWe nee", "a list\nWe need more"),
            ("a list", "a list\n- same line", "a list\n- same line\n- more"),
            # Both moved the same line to different places.
            ("top\nmove me\nmiddle\nend", "move me\ntop\nmiddle\nend", "top\nmiddle\nend\nmove me"),
            ("a b MOVED c d e", "MOVED a b c d e", "a b c d e MOVED"),
            # A new line in the middle of one is no line of its own.
            ("one two", "one\nA two", "one\nB two"),
            ("one two", "one A\ntwo", "one B\ntwo"),
            # A lone carriage return would become one newline with the other side's.
            ("x", "x y\r", "x\nz"),
            ("同意", "不同意", "很同意"),
        ],
    )
    def test_edits_that_meet_are_told_apart(self, base, current, sent):
        assert merge(base, current, sent) == Merge(current, False)
        assert merge(base, sent, current) == Merge(sent, False)

    def test_both_persons_go_on_typing_their_own_lines(self):
        """Two authors append a line each and type on, one saved word at a time; nothing overlaps."""
        stored = "Agenda"
        lines = {"ana": ["from", "Ana:", "data", "first"], "ben": ["by", "Ben:", "need", "first"]}
        shown = dict.fromkeys(lines, stored)
        for turn in range(4):
            for author, typed in lines.items():
                text = shown[author] + (f"\n{typed[0]}" if turn == 0 else f" {typed[turn]}")
                result = merge(shown[author], stored, text)
                assert result.clean
                stored, shown[author] = result.text, text

        assert stored == "Agenda\nfrom Ana: data first\nby Ben: need first"


def seconds(action):
    start = time.process_time()
    action()
    return time.process_time() - start


def scattered(chance, parts, count, tag):
    parts = list(parts)
    for _ in range(count):
        parts[chance.randrange(len(parts))] = f"{tag}{chance.random()}"
    return " ".join(parts)


def shuffled(parts):
    return lambda chance: (" ".join(parts), " ".join(chance.sample(parts, len(parts))), " ".join(parts[::-1]))


def changed_all_over(count, changes):
    def texts(chance):
        parts = [f"w{chance.randrange(3_000)}" for _ in range(count)]
        return " ".join(parts), scattered(chance, parts, changes, "c"), scattered(chance, parts, changes, "s")

    return texts


def three(make):
    return lambda chance: [make(chance) for _ in range(3)]


HARD = {
    "shuffled": shuffled([f"w{n}" for n in range(24_000)]),
    "each word twice": shuffled([f"t{n}" for n in range(12_000)] * 2),
    "changed all over": changed_all_over(24_000, 9_000),
    "a megabyte changed all over": changed_all_over(200_000, 60),
    "unlike characters": three(
        lambda chance: "".join(chr(0x4E00 + chance.randrange(20_000)) for _ in range(49_000))
    ),
    "two words at random": three(lambda chance: " ".join(chance.choice("ab") for _ in range(24_000))),
    "one character with holes": three(
        lambda chance: "".join("語" if chance.random() < 0.002 else "漢" for _ in range(49_000))
    ),
    "one word": lambda _: ("x" * 1_000_000, "x" * 500_000 + "y" + "x" * 500_000, "x" * 1_000_000 + "z"),
    "spaces": lambda _: (" " * 1_000_000, " " * 500_000 + "y" + " " * 500_000, " " * 1_000_000 + "z"),
    "newlines": lambda _: ("\n" * 1_000_000, "\n" * 500_000 + "y" + "\n" * 500_000, "\n" * 1_000_000 + "z"),
    "the same line": lambda _: (
        "- no\n" * 200_000,
        "- no\n" * 100_000 + "- yes\n" * 20_000,
        "- no\n" * 200_100,
    ),
}


class TestBounds:
    def test_a_megabyte_edited_in_two_places_is_merged(self):
        text = " ".join(f"w{n % 5_000}" for n in range(180_000))
        first, second = text.index(" ", 300_000), text.index(" ", 700_000)

        result = merge(text, f"{text[:first]} ANA{text[first:]}", f"{text[:second]} BEN{text[second:]}")

        assert len(text) > 1_000_000
        assert result == Merge(f"{text[:first]} ANA{text[first:second]} BEN{text[second:]}", True)

    @pytest.mark.parametrize("name", HARD)
    def test_no_text_takes_seconds(self, name):
        base, current, sent = HARD[name](random.Random(7))

        # A quadratic comparison of these takes minutes; the worst was measured at 0.9 s.
        assert seconds(lambda: merge(base, current, sent)) < 6
        assert seconds(lambda: word_diff(base, current)) < 3


class TestWordDiff:
    @settings(max_examples=1_000, deadline=None)
    @given(st.one_of(st.tuples(ANY_TEXT, ANY_TEXT), st.tuples(REPEATING, REPEATING)))
    def test_the_parts_make_both_texts(self, texts):
        old, new = texts

        changes = word_diff(old, new)

        assert "".join(change.text for change in changes if change.op != "added") == old
        assert "".join(change.text for change in changes if change.op != "removed") == new
        assert all(one.op != other.op for one, other in pairwise(changes))

    def test_a_rewritten_phrase_is_shown_as_one(self):
        changes = word_diff(
            "we start in two weeks, if all goes well", "we start in the new year, if all goes well"
        )

        assert [(change.op, change.text) for change in changes] == [
            ("same", "we start in "),
            ("removed", "two weeks,"),
            ("added", "the new year,"),
            ("same", " if all goes well"),
        ]

    def test_equal_texts_have_no_change(self):
        assert word_diff("", "") == []
        assert [change.op for change in word_diff("same", "same")] == ["same"]

    def test_letters_with_marks_stay_whole(self):
        changes = word_diff("un cafe\u0301 noir", "un the\u0301 noir")

        assert [unicodedata.normalize("NFC", change.text) for change in changes] == [
            "un ",
            "café",
            "thé",
            " noir",
        ]


class TestMergeSets:
    @settings(max_examples=500)
    @given(*[st.lists(st.sampled_from("abcdef"), unique=True)] * 3)
    def test_each_choice_is_merged_alone(self, base, current, sent):
        result = merge_sets(base, current, sent)

        for value in "abcdef":
            was, now, wanted = value in base, value in current, value in sent
            expected = wanted if wanted != was else now
            assert (value in result) is expected
        assert len(set(result)) == len(result)

    def test_the_current_order_comes_first(self):
        assert merge_sets(["a"], ["b", "a"], ["a", "c"]) == ["b", "a", "c"]

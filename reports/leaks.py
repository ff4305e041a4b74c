"""Find in a client's document what only the firm may know, before it is released."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts.models import Side
from engagements.models import Comment, File
from questionnaires.access import Viewpoint
from questionnaires.models import (
    AgendaPoint,
    Answer,
    Attempt,
    Clash,
    ClashSide,
    Decision,
    Meeting,
    Reaction,
    RecommendationVersion,
    Request,
)
from questionnaires.models.entry import REGISTER_PREFIX
from reports.content.edits import Snapshot, texts_of
from reports.models import Report

# So many words in a row that stand in both are no accident. Shorter secrets are looked for whole.
RUN = 5
SHORTEST = 3
LETTERS = 14
# The name of a file is at least this and its ending.
SHORTEST_NAME = 2
WORD = re.compile(r"\w+")
Run = tuple[str, ...]


@dataclass(frozen=True)
class Leak:
    """Something of the firm's in a document: in which part, what it is, and the words."""

    part: str
    what: str
    words: str


@dataclass(frozen=True)
class Secret:
    """A text of the firm's, and how a person calls it."""

    what: str
    text: str
    # A name: it is looked for as it is, however short.
    is_name: bool = False


def leaks(view: Viewpoint, document: Snapshot) -> list[Leak]:
    """Return what *document* would tell the client side that it may not know; *view* is the firm's.

    What the client side reads elsewhere is no leak, such as a note that quotes an answer.
    """
    found = [*_wrong_edition(document), *_internal_keys(view, document)]
    told = list(_runs_of_parts(document))
    known = {run for _part, runs in told for run in runs}
    hits: dict[Run, Secret] = {}
    for secret in secrets(view):
        for run in runs(secret.text, is_name=secret.is_name):
            if run in known:
                hits.setdefault(run, secret)
    if not hits:
        return found
    for text in shared(view):
        for run in _all_runs(text, {len(run) for run in hits}):
            hits.pop(run, None)
    named = set()
    for part, found_runs in told:
        for run in found_runs:
            if run in hits and (part, hits[run]) not in named:
                named.add((part, hits[run]))
                found.append(Leak(part, hits[run].what, " ".join(run)))
    return found


def _wrong_edition(document: Snapshot) -> list[Leak]:
    if document["edition"] == Side.CLIENT:
        return []
    return [Leak("", _("the firm's own edition"), document["edition_words"])]


def _internal_keys(view: Viewpoint, document: Snapshot) -> Iterator[Leak]:
    """Give the places that name or link to an internal question."""
    internal = {item.key: item for item in view.framework.items if item.internal}
    if not internal:
        return
    pattern = re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, internal)) + r")(?![\w-])")
    for part, text in _texts(document):
        for match in pattern.finditer(text):
            # A key may be a plain word too; in an address it is nothing else.
            if "-" in match[1] or f"/{match[1]}" in text:
                item = internal[match[1]]
                yield Leak(part, _("the internal question %(number)s") % {"number": item.number}, item.title)


def _texts(document: Snapshot) -> Iterator[tuple[str, str]]:
    """Give every text of a document with the title of the part it stands in."""
    for name, value in document.items():
        if name == "sections":
            continue
        if name not in ("house", "line", "framework"):
            for text in texts_of(value):
                yield _("cover and contents") if name != "data" else _("tables beside it"), text
    for section in document["sections"]:
        for text in texts_of(section):
            yield section["title"], text


def _runs_of_parts(document: Snapshot) -> Iterator[tuple[str, list[Run]]]:
    lengths = set(range(SHORTEST_NAME, RUN + 1))
    for part, text in _texts(document):
        if found := list(_all_runs(text, lengths)):
            yield part, found


def runs(text: str, *, is_name: bool = False) -> list[Run]:
    """Return what a secret is recognised by: every run of words, or all of a short one."""
    words = WORD.findall(text.casefold())
    if len(words) >= RUN:
        return [run for run in _of_length(words, RUN) if is_name or _is_telling(run)]
    if is_name and len(words) >= SHORTEST_NAME:
        return [tuple(words)]
    if len(words) >= SHORTEST and sum(map(len, words)) >= LETTERS:
        return [tuple(words)]
    return []


def _is_telling(run: Run) -> bool:
    """Say whether a run is more than the small change of a language."""
    return sum(len(word) >= 5 for word in run) >= 2


def _all_runs(text: str, lengths: set[int]) -> Iterator[Run]:
    words = WORD.findall(text.casefold())
    for length in lengths:
        yield from _of_length(words, length)


def _of_length(words: list[str], length: int) -> Iterator[Run]:
    for start in range(len(words) - length + 1):
        yield tuple(words[start : start + length])


def secrets(view: Viewpoint) -> Iterator[Secret]:
    """Give every text of an engagement that reaches the firm's side only."""
    engagement, framework = view.engagement, view.framework
    internal = {item.key for item in framework.items if item.internal}

    def named(key: str) -> str:
        if key.startswith(REGISTER_PREFIX):
            return framework.register(key.removeprefix(REGISTER_PREFIX)).title
        return framework.item(key).number if framework.has_item(key) else key

    for item in framework.items:
        if item.internal:
            what = _("the internal question %(number)s") % {"number": item.number}
            yield Secret(what, item.title)
            yield Secret(what, item.prompt)
    answers = Answer.objects.filter(entry__engagement=engagement).exclude(value=None)
    hidden = answers.filter(
        Q(part=Answer.Part.NOTE) | Q(entry__item_key__in=internal) | Q(entry__shown=False)
    )
    for answer in hidden.select_related("entry"):
        key = answer.entry.item_key
        if answer.part == Answer.Part.NOTE:
            what = _("the firm's note on %(number)s") % {"number": named(key)}
        elif key in internal:
            what = _("the internal question %(number)s") % {"number": named(key)}
        else:
            what = _("an answer that is hidden, to %(number)s") % {"number": named(key)}
        for text in texts_of(answer.value):
            yield Secret(what, text)
    for comment in Comment.objects.filter(thread__engagement=engagement, thread__firm_only=True):
        yield Secret(_("a comment among us"), comment.text)
    of_engagement = RecommendationVersion.objects.filter(recommendation__entry__engagement=engagement)
    not_offered = of_engagement.exclude(number=F("recommendation__offered_version"))
    for version in not_offered.select_related("recommendation__entry"):
        what = _("our advice on %(number)s, which is not offered") % {
            "number": named(version.recommendation.entry.item_key)
        }
        for text in texts_of([version.options, version.why]):
            yield Secret(what, text)
    for clash in Clash.objects.filter(engagement=engagement).filter(Q(internal=True) | Q(offered_at=None)):
        what = _("our view of conflict %(number)d") % {"number": clash.number}
        told = [clash.options, clash.we_recommend, clash.pros, clash.cons]
        for text in [*told, *([clash.title, clash.says] if clash.internal else [])]:
            yield Secret(what, text)
    for title in Meeting.objects.filter(engagement=engagement, firm_only=True).values_list(
        "title", flat=True
    ):
        yield Secret(_("a meeting among us"), title)
    points = AgendaPoint.objects.filter(meeting__engagement=engagement)
    for point in points.filter(Q(firm_only=True) | Q(meeting__firm_only=True)):
        yield Secret(_("a point of our own on an agenda"), point.title)
        yield Secret(_("a point of our own on an agenda"), point.note)
    for report in Report.objects.filter(engagement=engagement, edition=Side.FIRM).exclude(edits={}):
        for text in texts_of([report.edits.get("foreword", ""), report.edits.get("texts", {})]):
            yield Secret(_("words of ours in %(report)s") % {"report": report.name}, text)
    for file in File.objects.filter(engagement=engagement, removed_at=None).difference(
        File.objects.for_side(Side.CLIENT).filter(engagement=engagement, removed_at=None)
    ):
        yield Secret(_("the name of a file of ours"), file.name, is_name=True)


def shared(view: Viewpoint) -> Iterator[str]:
    """Give what the client side reads in the product and in what was released to it."""
    engagement, framework = view.engagement, view.framework
    internal = {item.key for item in framework.items if item.internal}
    for item in framework.items:
        if not item.internal:
            yield from (item.title, item.prompt, item.help)
            yield from (option.label for option in item.options)
    yield from (engagement.name, engagement.aim, engagement.staffing, engagement.client.name)
    answers = Answer.objects.filter(entry__engagement=engagement, entry__shown=True).exclude(
        Q(part=Answer.Part.NOTE) | Q(entry__item_key__in=internal) | Q(value=None)
    )
    tables: list[Any] = [
        answers.values_list("value", flat=True),
        answers.values_list("entry__source", "entry__reason_text"),
        Comment.objects.filter(thread__engagement=engagement, thread__firm_only=False).values_list(
            "text", flat=True
        ),
        RecommendationVersion.objects.filter(
            recommendation__entry__engagement=engagement, number=F("recommendation__offered_version")
        ).values_list("options", "why"),
        Reaction.objects.filter(recommendation__entry__engagement=engagement).values_list("words", flat=True),
        Decision.objects.filter(engagement=engagement)
        .exclude(entry__item_key__in=internal)
        .values_list("value", "reasons", "look_again"),
        Request.objects.filter(engagement=engagement).values_list("title", "need", "answer"),
        Clash.objects.filter(engagement=engagement, internal=False).values_list("title", "says", "outcome"),
        ClashSide.objects.filter(clash__engagement=engagement, clash__internal=False).values_list(
            "consequence", "words"
        ),
        Attempt.objects.filter(engagement=engagement).values_list(
            "name", "hypothesis", "approach", "settings", "lesson"
        ),
        File.objects.for_side(Side.CLIENT).filter(engagement=engagement).values_list("name", flat=True),
        Meeting.objects.filter(engagement=engagement, firm_only=False).values_list("title", flat=True),
        AgendaPoint.objects.filter(
            meeting__engagement=engagement, meeting__firm_only=False, firm_only=False
        ).values_list("title", "note"),
        Report.objects.for_side(Side.CLIENT).filter(engagement=engagement).values_list("snapshot", flat=True),
    ]
    for rows in tables:
        for row in rows:
            yield from texts_of(list(row) if isinstance(row, tuple) else row)

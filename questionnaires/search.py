"""Search what a person may see: questions, answers, comments, decisions and the names of files.

Answers and comments carry their words in columns that the database keeps (`search` of their tables). Questions,
decisions and files are few and are read as they are. Words are found by their stem and their beginning; when little
is found, words of the same spelling family are tried as well.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from engagements.models import Engagement
from questionnaires.access import Viewpoint
from questionnaires.between import Words, label_of, spec_of
from questionnaires.document import Framework
from questionnaires.models import Answer
from questionnaires.places import subject_of

# ruff: noqa: S608 - the statements are put together from our own texts only

# Hits of one kind on a page of all kinds, and on a page of its own.
FEW, MANY = 5, 60
# With fewer hits than this, words that are spelled alike are tried.
ENOUGH = 3
ALIKE = 0.3
MOST_WORDS = 12
START, END = "\ue000", "\ue001"


class Kind(models.TextChoices):
    """What can be found."""

    QUESTION = "question", _("Questions")
    ANSWER = "answer", _("Answers")
    COMMENT = "comment", _("Comments")
    DECISION = "decision", _("Decisions")
    FILE = "file", _("Files")


@dataclass
class Hit:
    """Something found: where it is, and what stands there. Marked words are between START and END."""

    kind: Kind
    view: Viewpoint
    key: str
    # The id of the comment, file or answer, or the number of the decision.
    ref: int
    place: str
    label: str
    text: str
    firm_only: bool
    by: str
    at: datetime | None
    # Further hits at the same question.
    more: int

    @property
    def engagement(self) -> Engagement:
        """Where it was found."""
        return self.view.engagement

    @property
    def parts(self) -> list[tuple[bool, str]]:
        """The text in parts: (whether it is one of the words looked for, the part)."""
        found = []
        for place, piece in enumerate(self.text.split(START)):
            marked, _end, rest = piece.partition(END)
            if place == 0:
                found.append((False, piece.replace(END, "")))
            else:
                found += [(True, marked), (False, rest.replace(END, ""))]
        return [part for part in found if part[1]]


@dataclass
class Results:
    """What was found, kind by kind, with how much there is of each."""

    hits: dict[Kind, list[Hit]] = field(default_factory=dict)
    counts: dict[Kind, int] = field(default_factory=dict)
    # Words that were tried besides, because they are spelled alike.
    alike: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How much was found."""
        return sum(self.counts.values())


def find(views: Sequence[Viewpoint], text: str, *, kind: Kind | None = None) -> Results:
    """Return what *views* show of *text*, the best first, in at most three queries whatever there is.

    *views* are the engagements to look in, each as its member's side sees it; nothing else is ever read.
    """
    words = re.findall(r"\w+", text)[:MOST_WORDS]
    if not words or not views:
        return Results()
    scope = Scope(views)
    results = scope.find([[word] for word in words], kind)
    if results.total < ENOUGH:
        alike = scope.alike(words)
        if any(alike.values()):
            results = scope.find([[word, *alike[word]] for word in words], kind)
            results.alike = sorted({other for others in alike.values() for other in others})
    return results


def query_of(choices: Sequence[Collection[str]]) -> str:
    """Return a text search query: of each choice one word, or its beginning."""
    return " & ".join("(" + " | ".join(f"'{word}':*" for word in words) + ")" for words in choices)


class Scope:
    """The engagements to look in, as parameters of the statements."""

    def __init__(self, views: Sequence[Viewpoint]) -> None:
        self.views = {view.engagement.pk: view for view in views}
        numbers: dict[int, int] = {}
        frameworks: list[Framework] = []
        for view in views:
            if id(view.framework) not in numbers:
                numbers[id(view.framework)] = len(frameworks)
                frameworks.append(view.framework)
        docs = [
            (number, item.key, item.internal, question_text(item))
            for number, framework in enumerate(frameworks)
            for item in framework.items
        ]
        self.parameters: dict[str, Any] = {
            "engagements": [view.engagement.pk for view in views],
            "firm": [view.is_firm for view in views],
            "of": [numbers[id(view.framework)] for view in views],
            "doc_of": [doc[0] for doc in docs],
            "doc_key": [doc[1] for doc in docs],
            "doc_internal": [doc[2] for doc in docs],
            "doc_text": [doc[3] for doc in docs],
        }

    def find(self, choices: Sequence[Collection[str]], kind: Kind | None) -> Results:
        """Return what fits one word of each choice, in one query."""
        parameters = self.parameters | {
            "query": query_of(choices),
            "kinds": [kind] if kind else list(Kind),
            "most": MANY if kind else FEW,
            "options": f'StartSel="{START}", StopSel="{END}", MaxWords=24, MinWords=10, FragmentDelimiter=" … "',
        }
        with connection.cursor() as cursor:
            cursor.execute(FIND, parameters)
            rows = cursor.fetchall()
        results = Results()
        words: dict[int, Words] = {}
        for name, engagement_id, key, ref, what, raw, firm_only, by, at, more, count in rows:
            found = Kind(name)
            results.counts[found] = count
            view = self.views[engagement_id]
            if engagement_id not in words:
                words[engagement_id] = Words(view)
            hit = Hit(
                found,
                view,
                key,
                ref,
                subject_of(view.framework, key).title if key else "",
                "",
                what,
                firm_only,
                by or "",
                at,
                more,
            )
            if found == Kind.ANSWER:
                _say(hit, words[engagement_id], json.loads(raw))
            results.hits.setdefault(found, []).append(hit)
        return results

    def alike(self, words: Sequence[str]) -> dict[str, list[str]]:
        """Return words that stand somewhere in scope and are spelled like each of *words*, in one query."""
        with connection.cursor() as cursor:
            cursor.execute(SPELLED_ALIKE, self.parameters | {"words": list(words), "alike": ALIKE})
            found: dict[str, list[str]] = {word: [] for word in words}
            for word, lexeme in cursor.fetchall():
                found[word].append(lexeme)
        return found


def question_text(item: Any) -> str:
    """Return the words of a question: what is asked, its help and what can be chosen."""
    options = " · ".join(option.label for option in item.options)
    return " ".join(part for part in (item.title + ".", item.prompt, item.help, options) if part)


def _say(hit: Hit, words: Words, raw: Mapping[str, Any]) -> None:
    """Say an answer as people read it: a choice by its label, and which cell it is."""
    answer = Answer(column=raw["column"], part=raw["part"])
    try:
        hit.label = label_of(hit.view.framework, answer, hit.key)
        spec = spec_of(hit.view.framework, hit.key, raw["column"], raw["part"])
        if spec is not None and spec.type not in ("text", "long_text"):
            hit.text = words.of(spec, raw["value"])
    except (KeyError, ValueError):
        # The framework has no such column any more; the words that were found stand for themselves.
        return


# What side sees which item: every branch below goes through `seen`, or through a register, which both sides see.
SCOPE = """
    WITH scope AS (
        SELECT * FROM unnest(%(engagements)s::bigint[], %(firm)s::bool[], %(of)s::int[]) s (engagement, firm, framework)
    ), doc AS MATERIALIZED (
        SELECT framework, key, internal, body, to_tsvector('english', body) AS search
        FROM unnest(%(doc_of)s::int[], %(doc_key)s::text[], %(doc_internal)s::bool[], %(doc_text)s::text[])
            d (framework, key, internal, body)
    ), seen AS (
        SELECT s.engagement, s.firm, d.key, d.body, d.search
        FROM scope s JOIN doc d ON d.framework = s.framework AND (s.firm OR NOT d.internal)
    ), entry AS (
        SELECT e.id, e.engagement_id, e.item_key, s.firm
        FROM questionnaires_entry e JOIN seen s ON s.engagement = e.engagement_id AND s.key = e.item_key
        JOIN questionnaires_round r ON r.id = e.round_id AND r.is_latest
        WHERE e.shown
        UNION ALL
        SELECT e.id, e.engagement_id, e.item_key, s.firm
        FROM questionnaires_entry e JOIN scope s ON s.engagement = e.engagement_id WHERE e.round_id IS NULL
    )
"""

FIND = (
    SCOPE
    + """
    , q AS (SELECT to_tsquery('english', %(query)s) AS query)
    , hit AS (
        SELECT 'question' AS kind, e.engagement_id AS engagement, e.item_key AS key, e.id AS ref, s.body AS body,
            NULL::jsonb AS raw, false AS firm_only, NULL::bigint AS by_id, NULL::timestamptz AS at,
            ts_rank_cd(s.search, q.query) AS rank, e.id AS place
        FROM q, entry e JOIN seen s ON s.engagement = e.engagement_id AND s.key = e.item_key
        WHERE s.search @@ q.query
        UNION ALL
        SELECT 'answer', e.engagement_id, e.item_key, a.id, left(a.value #>> '{}', 20000),
            jsonb_build_object('column', a.column, 'part', a.part, 'value',
                CASE WHEN length(a.value #>> '{}') < 500 THEN a.value END),
            a.part = 'note', a.updated_by_id, a.updated_at, ts_rank_cd(a.search, q.query), e.id
        FROM q, entry e JOIN questionnaires_answer a ON a.entry_id = e.id
        LEFT JOIN questionnaires_row w ON w.id = a.row_id
        WHERE a.search @@ q.query AND (e.firm OR a.part <> 'note') AND w.deleted_at IS NULL
        UNION ALL
        SELECT 'comment', t.engagement_id, t.item_key, c.id, c.text, NULL, t.firm_only, c.by_id, c.at,
            ts_rank_cd(c.search, q.query), t.id
        FROM q, scope s JOIN engagements_thread t ON t.engagement_id = s.engagement
        JOIN engagements_comment c ON c.thread_id = t.id
        WHERE c.search @@ q.query AND (s.firm OR NOT t.firm_only) AND (t.item_key LIKE 'register:%%' OR EXISTS (
            SELECT FROM seen WHERE seen.engagement = s.engagement AND seen.key = t.item_key))
        UNION ALL
        SELECT 'decision', d.engagement_id, e.item_key, d.number, said.body, NULL, false, d.made_by_id, d.made_at,
            ts_rank_cd(to_tsvector('english', said.body), q.query), d.id
        FROM q, scope s JOIN questionnaires_decision d ON d.engagement_id = s.engagement
        JOIN questionnaires_entry e ON e.id = d.entry_id
        JOIN seen ON seen.engagement = s.engagement AND seen.key = e.item_key
        JOIN questionnaires_recommendationversion v ON v.id = d.version_id
        CROSS JOIN LATERAL (SELECT concat_ws('. ', v.options -> (d.option - 1) ->> 'title', d.reasons, d.look_again)
            AS body) said
        WHERE to_tsvector('english', said.body) @@ q.query
        UNION ALL
        SELECT 'file', f.engagement_id, f.item_key, f.id, f.name, NULL, f.side = 'firm', f.created_by_id, f.created_at,
            ts_rank_cd(said.search, q.query), f.id
        FROM q, scope s JOIN engagements_file f ON f.engagement_id = s.engagement AND f.removed_at IS NULL
        CROSS JOIN LATERAL (SELECT to_tsvector('english', regexp_replace(f.name, '[^[:alnum:]]+', ' ', 'g')) AS search)
            said
        WHERE said.search @@ q.query AND (s.firm OR f.side = 'client') AND (f.item_key = '' OR
            f.item_key LIKE 'register:%%' OR EXISTS (
                SELECT FROM seen WHERE seen.engagement = s.engagement AND seen.key = f.item_key))
    ), best AS (
        -- A table in which many cells fit is one hit.
        SELECT *, row_number() OVER (PARTITION BY kind, place ORDER BY rank DESC, ref) AS turn,
            count(*) OVER (PARTITION BY kind, place) - 1 AS more
        FROM hit
    ), ranked AS (
        SELECT *, row_number() OVER (PARTITION BY kind ORDER BY rank DESC, at DESC NULLS LAST, ref) AS number,
            count(*) OVER (PARTITION BY kind) AS count
        FROM best WHERE turn = 1
    )
    SELECT r.kind, r.engagement, r.key, r.ref, ts_headline('english', r.body, q.query,
            %(options)s || CASE WHEN length(r.body) > 300 THEN ', MaxFragments=2' ELSE ', HighlightAll=true' END), r.raw::text,
        r.firm_only, u.display_name, r.at, r.more, r.count
    FROM q, ranked r LEFT JOIN accounts_user u ON u.id = r.by_id
    WHERE r.number <= CASE WHEN r.kind = ANY(%(kinds)s) THEN %(most)s ELSE 1 END
    ORDER BY r.kind, r.number
"""
)

# A word that stands in scope as it is, or begins one that does, needs no other spelling.
SPELLED_ALIKE = (
    SCOPE
    + """
    , lexeme AS MATERIALIZED (
        SELECT unnest(tsvector_to_array(search)) AS word FROM seen
        UNION
        SELECT unnest(tsvector_to_array(a.search)) FROM entry e JOIN questionnaires_answer a ON a.entry_id = e.id
        WHERE e.firm OR a.part <> 'note'
        UNION
        SELECT unnest(tsvector_to_array(c.search)) FROM scope s
        JOIN engagements_thread t ON t.engagement_id = s.engagement AND (s.firm OR NOT t.firm_only)
        JOIN engagements_comment c ON c.thread_id = t.id
        UNION
        SELECT lower(unnest(regexp_split_to_array(f.name, '[^[:alnum:]]+'))) FROM scope s
        JOIN engagements_file f ON f.engagement_id = s.engagement AND (s.firm OR f.side = 'client')
    ), wanted AS (
        SELECT word, stem FROM unnest(%(words)s::text[]) word, unnest(tsvector_to_array(to_tsvector('english', word))) stem
    )
    SELECT w.word, near.word FROM wanted w
    CROSS JOIN LATERAL (
        SELECT l.word FROM lexeme l
        WHERE similarity(l.word, w.stem) >= %(alike)s AND l.word ~ '^[[:alnum:]]+$'
        ORDER BY similarity(l.word, w.stem) DESC, l.word LIMIT 4
    ) near
    WHERE NOT EXISTS (SELECT FROM lexeme l WHERE starts_with(l.word, w.stem))
"""
)

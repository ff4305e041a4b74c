"""Prove that answers, revisions, counters and visibility agree with each other."""

from collections.abc import Iterator

from django.db import connection
from django.db.models import Exists, OuterRef

from engagements.models import Engagement, Redaction
from questionnaires import conditions, gates, progress
from questionnaires.actions.conditions import settled_values
from questionnaires.models import (
    Answer,
    Conflict,
    Entry,
    Flag,
    Questionnaire,
    Round,
    Row,
    SectionProgress,
    SignOff,
)
from questionnaires.models.entry import COUNTS

# Each returns (engagement, what, detail) for the rows that contradict each other.
CHECKS = {
    "an answer is not its last revision": """
        SELECT e.engagement_id, a.id, 'version ' || a.version || ', last revision ' || coalesce(last.version::text, 'none')
        FROM questionnaires_answer a JOIN questionnaires_entry e ON e.id = a.entry_id
        LEFT JOIN LATERAL (SELECT r.version, r.value FROM questionnaires_revision r WHERE r.answer_id = a.id
                           ORDER BY r.version DESC LIMIT 1) last ON true
        WHERE a.version <> coalesce(last.version, 0) OR (a.version > 0 AND a.value IS DISTINCT FROM last.value)
    """,
    "revisions have a gap": """
        SELECT e.engagement_id, a.id, count(r.id) || ' revisions up to version ' || max(r.version)
        FROM questionnaires_answer a JOIN questionnaires_entry e ON e.id = a.entry_id
        JOIN questionnaires_revision r ON r.answer_id = a.id
        GROUP BY e.engagement_id, a.id HAVING count(r.id) <> max(r.version) OR min(r.version) <> 1
    """,
    "a revision names an event that is not there": """
        SELECT e.engagement_id, r.id, 'event ' || r.event
        FROM questionnaires_revision r JOIN questionnaires_answer a ON a.id = r.answer_id
        JOIN questionnaires_entry e ON e.id = a.entry_id
        LEFT JOIN engagements_event ev ON ev.engagement_id = e.engagement_id AND ev.number = r.event
        WHERE ev.id IS NULL
    """,
    "a revision was redacted by what is not of its engagement": """
        SELECT e.engagement_id, r.id, 'redaction ' || r.redaction_id
        FROM questionnaires_revision r JOIN questionnaires_answer a ON a.id = r.answer_id
        JOIN questionnaires_entry e ON e.id = a.entry_id JOIN engagements_redaction d ON d.id = r.redaction_id
        WHERE d.engagement_id <> e.engagement_id OR r.event > d.event
    """,
    "a cell is in a row of another item": """
        SELECT e.engagement_id, a.id, 'row ' || w.id
        FROM questionnaires_answer a JOIN questionnaires_entry e ON e.id = a.entry_id
        JOIN questionnaires_row w ON w.id = a.row_id WHERE w.entry_id <> a.entry_id
    """,
}


def problems(engagement: Engagement | None = None) -> Iterator[str]:
    """Give a sentence for each contradiction; nothing means sound."""
    with connection.cursor() as cursor:
        for name, sql in CHECKS.items():
            only = f"SELECT * FROM ({sql}) found WHERE %s IS NULL OR engagement_id = %s"  # noqa: S608 - fixed texts
            cursor.execute(only, [engagement.pk if engagement else None] * 2)
            for engagement_id, pk, detail in cursor.fetchall():
                yield f"engagement {engagement_id}: {name}: {pk}, {detail}"
    questionnaires = Questionnaire.objects.select_related("engagement")
    if engagement:
        questionnaires = questionnaires.filter(engagement=engagement)
    for questionnaire in questionnaires:
        yield from _progress(questionnaire)
        yield from _visibility(questionnaire)
        yield from _flags(questionnaire)
        yield from _signatures(questionnaire)


def _progress(questionnaire: Questionnaire) -> Iterator[str]:
    framework = questionnaire.framework
    for round_ in Round.objects.filter(engagement=questionnaire.engagement, item_key=""):
        counted = progress.recount(framework, round_)
        kept = {(row.section_key, row.internal): row for row in SectionProgress.objects.filter(round=round_)}
        for place in sorted(counted.keys() | kept.keys()):
            wanted = counted.get(place, {})
            row = kept.get(place)
            for name in COUNTS:
                if wanted.get(name, 0) != getattr(row, name, 0):
                    yield f"engagement {questionnaire.pk}: section {place[0]} counts {name} as {getattr(row, name, 0)}, and it is {wanted.get(name, 0)}"


def _visibility(questionnaire: Questionnaire) -> Iterator[str]:
    framework = questionnaire.framework
    visible = conditions.visible_items(framework, settled_values(framework, questionnaire.pk))
    entries = Entry.objects.filter(engagement_id=questionnaire.pk, round__is_latest=True)
    for key, shown in entries.values_list("item_key", "shown"):
        if not framework.has_item(key):
            yield f"engagement {questionnaire.pk}: entry {key} has no item"
        elif shown != (key in visible):
            yield f"engagement {questionnaire.pk}: item {key} is {'shown' if shown else 'hidden'}, and its condition says otherwise"


def _flags(questionnaire: Questionnaire) -> Iterator[str]:
    """Hold the booleans of every latest entry against their reasons, both ways."""
    of_entry = {"entry": OuterRef("pk")}
    raised = Flag.objects.open().filter(**of_entry)
    values = Conflict.objects.filter(
        answer__entry=OuterRef("pk"), answer__row__deleted_at=None, outcome=""
    ).exclude(answer__part=Answer.Part.NOTE)
    rows = Row.objects.filter(**of_entry, contested_by__isnull=False)
    entries = (
        Entry.objects.filter(engagement_id=questionnaire.pk, round__is_latest=True)
        .annotate(
            again=Exists(raised.filter(kind=Flag.Kind.REVISIT)),
            clash=Exists(raised.filter(kind=Flag.Kind.CONFLICT)) | Exists(values) | Exists(rows),
        )
        .values_list("item_key", "revisit", "again", "conflict", "clash")
    )
    for key, revisit, again, conflict, clash in entries:
        for name, flag, reason in (("revisit", revisit, again), ("conflict", conflict, clash)):
            if flag and not reason:
                yield f"engagement {questionnaire.pk}: item {key} has the flag {name} and no reason"
            elif reason and not flag:
                yield f"engagement {questionnaire.pk}: item {key} has a reason for {name} and no flag"


def _signatures(questionnaire: Questionnaire) -> Iterator[str]:
    """Hold every signature's mark against what its gate covers now."""
    framework = questionnaire.framework
    gates_by_item = {gate.item_key: gate for gate in framework.gates}
    covers = gates.Covers(questionnaire, framework.gates)
    signed = SignOff.objects.filter(
        entry__engagement=questionnaire.pk, entry__round__is_latest=True, withdrawn_at=None
    ).select_related("entry", "membership")
    for one in signed:
        gate = gates_by_item.get(one.entry.item_key)
        if gate is None:
            continue
        now = gates.fingerprint(covers.seen_by(one.membership.side, gate))
        if gates.fingerprint(one.covered) != one.fingerprint and not _redacted_since(one):
            yield f"engagement {questionnaire.pk}: signature {one.pk} of gate {gate.key} does not keep what was signed, and no words were taken out since"
        if one.is_stale == gates.still_says(one, now):
            yield f"engagement {questionnaire.pk}: signature {one.pk} of gate {gate.key} is {'stale' if one.is_stale else 'not stale'}, and its answers say otherwise"


def _redacted_since(sign_off: SignOff) -> bool:
    return Redaction.objects.filter(
        engagement_id=sign_off.entry.engagement_id,
        event__gt=sign_off.event,
        found__has_key=SignOff._meta.label_lower,
    ).exists()

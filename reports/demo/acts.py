"""What each verb of a story does. Every one is a call of an action that people use as well."""

import re
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from engagements.actions import milestones, threads
from engagements.models import Thread
from engagements.policy import Permission
from questionnaires.access import Desk
from questionnaires.actions import answers, conflicts, entries, evidence, handover, rows, signing, waiving
from questionnaires.document import Column, Item
from questionnaires.models import Answer, Conflict, Entry, Row
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.places import Base, Place, subject_of
from reports.demo import meetings, weighing
from reports.demo.story import VERBS, Stage, verb

__all__ = ["VERBS", "meetings"]


def value_of(stage: Stage, spec: Item | Column, told: Any) -> Any:
    """Turn a value of the story into what a form would send."""
    if told is None:
        return None
    if spec.type == "person":
        return stage.members[told].pk
    if spec.type == "date":
        return stage.day(told).isoformat()
    if isinstance(told, str) and spec.type in ("text", "long_text"):
        return stage.text(told)
    if spec.type == "money" and isinstance(told, dict):
        return f"{told['amount']}/{told['period']}" if told.get("period") else str(told["amount"])
    if spec.type == "yes_no" and isinstance(told, bool):
        return "yes" if told else "no"
    if spec.type in ("number", "money"):
        return str(told)
    return told


def current(stage: Stage, place: Place) -> Answer | None:
    """Return the answer at a place, or None before its first value."""
    return Answer.objects.filter(
        entry=stage.entry(place.item_key), row=place.row_id, column=place.column, part=place.part
    ).first()


def save(stage: Stage, place: Place, value: Any, *, settle: bool, base: int | None = None) -> answers.Saved:
    """Save as the person of the act, on top of what is there unless *base* names an older version."""
    answer = current(stage, place)
    version = base if base is not None else answer.version if answer else 0
    return answers.save(
        desk=stage.by, place=place, raw=value, base=Base(version), key=stage.key(), settle=settle, at=stage.at
    )


@verb("answer")
def answer(stage: Stage, act: dict[str, Any]) -> None:
    """Answer an item: value, rows, words or files, with its grounds and its owner."""
    write(stage, act["answer"], act)


@verb("change")
def change(stage: Stage, act: dict[str, Any]) -> None:
    """Give an item a later value: what rests on it is to be looked at again."""
    write(stage, act["change"], act)


def write(stage: Stage, key: str, act: dict[str, Any]) -> None:
    """Write whatever the act brings: words, rows, edits of rows, files, a value."""
    item = stage.questionnaire.framework.item(key)
    settle = act.get("settle", True)
    if "words" in act and item.type == "table":
        more = "rows" in act or "edits" in act
        save(stage, Place(key, part=Answer.Part.WORDS), stage.text(act["words"]), settle=settle and not more)
    if "rows" in act:
        fill(stage, key, item.columns, act["rows"], settle=settle)
    if "edits" in act:
        edit(stage, key, item.columns, act["edits"], settle=settle)
    for told in act.get("files", []):
        attach(stage, key, told, answers_item=item.type == "file")
    if "none" in act:
        save(stage, Place(key), {"none": act["none"]}, settle=settle)
    if "value" in act:
        place = Place(key)
        base = None
        if act.get("unseen"):
            answer = current(stage, place)
            base = max(0, answer.version - 1) if answer else 0
        save(stage, place, value_of(stage, item, act["value"]), settle=settle, base=base)
    surroundings(stage, key, act)


def edit(
    stage: Stage, key: str, columns: tuple[Column, ...], edits: list[dict[str, Any]], *, settle: bool
) -> None:
    """Change cells, add rows and remove rows, counted from 1 as they stood before."""
    by_key = {column.key: column for column in columns}
    standing = list(stage.entry(key).rows.live())
    for told in edits:
        stage.at += timedelta(seconds=20)
        if "add" in told:
            fill(stage, key, columns, [told["add"]], settle=False)
        elif "remove" in told:
            rows.delete_row(desk=stage.by, row=standing[told["remove"] - 1], at=stage.at)
        else:
            row = standing[told["row"] - 1]
            for name, value in told["cells"].items():
                place = Place(key, row_id=row.pk, column=name)
                save(stage, place, value_of(stage, by_key[name], value), settle=False)
    if settle and not key.startswith(REGISTER_PREFIX):
        stage.at += timedelta(seconds=20)
        answers.settle_entry(desk=stage.by, entry=stage.entry(key), at=stage.at)


def fill(
    stage: Stage, key: str, columns: tuple[Column, ...], told: list[dict[str, Any]], *, settle: bool
) -> list[Row]:
    """Add rows with their cells."""
    by_key = {column.key: column for column in columns}
    cells = [
        {
            name: value_of(stage, by_key[name], value)
            for name, value in row.items()
            if by_key[name].type != "file"
        }
        for row in told
    ]
    made = rows.add_rows(
        desk=stage.by, entry=stage.entry(key), rows=cells, keys=[stage.key() for _row in cells], at=stage.at
    )
    if settle and not key.startswith(REGISTER_PREFIX):
        stage.at += timedelta(seconds=20)
        answers.settle_entry(desk=stage.by, entry=stage.entry(key), at=stage.at)
    return made


def surroundings(stage: Stage, key: str, act: dict[str, Any]) -> None:
    """Say how sure we are, who says so, and who holds it."""
    if act.get("certainty") or act.get("source"):
        entry = stage.entry(key)
        stage.at += timedelta(seconds=5)
        entries.set_grounds(
            desk=stage.by,
            entry=entry,
            certainty=act.get("certainty", entry.certainty),
            source=stage.text(act["source"]) if "source" in act else entry.source,
            seen={"certainty": entry.certainty, "source": entry.source},
            at=stage.at,
        )
    if act.get("owner"):
        stage.at += timedelta(seconds=5)
        entries.assign(
            desk=stage.by,
            entry=stage.entry(key),
            to=stage.members[act["owner"]],
            due=stage.day(act["due"]) if act.get("due") else None,
            at=stage.at,
        )


@verb("resolve_conflict")
def resolve_conflict(stage: Stage, act: dict[str, Any]) -> None:
    """Settle a conflict of requests, or decide between two answers to one item; *mine* is what the person of the act wrote."""
    key = act["resolve_conflict"]
    if ("clash", key) in stage.names:
        weighing.settle_clash(stage, act)
        return
    open_conflicts = Conflict.objects.filter(answer__entry=stage.entry(key), outcome="").select_related(
        "answer"
    )
    conflict = open_conflicts.latest("id")
    mine = conflict.by_id == stage.by.membership.user_id
    outcome = act["keep"] if mine else {"mine": "theirs", "theirs": "mine"}[act["keep"]]
    shown = conflicts.Shown(conflict.answer.version, len(conflict.keys))
    conflicts.decide(desk=stage.by, conflict=conflict, outcome=outcome, shown=shown, at=stage.at)


@verb("confirm")
def confirm(stage: Stage, act: dict[str, Any]) -> None:
    """Say that an answer stands."""
    entries.confirm(desk=stage.by, entry=stage.entry(act["confirm"]), at=stage.at)


@verb("unknown")
def unknown(stage: Stage, act: dict[str, Any]) -> None:
    """Say that we don't know yet, who finds out and by when."""
    key = act["unknown"]
    item = stage.questionnaire.framework.item(key)
    if act.get("words") and item.type in ("long_text", "table"):
        part = Answer.Part.WORDS if item.type == "table" else Answer.Part.VALUE
        save(stage, Place(key, part=part), stage.text(act["words"]), settle=False)
    entries.mark_unknown(
        desk=stage.by,
        entry=stage.entry(key),
        finder=stage.members[act["who"]],
        find_by=stage.day(act["until"]),
        at=stage.at,
    )


@verb("not_applicable")
def not_applicable(stage: Stage, act: dict[str, Any]) -> None:
    """Set an item aside."""
    entries.mark_not_applicable(
        desk=stage.by,
        entry=stage.entry(act["not_applicable"]),
        reason=act["reason"],
        words=act.get("words", ""),
        at=stage.at,
    )


@verb("assign")
def assign(stage: Stage, act: dict[str, Any]) -> None:
    """Ask somebody."""
    entries.assign(
        desk=stage.by,
        entry=stage.entry(act["assign"]),
        to=stage.members[act["to"]],
        due=stage.day(act["due"]) if act.get("due") else None,
        words=act.get("note", ""),
        at=stage.at,
    )


@verb("note")
def note(stage: Stage, act: dict[str, Any]) -> None:
    """Write what only the firm sees."""
    save(stage, Place(act["note"], part=Answer.Part.NOTE), act["text"], settle=False)


@verb("register")
def register(stage: Stage, act: dict[str, Any]) -> None:
    """Add a row to a register, or change cells of one."""
    key = act["register"]
    place = REGISTER_PREFIX + key
    columns = stage.questionnaire.framework.register(key).columns
    if "edit" in act:
        row_id = stage.names["row", act["edit"]]
        by_key = {column.key: column for column in columns}
        for name, value in act["row"].items():
            save(
                stage,
                Place(place, row_id=row_id, column=name),
                value_of(stage, by_key[name], value),
                settle=False,
            )
        return
    (row,) = fill(stage, place, columns, [act["row"]], settle=False)
    stage.names["row", act.get("id")] = row.pk


def attach(stage: Stage, key: str, told: dict[str, Any], *, answers_item: bool) -> None:
    """Attach a small file whose text is in the story."""
    upload = SimpleUploadedFile(told["name"], told["text"].encode())
    file = evidence.attach(
        desk=stage.by,
        entry=stage.entry(key),
        upload=upload,
        firm_only=told.get("side") == "firm",
        at=stage.at,
    )
    if answers_item:
        stage.at += timedelta(seconds=1)
        evidence.answer_with(desk=stage.by, place=Place(key), file=file, at=stage.at)


@verb("attach")
def attach_to(stage: Stage, act: dict[str, Any]) -> None:
    """Attach evidence to an item."""
    for told in act["files"]:
        attach(stage, act["attach"], told, answers_item=False)


@verb("sign")
def sign(stage: Stage, act: dict[str, Any]) -> None:
    """Sign a gate for a function, as it stands then."""
    gate = stage.questionnaire.framework.gate(act["sign"])
    desk = stage.by
    entry: Entry = stage.entry(gate.item_key)
    covered = signing.covered_values(desk.view, gate)
    signing.sign(
        desk=desk,
        entry=entry,
        function=act["as"],
        statement=act.get("statement", ""),
        seen=signing.fingerprint(covered),
        at=stage.at,
    )


@verb("still_holds")
def still_holds(stage: Stage, act: dict[str, Any]) -> None:
    """Say that answers stand though something underneath moved: one, several, or the rest of what is marked."""
    told = act["still_holds"]
    if told == "rest":
        marked = (
            Entry.objects.of_latest_rounds().filter(engagement=stage.engagement, revisit=True).order_by("id")
        )
        framework = stage.questionnaire.framework
        keys = [
            key
            for key in marked.values_list("item_key", flat=True)
            if key not in act.get("except", ()) and framework.item(key).type != "sign_off"
        ]
    else:
        keys = [told] if isinstance(told, str) else told
    for key in keys:
        entry = stage.entry(key)
        if entry.revisit:
            stage.at += timedelta(seconds=2)
            try:
                entries.still_holds(desk=stage.by, entry=entry, at=stage.at)
            except entries.NotPossible:
                # Whoever answered says so, asked by the person of the act.
                entries.still_holds(desk=author_of(stage, entry), entry=entry, at=stage.at)


def author_of(stage: Stage, entry: Entry) -> Desk:
    """Return the desk of who answered an entry, or of somebody of their side who is still there."""
    current = [
        key
        for key, member in stage.members.items()
        if member.ended_at is None and member.may(Permission.CONFIRM)
    ]
    named = [key for key in current if stage.members[key].user_id == entry.answered_by_id]
    side = entry.answered_by.side if entry.answered_by else stage.by.membership.side
    same_side = [key for key in current if stage.members[key].side == side]
    return stage.desk((named or same_side)[0])


@verb("waive")
def waive(stage: Stage, act: dict[str, Any]) -> None:
    """Let a point of a gate pass until a day."""
    gate = stage.questionnaire.framework.gate(act["waive"])
    desk = stage.desk(act["by"])
    waiving.give(
        desk=desk,
        gate=gate,
        entry=stage.entry(gate.item_key),
        item_key=act["point"],
        reason=stage.text(act["reason"]),
        until=stage.day(act["until"]),
        at=stage.at,
    )


@verb("ask")
def ask(stage: Stage, act: dict[str, Any]) -> None:
    """Ask an item of somebody, by a day, with a word."""
    entries.assign(
        desk=stage.by,
        entry=stage.entry(act["ask"]),
        to=stage.members[act["of"]],
        due=stage.day(act["due"]) if act.get("due") else None,
        words=stage.text(act.get("words", "")),
        at=stage.at,
    )


@verb("gone")
def gone(stage: Stage, act: dict[str, Any]) -> None:
    """Let a colleague go; what they hold passes to another."""
    leaving = stage.members[act["gone"]]
    leaving.refresh_from_db()
    handover.leave(desk=stage.by, membership=leaving, to=stage.members[act["to"]], at=stage.at)


@verb("comment")
def comment(stage: Stage, act: dict[str, Any]) -> None:
    """Say something about an item, in a thread of its own or as a reply."""
    key = act["comment"]
    subject = subject_of(stage.questionnaire.framework, key)
    text = mention_names(stage, stage.text(act["text"]))
    if act.get("reply_to"):
        thread = Thread.objects.get(pk=stage.names["thread", act["reply_to"]])
        said = threads.reply(
            membership=stage.by.membership,
            thread=thread,
            subject=subject,
            text=text,
            key=stage.key(),
            at=stage.at,
        )
    else:
        said = threads.open_thread(
            membership=stage.by.membership,
            subject=subject,
            text=text,
            key=stage.key(),
            firm_only=act.get("side") == "firm",
            at=stage.at,
        )
    stage.names["thread", act.get("id")] = said.thread_id
    stage.names["thread of", key] = said.thread_id


def mention_names(stage: Stage, text: str) -> str:
    """Turn the story's @key into the name as people pick it."""

    def named(found: re.Match[str]) -> str:
        member = stage.members.get(found[1])
        return f"@{member.user.display_name}" if member else found[0]

    return re.sub(r"@([a-z]+)", named, text)


@verb("settle_thread")
def settle_thread(stage: Stage, act: dict[str, Any]) -> None:
    """Say that nothing more is to be said."""
    thread = Thread.objects.get(pk=stage.names["thread of", act["settle_thread"]])
    threads.settle_thread(membership=stage.by.membership, thread=thread, at=stage.at)


@verb("milestone")
def milestone(stage: Stage, act: dict[str, Any]) -> None:
    """Give the point that is reached a name; what lies ahead is only planned."""
    if act.get("reached"):
        milestones.name_point(membership=stage.by.membership, name=act["milestone"], at=stage.at)

"""Decide between the options of a recommendation, and reopen what was decided."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Side
from engagements.models import Event, Membership
from questionnaires import values
from questionnaires.access import Desk
from questionnaires.actions import flags, footings, lines, recommendations, ripple
from questionnaires.actions.act import Act
from questionnaires.actions.answers import apply_settling, lock_answer, settled_value
from questionnaires.actions.recommendations import NotPossible
from questionnaires.models import (
    Answer,
    Cause,
    Decision,
    Entry,
    Flag,
    Recommendation,
    RecommendationVersion,
    Revision,
    Row,
)
from questionnaires.models.recommendation import LETTERS
from questionnaires.places import Place

REGISTER = "decisions"


@transaction.atomic
def decide(
    *,
    desk: Desk,
    entry: Entry,
    option: int,
    client: Membership,
    firm: Membership,
    reasons: str,
    seen: int,
    rests_on: Collection[str] | None = None,
    look_again: str = "",
    at: datetime | None = None,
) -> Decision:
    """Choose *option* (from 1) of the offered recommendation, under a name of each side, and answer the item with it.

    *seen* is the version that was before the people who decided. *rests_on* names the answers it stands on; None
    takes the recommendation's. A decision that stands is superseded. Raises recommendations.NotPossible.
    """
    reasons = reasons.strip()
    if not reasons:
        raise NotPossible(_("Give the reasons: a decision without them will be taken again."))
    if client.side != Side.CLIENT or firm.side != Side.FIRM:
        raise NotPossible(_("A decision carries two names: one of the client and one of ours."))
    if {client.engagement_id, firm.engagement_id} != {desk.engagement.pk}:
        raise NotPossible(_("That person is not in this engagement."))
    item = desk.framework.item(entry.item_key)
    # Answers are locked before the engagement, so the answer is taken whatever the option turns out to be.
    answer = _answer(desk, entry) if recommendations.takes_value(item) else None
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(answer.entry if answer else entry)
    advice = recommendations.get(entry)
    version = _version(advice, seen)
    if not 1 <= option <= len(version.options):
        raise NotPossible(_("Choose one of the options."))
    chosen = version.option(option)
    before = Decision.objects.filter(entry=entry, replaced_by=None).order_by("-number").first()
    if before is not None and before.state == Decision.State.STANDING:
        before.state = Decision.State.SUPERSEDED
        before.save(update_fields=["state"])
    _give(act, entry, answer, item.type, chosen)
    if entry.revisit:
        ripple.answered_anew(act, entry, Flag.How.UPDATED)
    keys = advice.footing.basis if rests_on is None else rests_on
    act.store()
    decision = Decision(
        engagement=desk.engagement,
        number=_next_number(desk),
        entry=entry,
        version=version,
        option=option,
        value=chosen["value"],
        reasons=reasons,
        look_again=look_again.strip()[:200],
        client=client,
        firm=firm,
        made_by=desk.membership.user,
        made_at=act.at,
        event=act.number,
        replaces=before,
        footing=footings.lay(act, [key for key in keys if key != entry.item_key]),
    )
    decision.row = put_line(act, decision)
    decision.save()
    touched = lines.touched(decision.row, REGISTER)
    if before is not None:
        before.state = Decision.State.SUPERSEDED
        before.save(update_fields=["state"])
        before.replaced_by = decision
        touched = _both(touched, lines.touched(put_line(act, before), REGISTER))
    act.finish(
        "decision.made",
        entry=entry,
        data={
            "decision": decision.pk,
            "number": decision.number,
            "option": option,
            "replaces": before.number if before else None,
            "answer": answer.pk if answer else None,
            "version": answer.version if answer else None,
            "row": None,
            "column": "",
            "part": Answer.Part.VALUE,
            "lines": touched,
        },
    )
    return decision


@transaction.atomic
def reopen(*, desk: Desk, decision: Decision, why: str, at: datetime | None = None) -> Event:
    """Open a standing decision again, for a reason. The answer it gave stays until there is a new decision."""
    why = why.strip()
    if not why:
        raise NotPossible(_("Say why it is opened again; the reasons before stay beside yours."))
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(decision.entry)
    decision.refresh_from_db(fields=["state"])
    if decision.state != Decision.State.STANDING:
        raise NotPossible(_("This decision does not stand any more, so there is nothing to reopen."))
    decision.state = Decision.State.REOPENED
    decision.reopened_by, decision.reopened_at, decision.reopened_why = desk.membership.user, act.at, why
    decision.save(update_fields=["state", "reopened_by", "reopened_at", "reopened_why"])
    row = put_line(act, decision)
    _flag(act, entry)
    return act.finish(
        "decision.reopened",
        entry=entry,
        data={
            "decision": decision.pk,
            "number": decision.number,
            "state": [Decision.State.STANDING, Decision.State.REOPENED],
            "lines": lines.touched(row, REGISTER),
        },
    )


@transaction.atomic
def still_holds(*, desk: Desk, decision: Decision, words: str = "", at: datetime | None = None) -> Event:
    """Say that a decision stands although something it rests on has changed."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(decision.entry)
    decision.footing.refresh_from_db()
    if not decision.footing.is_shaken:
        raise NotPossible(_("Nothing it rests on has changed since somebody last looked."))
    changed = decision.footing.changed
    footings.hold(act, decision.footing, words)
    return act.finish(
        "decision.holds",
        entry=entry,
        data={"decision": decision.pk, "number": decision.number, "changed": sorted(changed), "words": words[:300]},
    )  # fmt: skip


@transaction.atomic
def set_look_again(*, desk: Desk, decision: Decision, words: str, at: datetime | None = None) -> Event | None:
    """Note when to look at a decision again, such as "after four live weeks"."""
    words = words.strip()[:200]
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(decision.entry)
    was = decision.look_again
    if was == words:
        transaction.set_rollback(True)
        return None
    decision.look_again = words
    decision.save(update_fields=["look_again"])
    row = put_line(act, decision)
    return act.finish(
        "decision.changed",
        entry=entry,
        data={
            "decision": decision.pk,
            "number": decision.number,
            "look_again": [was, words],
            "lines": lines.touched(row, REGISTER),
        },
    )


def _flag(act: Act, entry: Entry) -> None:
    """Let the answer be looked at again until there is a new decision: it stands, and it is not settled."""
    source = flags.source_of(Cause.Kind.REOPENED, entry.item_key)
    marks = [mark for mark in flags.answered(act, [entry.item_key], source=source) if mark.flag_id is None]
    if marks:
        step_key = act.framework.item(entry.item_key).step_key
        cause = flags.cause(act, Cause.Kind.REOPENED, entry.item_key, step_key=step_key)
        flags.raise_flags(act, Flag.Kind.REVISIT, cause, [(mark, (mark.item_key,)) for mark in marks])


def _version(advice: Recommendation, seen: int) -> RecommendationVersion:
    if advice.offered_version is None:
        raise NotPossible(
            _("Offer the recommendation first: what the client has not seen cannot be decided.")
        )
    if advice.offered_version != seen:
        raise NotPossible(
            _(
                "A newer version of the recommendation was offered meanwhile. Read it, then decide; nothing was changed."
            )
        )
    return advice.versions.get(number=seen)


def _answer(desk: Desk, entry: Entry) -> Answer:
    number = entry.round.number if entry.round else None
    return lock_answer(desk, Place(entry.item_key, round_number=number), key=uuid.uuid4())


def _give(act: Act, entry: Entry, answer: Answer | None, kind: str, chosen: dict[str, Any]) -> None:
    """Answer the item with the chosen option: its value, or its title where the item takes words and has none."""
    if answer is None:
        return
    value = chosen["value"]
    if values.is_empty(value):
        if kind != "long_text" or not values.is_empty(answer.value):
            return
        value = chosen["title"]
    settled = settled_value(answer)
    if value != answer.value or answer.settled_version != answer.version:
        act.write(
            answer, value, kind=Revision.Kind.DECIDED, key=uuid.uuid4(), base=answer.version, settle=True
        )
    apply_settling(act, entry, [(answer, settled, value)])


def _next_number(desk: Desk) -> int:
    highest = Decision.objects.filter(engagement=desk.engagement).aggregate(Max("number"))["number__max"]
    return int(highest or 0) + 1


def put_line(act: Act, decision: Decision) -> Row | None:
    """Write the decision's line of the decision log, or bring it up to date."""
    item = act.framework.item(decision.entry.item_key)
    options, chosen, pick = decision.version.options, decision.chosen, decision.version.pick
    cells = {
        "decision": f"{decision.number}. {item.title}: {chosen['title']}",
        "options-weighed": "\n".join(
            f"{letter}. {option['title']}" for letter, option in zip(LETTERS, options, strict=False)
        ),
        "we-recommend": f"{LETTERS[pick - 1]}. {options[pick - 1]['title']}",
        "pros": "\n".join(chosen["pros"]),
        "cons": "\n".join(chosen["cons"]),
        "decided": in_words(decision),
        "decided-by": decision.client_id,
        "date": act.questionnaire.engagement.today(decision.made_at).isoformat(),
        "revisit-when": decision.look_again,
    }
    return lines.put(act, REGISTER, cells, keeper=Row.Keeper.DECISION, row=decision.row)


def in_words(decision: Decision) -> str:
    """Say what was decided and how it stands now, for the log."""
    said = _("Option %(letter)s. %(reasons)s") % {"letter": decision.letter, "reasons": decision.reasons}
    if decision.reopened_why:
        said += "\n" + _("Reopened: %(why)s") % {"why": decision.reopened_why}
    if decision.state == Decision.State.SUPERSEDED:
        said += "\n" + _("Superseded by decision %(number)d.") % {"number": decision.replaced_by.number}
    return said


def _both(one: dict[str, list[int]], other: dict[str, list[int]]) -> dict[str, list[int]]:
    return {key: sorted({*one.get(key, ()), *other.get(key, ())}) for key in {*one, *other}}

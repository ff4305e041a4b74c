"""Sign a gate: a dated signature over the settled values as the signer's side sees them."""

import hashlib
import json
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from engagements.models import Membership
from questionnaires.access import Desk, Viewpoint
from questionnaires.actions import conditions
from questionnaires.actions.act import Act
from questionnaires.document import Gate
from questionnaires.models import Answer, Entry, Revision, SignOff


class NotYours(Exception):
    """The signer does not hold the function they want to sign for, or may not sign."""


class SignedAlready(Exception):
    """There is a valid signature for this function."""


def gate_of(desk: Desk, entry: Entry) -> Gate:
    """Return the gate that a sign-off item closes."""
    return next(gate for gate in desk.framework.gates if gate.item_key == entry.item_key)


def functions_open(desk: Desk, entry: Entry) -> list[str]:
    """Return the functions whose valid signature is missing."""
    signed = set(
        SignOff.objects.filter(entry=entry, withdrawn_at=None, is_stale=False).values_list(
            "function", flat=True
        )
    )
    return [function for function in gate_of(desk, entry).functions if function not in signed]


def functions_of(desk: Desk, entry: Entry, member: Membership) -> list[str]:
    """Return the missing functions that *member* can sign for."""
    return (
        [function for function in functions_open(desk, entry) if function in member.functions]
        if member.may_sign
        else []
    )


def covered_values(view: Viewpoint, gate: Gate) -> dict[str, Any]:
    """Return what a signature covers: state and settled value of each covered item that this side sees, by key.

    A table is covered row by row in order. What is not asked at the engagement's depth is left out.
    """
    keys = [
        key for key in gate.covers if view.framework.has_item(key) and view.may_see(view.framework.item(key))
    ]
    entries = {
        entry.item_key: entry
        for entry in Entry.objects.filter(
            engagement=view.engagement, round__is_latest=True, item_key__in=keys, shown=True
        )
    }
    settled: dict[int, list[Any]] = {}
    answers = (
        Answer.objects.filter(entry__in=entries.values(), settled_version__gt=0, row__deleted_at=None)
        .exclude(part=Answer.Part.NOTE)
        .select_related("row")
        .order_by("row__rank", "row_id", "column", "id")
    )
    older = {
        (revision.answer_id, revision.version): revision.value
        for revision in Revision.objects.filter(
            answer__in=[a.pk for a in answers if a.settled_version != a.version]
        )
    }
    for answer in answers:
        value = (
            answer.value
            if answer.settled_version == answer.version
            else older.get((answer.pk, answer.settled_version))
        )
        if value is not None:
            settled.setdefault(answer.entry_id, []).append([answer.row_id, answer.column, answer.part, value])
    return {
        key: {"state": entries[key].state, "values": settled.get(entries[key].pk, [])}
        for key in keys
        if key in entries
    }


def fingerprint(covered: dict[str, Any]) -> str:
    """Return the SHA-256 over covered values in canonical JSON."""
    return hashlib.sha256(
        json.dumps(covered, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


@transaction.atomic
def sign(
    *,
    desk: Desk,
    entry: Entry,
    function: str,
    statement: str,
    seen: str,
    comment: str = "",
    at: datetime | None = None,
) -> SignOff:
    """Sign for *function* what the signer *seen*, named by its fingerprint.

    Raises NotYours, SignedAlready, or ChangedSince when what the gate covers is no longer what was shown.
    """
    member = desk.membership
    if not member.may_sign or function not in member.functions:
        raise NotYours(
            _("This signature belongs to somebody else. The project manager can change who signs for what.")
        )
    act = Act.begin(member, desk.questionnaire, at=at)
    entry = act.current(entry)
    if function not in functions_open(desk, entry):
        raise SignedAlready(_("This has been signed already."))
    covered = covered_values(desk.view, gate_of(desk, entry))
    mark = fingerprint(covered)
    if mark != seen:
        raise ChangedSince(
            _("An answer changed while you were reading. Nothing was signed; here is what stands now.")
        )
    SignOff.objects.filter(entry=entry, function=function, withdrawn_at=None).update(withdrawn_at=act.at)
    signed = SignOff.objects.create(
        entry=entry,
        function=function,
        membership=member,
        statement=statement,
        comment=comment,
        signed_at=act.at,
        event=act.number,
        fingerprint=mark,
        covered=covered,
    )
    act.change(entry, state=Entry.State.ANSWERED, answered_by=member.user, answered_at=act.at)
    if not functions_open(desk, entry):
        act.change(entry, state=Entry.State.CONFIRMED, confirmed_by=member.user, confirmed_at=act.at)
    conditions.move(act, desk.framework.item(entry.item_key))
    act.finish("signed", entry=entry, data={"sign_off": signed.pk, "function": function, "fingerprint": mark})
    return signed


class ChangedSince(Exception):
    """What the gate covers changed between reading and signing."""

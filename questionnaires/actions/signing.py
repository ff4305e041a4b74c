"""Sign a gate, take a signature back, ask for one. A signature covers the settled values as the signer's side sees them."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from engagements.models import Event, InboxItem, Membership
from questionnaires import gates
from questionnaires.access import Desk, Viewpoint
from questionnaires.actions import conditions, ripple
from questionnaires.actions.act import Act
from questionnaires.document import Gate
from questionnaires.gates import Covered, fingerprint
from questionnaires.models import Entry, Flag, SignOff

__all__ = [
    "ChangedSince",
    "NotYours",
    "SignedAlready",
    "ask",
    "covered_values",
    "fingerprint",
    "functions_of",
    "functions_open",
    "gate_of",
    "sign",
    "withdraw",
]


class NotYours(Exception):
    """The signer does not hold the function they want to sign for, or may not sign."""


class SignedAlready(Exception):
    """There is a valid signature for this function."""


class ChangedSince(Exception):
    """What the gate covers changed between reading and signing."""


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


def covered_values(view: Viewpoint, gate: Gate) -> Covered:
    """Return what a signature covers now as *view*'s side sees it, in at most four queries."""
    return gates.Covers(view.questionnaire, [gate]).seen_by(view.side, gate)


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

    The gate closes with the last function. Raises NotYours, SignedAlready, or ChangedSince when what the gate
    covers is no longer what was shown.
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
    stood = ripple.stood_as(entry)
    earlier = SignOff.objects.filter(entry=entry, function=function, withdrawn_at=None).first()
    is_again = earlier is not None
    if earlier is not None:
        act.alter(earlier, withdrawn_at=act.at)
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
    _look_over(act, entry, desk)
    if entry.revisit and not SignOff.objects.filter(entry=entry, withdrawn_at=None, is_stale=True).exists():
        ripple.answered_anew(act, entry, Flag.How.UPDATED)
    changes: list[ripple.Change] = [] if is_again else [(None, function, "signature", None, "signed")]
    _follow(act, entry, stood, changes)
    act.finish(
        "signed",
        entry=entry,
        data={"sign_off": signed.pk, "function": function, "fingerprint": mark, "again": is_again},
    )
    return signed


@transaction.atomic
def withdraw(*, desk: Desk, sign_off: SignOff, why: str, at: datetime | None = None) -> Event:
    """Take one's own signature back, with a reason. It stays on the record. Raises NotYours or SignedAlready."""
    if sign_off.membership_id != desk.membership.pk:
        raise NotYours(_("A signature is taken back by the person who gave it."))
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(sign_off.entry)
    sign_off.refresh_from_db()
    if sign_off.withdrawn_at is not None:
        raise SignedAlready(_("This signature no longer stands; there is nothing to take back."))
    stood = ripple.stood_as(entry)
    act.alter(sign_off, withdrawn_at=act.at, withdrawn_why=why.strip()[:300])
    _look_over(act, entry, desk)
    if entry.revisit and not SignOff.objects.filter(entry=entry, withdrawn_at=None, is_stale=True).exists():
        ripple.answered_anew(act, entry, Flag.How.UPDATED)
    _follow(act, entry, stood, [(None, sign_off.function, "signature", "signed", None)])
    return act.finish(
        "signature.withdrawn", entry=entry, data={"sign_off": sign_off.pk, "function": sign_off.function}
    )


@transaction.atomic
def ask(
    *, desk: Desk, entry: Entry, function: str, words: str = "", at: datetime | None = None
) -> list[Membership]:
    """Ask those who can sign for *function*: they are told, and find it with their work. [] when nobody can."""
    holders = list(
        Membership.objects.current()
        .filter(engagement=desk.engagement, may_sign=True, functions__contains=[function])
        .select_related("user")
        .order_by("pk")
    )
    if function not in functions_open(desk, entry):
        raise SignedAlready(_("This has been signed already."))
    if not holders:
        return []
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    act.change(entry, held_by=holders[0].side, held_since=act.at)
    act.tell([member.user_id for member in holders], InboxItem.Kind.SIGNATURE, entry, words.strip())
    act.finish(
        "signature.asked",
        entry=entry,
        data={"function": function, "to": [member.pk for member in holders], "words": words.strip()[:500]},
    )
    return holders


def _look_over(act: Act, entry: Entry, desk: Desk) -> None:
    """Bring the sign-off's state in line with its signatures: confirmed once every function has signed."""
    given = set(SignOff.objects.filter(entry=entry, withdrawn_at=None).values_list("function", flat=True))
    if given >= set(gate_of(desk, entry).functions):
        act.change(
            entry,
            state=Entry.State.CONFIRMED,
            answered_by=act.by,
            answered_at=act.at,
            confirmed_by=act.by,
            confirmed_at=act.at,
        )
    else:
        state = Entry.State.DRAFT if given else Entry.State.OPEN
        act.change(entry, state=state, confirmed_by=None, confirmed_at=None)


def _follow(act: Act, entry: Entry, stood: str, changes: list[ripple.Change]) -> None:
    moved = conditions.move(act, act.framework.item(entry.item_key))
    ripple.follow(act, entry, before=stood, changes=changes, moved=moved)

"""Prepare our advice on an item, offer it to the client, and hear what the client says to it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from engagements.models import Event
from questionnaires import conditions, values
from questionnaires.access import Desk
from questionnaires.actions import footings
from questionnaires.actions.act import Act
from questionnaires.actions.conditions import settled_values
from questionnaires.document import Item
from questionnaires.models import Decision, Entry, Reaction, Recommendation, RecommendationVersion

FEWEST, MOST = 2, 4
TEXTS = ("title", "effort", "risk", "cost")


class BadAdvice(Exception):
    """The options do not make a recommendation; the message says what is missing."""


class ChangedMeanwhile(Exception):
    """A colleague changed the recommendation after the author opened it. Nothing was stored."""


class NotPossible(Exception):
    """The recommendation is not in a state for this; the message says what to do instead."""


@dataclass(frozen=True)
class Proposal:
    """What a recommendation can start from: the framework's options, and its advice where that applies."""

    options: list[dict[str, Any]]
    pick: int | None
    why: str
    keys: tuple[str, ...]


def proposal(desk: Desk, item: Item) -> Proposal:
    """Return the framework's options for *item* with the advice whose condition holds now, in one query.

    Advice is tried in order over the settled answers; of a long list of options the advised one and the first
    others are taken.
    """
    keys = dict.fromkeys(item.depends_on)
    chosen, why = "", ""
    if item.recommend:
        known = conditions.visible_values(
            desk.framework, settled_values(desk.framework, desk.engagement.pk), desk.engagement.depth
        )
        for advice in item.recommend:
            keys |= dict.fromkeys(advice.when.keys)
            if not chosen and advice.when.holds(known):
                chosen, why = advice.choose, advice.because
    offered = list(item.options)
    if item.type == "yes_no":
        blanks = [blank(title=str(_("Yes")), value="yes"), blank(title=str(_("No")), value="no")]
        return Proposal(blanks, None, "", tuple(keys))
    advised = [option for option in offered if option.value == chosen]
    others = [option for option in offered if option.value != chosen]
    taken = {option.value for option in (advised + others)[:MOST]}
    shown = [option for option in offered if option.value in taken]
    options = [
        blank(
            title=option.label,
            value=option.value,
            pros=[option.pros] if option.pros else [],
            cons=[option.cons] if option.cons else [],
        )
        for option in shown
    ]
    pick = next((place for place, option in enumerate(shown, start=1) if option.value == chosen), None)
    return Proposal(options, pick, f"{why[:1].upper()}{why[1:]}." if why else "", tuple(keys))


def blank(**known: Any) -> dict[str, Any]:
    """Return an option with everything empty but what is *known*."""
    return {"title": "", "value": None, "pros": [], "cons": [], "effort": "", "risk": "", "cost": ""} | known


def clean_options(item: Item, options: Sequence[Mapping[str, Any]], pick: int | None) -> list[dict[str, Any]]:
    """Return options in the form they are kept in. Raises BadAdvice, naming the option."""
    if not FEWEST <= len(options) <= MOST:
        raise BadAdvice(_("Give two to four options, so that there is something to choose from."))
    if pick is None or not 1 <= pick <= len(options):
        raise BadAdvice(_("Say which of the options we would pick."))
    cleaned = []
    for letter, option in zip("ABCD", options, strict=False):
        found = blank(**{name: str(option.get(name) or "").strip()[:300] for name in TEXTS})
        if not found["title"]:
            raise BadAdvice(_("Option %(letter)s has no title.") % {"letter": letter})
        for name in ("pros", "cons"):
            found[name] = [str(one).strip()[:300] for one in option.get(name) or [] if str(one).strip()][:8]
        found["value"] = _value(item, option.get("value"), letter)
        cleaned.append(found)
    return cleaned


def takes_value(item: Item) -> bool:
    """Say whether an item can be answered by choosing an option."""
    return item.type not in ("table", "sign_off", "file", "person")


def _value(item: Item, raw: Any, letter: str) -> Any:
    if not takes_value(item):
        return None
    try:
        return values.clean(item, raw)
    except values.BadValue as error:
        raise BadAdvice(
            _("Option %(letter)s: %(message)s")
            % {"letter": letter, "message": _(error.template) % error.params}
        ) from error


@transaction.atomic
def prepare(
    *,
    desk: Desk,
    entry: Entry,
    options: Sequence[Mapping[str, Any]],
    pick: int | None,
    why: str,
    seen: int = 0,
    rests_on: Collection[str] | None = None,
    at: datetime | None = None,
) -> Recommendation:
    """Write the next version of our advice on *entry*, for the firm only until it is offered.

    *seen* is the version the author had before them, 0 for a first one. *rests_on* names the answers it stands on;
    None takes what the framework's advice reads and what the item depends on. Raises BadAdvice, or ChangedMeanwhile
    when there is a newer version than *seen*.
    """
    item = _item_of(desk, entry)
    cleaned = clean_options(item, options, pick)
    keys = proposal(desk, item).keys if rests_on is None else tuple(rests_on)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    found = Recommendation.objects.filter(entry=entry).select_related("footing").first()
    if seen != (found.version if found else 0):
        raise ChangedMeanwhile(
            _(
                "Somebody changed this recommendation while you had it open. Yours is below; compare, then save again."
            )
        )
    if found is None:
        found = Recommendation.objects.create(entry=entry, footing=footings.lay(act, keys))
    else:
        footings.lay_again(act, found.footing, keys)
        found.version += 1
        if found.state == Recommendation.State.WITHDRAWN:
            found.state = Recommendation.State.PREPARED
        found.save(update_fields=["version", "state"])
    RecommendationVersion.objects.create(
        recommendation=found,
        number=found.version,
        options=cleaned,
        pick=pick or 1,
        why=why.strip(),
        by=desk.membership.user,
        at=act.at,
        event=act.number,
    )
    act.finish(
        "recommendation.prepared", entry=entry, firm_only=True, data={"recommendation": found.pk, "version": found.version}
    )  # fmt: skip
    return found


@transaction.atomic
def offer(*, desk: Desk, entry: Entry, at: datetime | None = None) -> Event:
    """Show the newest version to the client side. Raises NotPossible."""
    if _item_of(desk, entry).internal:
        raise NotPossible(_("The client side does not see this item, so there is nobody to offer it to."))
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    found = get(entry)
    if found.offered_version == found.version:
        raise NotPossible(_("The client sees this version already."))
    was = found.offered_version
    found.state = Recommendation.State.OFFERED
    found.offered_version, found.offered_by, found.offered_at = found.version, desk.membership.user, act.at
    found.save(update_fields=["state", "offered_version", "offered_by", "offered_at"])
    return act.finish(
        "recommendation.offered",
        entry=entry,
        data={"recommendation": found.pk, "version": [was, found.version]},
    )


@transaction.atomic
def withdraw(*, desk: Desk, entry: Entry, at: datetime | None = None) -> Event:
    """Take an offered recommendation back: the client side no longer sees it. What was said to it stays."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    found = get(entry)
    if found.state != Recommendation.State.OFFERED:
        raise NotPossible(_("This recommendation is not offered, so there is nothing to take back."))
    if Decision.objects.standing().filter(entry=entry).exists():
        raise NotPossible(_("A decision rests on it. Reopen the decision first."))
    was = found.offered_version
    found.state, found.offered_version = Recommendation.State.WITHDRAWN, None
    found.save(update_fields=["state", "offered_version"])
    return act.finish(
        "recommendation.withdrawn",
        entry=entry,
        data={"recommendation": found.pk, "version": [was, None]},
    )


@transaction.atomic
def react(
    *,
    desk: Desk,
    entry: Entry,
    kind: str,
    option: int | None = None,
    words: str = "",
    at: datetime | None = None,
) -> Reaction:
    """Say what the client side thinks of an offered recommendation: agree, question, or choose another option."""
    if kind not in Reaction.Kind.values:
        raise NotPossible(_("Agree, ask, or choose another option."))
    words = words.strip()[:1000]
    if kind == Reaction.Kind.QUESTION and not words:
        raise NotPossible(_("Write your question in a few words."))
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    found = get(entry)
    if found.offered_version is None:
        raise NotPossible(_("This recommendation was taken back meanwhile. Nothing was changed."))
    version = found.versions.get(number=found.offered_version)
    if kind != Reaction.Kind.CHOOSE:
        option = None
    elif option is None or not 1 <= option <= len(version.options):
        raise NotPossible(_("Choose one of the options."))
    reaction = Reaction.objects.create(
        recommendation=found,
        version=version.number,
        kind=kind,
        option=option,
        words=words,
        by=desk.membership,
        at=act.at,
        event=act.number,
    )
    act.finish(
        "recommendation.answered",
        entry=entry,
        data={"recommendation": found.pk, "reaction": reaction.pk, "kind": kind, "option": option},
    )
    return reaction


@transaction.atomic
def still_holds(*, desk: Desk, entry: Entry, words: str = "", at: datetime | None = None) -> Event:
    """Say that our advice stands although something it rests on has changed."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    entry = act.current(entry)
    found = get(entry)
    if not found.footing.is_shaken:
        raise NotPossible(_("Nothing it rests on has changed since somebody last looked."))
    changed = found.footing.changed
    footings.hold(act, found.footing, words)
    return act.finish(
        "recommendation.holds",
        entry=entry,
        firm_only=found.offered_version is None,
        data={"recommendation": found.pk, "changed": sorted(changed)},
    )


def get(entry: Entry) -> Recommendation:
    """Return the recommendation on *entry*, or raise NotPossible."""
    found = Recommendation.objects.filter(entry=entry).select_related("footing").first()
    if found is None:
        raise NotPossible(_("There is no recommendation on this item yet. Prepare one first."))
    return found


def _item_of(desk: Desk, entry: Entry) -> Item:
    if entry.round_id is None:
        raise NotPossible(_("A register takes no recommendation."))
    return desk.framework.item(entry.item_key)

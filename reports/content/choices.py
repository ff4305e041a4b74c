"""Choices as documents tell them: the options with pros and cons, what was chosen, by whom and why."""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _

from questionnaires.models import Decision
from questionnaires.models.recommendation import LETTERS
from questionnaires.reading import ItemView
from reports.content import blocks
from reports.content.blocks import Block, Cell
from reports.content.paper import Paper, changed, names


def choice_cards(paper: Paper, keys: Iterable[str]) -> list[Block]:
    """Tell the choices on some items: decided ones in full, offered ones as they lie on the table."""
    wanted = list(keys)
    made = [
        one
        for one in paper.record.decisions
        if one.state == Decision.State.STANDING and one.entry.item_key in wanted
    ]
    for one in made:
        paper.told.add(one.entry.item_key)
    return [*(decision_card(paper, one) for one in made), *open_choices(paper, wanted)]


def decision_card(paper: Paper, decision: Decision) -> Block:
    """Return one decision with everything that belongs to it."""
    record = paper.record
    item = record.view.framework.item(decision.entry.item_key)
    value: list[Block] = [
        blocks.strong(
            _("Option %(letter)s: %(title)s") % {"letter": decision.letter, "title": decision.chosen["title"]}
        ),
        blocks.text(decision.reasons),
        options_table(decision.version.options, pick=decision.version.pick, chosen=decision.option),
    ]
    if decision.version.why:
        value.append(blocks.quiet(_("Our advice: %(why)s") % {"why": decision.version.why}))
    if decision.look_again:
        value.append(blocks.quiet(_("To be looked at again: %(when)s") % {"when": decision.look_again}))
    if decision.reopened_why and decision.reopened_by:
        value.append(
            blocks.quiet(
                _("Reopened on %(day)s by %(name)s: %(why)s")
                % {
                    "day": paper.on(decision.reopened_at),
                    "name": decision.reopened_by.display_name,
                    "why": decision.reopened_why,
                }
            )
        )
    side: list[Cell] = [names(decision), paper.on(decision.made_at), f"{item.number} {item.title}"]
    if decision.state == Decision.State.STANDING:
        if moved := changed(record, decision):
            side.insert(
                0,
                {
                    "text": _("To look at again: %(items)s changed since") % {"items": ", ".join(moved)},
                    "tone": "warn",
                },
            )
    elif decision.state == Decision.State.SUPERSEDED:
        after = getattr(decision, "replaced_by", None)
        side.insert(
            0,
            {
                "text": _("Superseded by decision %(number)d") % {"number": after.number}
                if after
                else _("Superseded"),
                "tone": "q",
            },
        )
    else:
        side.insert(0, {"text": _("Reopened"), "tone": "warn"})
    if decision.replaces:
        side.append(_("Replaces decision %(number)d") % {"number": decision.replaces.number})
    return blocks.answer(number=str(decision.number), question=item.title, value=value, side=side)


def options_table(options: Sequence[Mapping[str, object]], *, pick: int, chosen: int | None) -> Block:
    """Return the options with what speaks for and against each."""
    rows: list[list[Cell]] = []
    for number, option in enumerate(options, start=1):
        marks = []
        if number == chosen:
            marks.append(_("chosen"))
        if number == pick:
            marks.append(_("our advice"))
        name: Cell = {
            "text": f"{LETTERS[number - 1]}. {option['title']}",
            "tone": "strong" if number == chosen else "",
            "sub": ", ".join(marks),
        }
        rows.append([name, lines(option["pros"]), lines(option["cons"])])
    return blocks.table([_("Option"), _("For it"), _("Against it")], rows)


def lines(points: object) -> str:
    """Return points one a line."""
    return "\n".join(str(point) for point in points) if isinstance(points, list) else str(points or "")


def open_choices(paper: Paper, keys: Iterable[str]) -> list[Block]:
    """Return the choices that lie on the table: offered to the client, for the firm prepared ones too."""
    found = []
    for key in keys:
        item = paper.item(key)
        if (
            item is None
            or item.around.advice is None
            or (item.around.decision and item.around.decision.stands)
        ):
            continue
        found.append(open_choice(paper, item))
        paper.told.add(key)
    return found


def open_choice(paper: Paper, item: ItemView) -> Block:
    """Return one choice that is still to be made."""
    advice = item.around.advice
    assert advice is not None  # noqa: S101 - the caller leaves out items without advice
    options = [{"title": one.title, "pros": one.pros, "cons": one.cons} for one in advice.options]
    pick = next((one.number for one in advice.options if one.is_pick), 0)
    value: list[Block] = [
        blocks.missing(_("Not decided yet.")),
        options_table(options, pick=pick, chosen=None),
    ]
    if advice.why:
        value.append(blocks.quiet(_("Our advice: %(why)s") % {"why": advice.why}))
    side: list[Cell] = [f"{item.number} {item.title}"]
    if advice.is_offered:
        side.insert(0, _("Offered %(day)s") % {"day": paper.on(advice.offered_at)})
    else:
        side.insert(0, {"text": _("Not offered yet; for the firm only"), "tone": "warn"})
    side += [f"{reaction.by.display_name}: {reaction.words}" for reaction in advice.reactions if reaction.by]
    return blocks.answer(number="?", question=item.title, value=value, side=side)

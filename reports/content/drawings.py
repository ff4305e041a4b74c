"""Our drawings as blocks of documents, and the figures behind them."""

from collections.abc import Sequence

from questionnaires.document import Step
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.pictures import RISKS, Picture, of_risks, of_step
from reports.content import blocks
from reports.content.blocks import Block
from reports.content.record import Record


def block(picture: Picture, *, title: str = "", said: bool = True) -> list[Block]:
    """Return a picture with its sentence below it, or nothing where there is nothing to see."""
    if not picture:
        return []
    return [blocks.picture(str(picture.paper), title=title, legend=picture.said if said else "")]


def figures(picture: Picture, *, title: str) -> list[Block]:
    """Return the table of what a picture was drawn from."""
    if not picture.rows:
        return []
    return [blocks.table([(label, align) for label, align in picture.columns], picture.rows, title=title)]


def risk_matrix(record: Record) -> Picture | None:
    """Return the picture of the open risks; None where the framework has no such register."""
    item = record.items.get(REGISTER_PREFIX + RISKS)
    if item is None or item.register is None:
        return None
    return of_risks(item.register, item)


def step_map(record: Record, step: Step) -> Picture:
    """Return the map of a step as the record's side sees it."""
    return of_step(record.view, step, [item.entry for item in record.items.values()])


def side_by_side(tables: Sequence[Block]) -> list[Block]:
    """Return tables in two columns, one after the other."""
    return [
        blocks.beside(tables[place : place + 1], tables[place + 1 : place + 2])
        for place in range(0, len(tables), 2)
    ]

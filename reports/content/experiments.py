"""The experiment log: how attempts are judged, what each tried, what came of it, and what was not tried."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from questionnaires import charts, footing, trials
from questionnaires.actions.attempts import figure
from questionnaires.models import Attempt
from questionnaires.models.entry import REGISTER_PREFIX
from reports.content import blocks
from reports.content.blocks import Block, Cell
from reports.content.paper import MOST_ROWS, Paper
from reports.content.record import Record, day

TONES = {Attempt.Outcome.WORKED: "ok", Attempt.Outcome.DID_NOT_WORK: "bad"}


def sections(record: Record, *, since: int) -> list[Block]:
    """Return the experiment log."""
    paper = Paper(record, "experiment-log")
    return paper.whole(
        summary(paper),
        paper.chapter("attempts", _("What we tried, and why not"), first=cards(paper)),
        paper.chapter("conclusion", _("What we take from it"), ["tried-and-learned", "feasibility-evidence"]),
        paper.chapter(
            "plan",
            _("How we went about it"),
            ["problem-type", "method-path", "idea-sources", "expert-sessions", "candidates",
             "pretrained-parts", "ensembles", "reinforcement", "explain-constraint", "existing-ml-platform"],
        ),
        paper.chapter(
            "judged",
            _("How an attempt is judged"),
            ["acceptance-metrics", "baseline", "prediction-target", "metric-kpi-link", "error-preference",
             "error-cost-ratio", "interpretability-level", "decision-criteria-duty", "fairness-groups"],
        ),
        paper.chapter(
            "ground",
            _("What the attempts stand on"),
            ["split-design", "split-evidence", "feature-pipeline", "features", "known-at-scoring",
             "quality-findings", "ground-truth", "proxy-check", "data-versioning", "reproducibility"],
        ),
        paper.chapter(
            "results",
            _("Results in full"),
            ["results-overall", "results-by-group", "robustness", "compute-footprint"],
        ),
    )  # fmt: skip


def summary(paper: Paper) -> Block:
    """Return the attempts in figures, a picture and one table."""
    attempts = [one for one in paper.record.attempts if not one.replaced_by_id]
    found: list[Block] = []
    if not attempts:
        found += [paper.standing(), blocks.missing(_("Nothing has been tried yet."))]
    else:
        outcomes = [one.outcome for one in attempts]
        reached = [one for one in attempts if one.meets]
        found.append(
            blocks.figures(
                [
                    (str(len(attempts)), _("attempts that count")),
                    (str(outcomes.count(Attempt.Outcome.WORKED)), _("worked")),
                    (str(outcomes.count(Attempt.Outcome.DID_NOT_WORK)), _("did not work")),
                    (str(len(reached)), _("reach the criterion that was agreed")),
                ]
            )
        )
        found.append(comparison(paper, attempts[:24]))
    return blocks.section("summary", _("What we tried, on one page"), found, summary=True)


def comparison(paper: Paper, attempts: list[Attempt]) -> Block:
    """Return attempts side by side; a measure that is the same for all of them is named once."""
    measures = {one.measure for one in attempts}
    common = measures.pop() if len(measures) == 1 else ""
    rows: list[list[Cell]] = []
    for one in attempts:
        reached: Cell = {
            "text": figure(one.result) if one.result is not None else "",
            "tone": "strong" if one.meets else "",
        }
        ended: Cell = {"text": outcome(one), "tone": TONES.get(one.outcome, "")}  # type: ignore[call-overload]  # a choice or ""
        measured: list[Cell] = [] if common else [one.measure]
        rows.append([str(one.number), one.name, *measured, reached, trials.agreed(one), ended])
    heads = [_("No."), _("Attempt"), *([] if common else [_("Measure")])]
    return blocks.table([*heads, (_("Result"), "r"), _("Agreed"), (_("Outcome"), "who")], rows, title=common)


def picture(paper: Paper) -> Block | None:
    """Return the results of the commonest measure against what was agreed."""
    found = trials.measures(paper.record.attempts)
    if not found:
        return None
    points, criterion = trials.points(paper.record.attempts, found[0])
    if len(points) < 2:
        return None
    drawn = blocks.picture(
        str(charts.printed(points, criterion, found[0])),
        title=found[0],
        legend=charts.sentence(points, criterion, found[0]),
    )
    return {**drawn, "narrow": True}


def cards(paper: Paper) -> list[Block]:
    """Return every attempt with what was expected, done and learned; what has no attempt of its own as a table."""
    record = paper.record
    found: list[Block] = []
    if drawn := picture(paper):
        found.append(drawn)
    found += [card(paper, one) for one in record.attempts[:MOST_ROWS]]
    if (more := len(record.attempts) - MOST_ROWS) > 0:
        found.append(
            blocks.quiet(
                ngettext("and %(count)d more attempt", "and %(count)d more attempts", more) % {"count": more}
            )
        )
    if other := by_hand(paper):
        found.append(other)
    return found


def card(paper: Paper, attempt: Attempt) -> Block:
    """Return one attempt."""
    value: list[Block] = [
        blocks.facts(
            [
                (_("We expected"), attempt.hypothesis),
                (_("We did"), attempt.approach),
                (_("Settings"), attempt.settings),
                (_("Data, code"), ", ".join(filter(None, (attempt.data_version, attempt.code_version)))),
                (_("It came to"), result(attempt)),
                (_("We learned"), attempt.lesson),
            ]
        )
    ]
    side: list[Cell] = [{"text": outcome(attempt), "tone": TONES.get(attempt.outcome, "")}]  # type: ignore[call-overload]  # a choice or ""
    if attempt.by:
        side.append(attempt.by.user.display_name)
    side.append(day(attempt.on, paper.record.today))
    if attempt.replaced_by:
        side.insert(0, {"text": _("Replaced by attempt %(number)d") % {"number": attempt.replaced_by.number}, "tone": "q"})  # fmt: skip
    else:
        moved = footing.visible(paper.record.view, attempt.footing.changed)
        if moved:
            told = ", ".join(
                f"{item.number} {item.title}" if item else _("something internal") for item, _v in moved
            )
            side.append({"text": _("Changed since: %(items)s") % {"items": told}, "tone": "warn"})
    return blocks.answer(number=str(attempt.number), question=attempt.name, value=value, side=side)


def outcome(attempt: Attempt) -> str:
    """Return how it went, in words."""
    return str(attempt.get_outcome_display()) if attempt.outcome else ""


def result(attempt: Attempt) -> str:
    """Return the figure, with what was agreed."""
    if attempt.result is None:
        return ""
    told = f"{attempt.measure}: {figure(attempt.result)}" if attempt.measure else figure(attempt.result)
    held = trials.agreed(attempt)
    agreement = _("agreed:")
    return f"{told} ({agreement} {held})" if held else told


def by_hand(paper: Paper) -> Block | None:
    """Return lines of the log that were written by hand and are no attempt of their own."""
    item = paper.record.items.get(REGISTER_PREFIX + "experiments")
    if item is None:
        return None
    known = {one.row_id for one in paper.record.attempts}
    rows = [
        line
        for view, line in zip(item.rows, paper.record.lines(item), strict=True)
        if view.row.pk not in known
    ]
    columns = [(column.key, column.label) for column in item.columns]
    return paper.table(columns, rows, title=_("Also on the log"))

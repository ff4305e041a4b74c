"""Write down what was tried, with its result against the criterion that was agreed, and take runs over from elsewhere."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from engagements.models import Engagement, Event, Membership
from questionnaires import criteria
from questionnaires.access import Desk
from questionnaires.actions import footings, lines
from questionnaires.actions.act import Act
from questionnaires.actions.recommendations import NotPossible
from questionnaires.models import Answer, Attempt, Row, RunImport
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.runs import Run

REGISTER = "experiments"
# The item that holds the agreed measures with their thresholds.
AGREED = "acceptance-metrics"
TEXTS = {"name": 200, "data_version": 200, "code_version": 200, "measure": 200, "criterion": 300}
LONG = ("hypothesis", "approach", "settings", "lesson")


@dataclass(frozen=True)
class Tried:
    """What is known about an attempt. *threshold* None is read from the criterion or from the agreed measures."""

    name: str
    on: date | None = None
    by: Membership | None = None
    hypothesis: str = ""
    approach: str = ""
    data_version: str = ""
    code_version: str = ""
    settings: str = ""
    measure: str = ""
    result: Decimal | None = None
    criterion: str = ""
    threshold: Decimal | None = None
    higher_is_better: bool = True
    outcome: str = ""
    lesson: str = ""
    run_id: str = ""
    rests_on: Collection[str] = field(default_factory=tuple)


@transaction.atomic
def record(
    *, desk: Desk, tried: Tried, replaces: Attempt | None = None, at: datetime | None = None
) -> Attempt:
    """Add an attempt to the log; with *replaces*, the earlier one stays and says that it is superseded.

    Raises recommendations.NotPossible.
    """
    _check(desk, tried)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    attempt = _create(act, _settled(desk, tried), _next_number(desk))
    touched = lines.touched(attempt.row, REGISTER)
    if replaces is not None:
        replaces.refresh_from_db()
        if replaces.replaced_by_id is not None:
            raise NotPossible(_("It was superseded by another attempt meanwhile. Nothing was stored."))
        replaces.replaced_by = attempt
        replaces.save(update_fields=["replaced_by"])
        row = put_line(act, replaces)
        if row is not None:
            touched[REGISTER_PREFIX + REGISTER] = [pk for pk in (attempt.row_id, row.pk) if pk]
    act.finish(
        "attempt.superseded" if replaces else "attempt.recorded",
        data={
            "attempt": attempt.pk,
            "number": attempt.number,
            "replaces": replaces.number if replaces else None,
            "lines": touched,
        },
    )
    return attempt


@transaction.atomic
def change(
    *, desk: Desk, attempt: Attempt, tried: Tried, seen: datetime, at: datetime | None = None
) -> Event | None:
    """Correct an attempt, keeping old and new. Raises NotPossible when somebody changed it since *seen*."""
    _check(desk, tried)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    attempt.refresh_from_db()
    if attempt.changed_at != seen:
        raise NotPossible(
            _(
                "Somebody changed this attempt while you had it open. Yours is below; compare, then save again."
            )
        )
    tried = _settled(desk, tried)
    pairs: dict[str, list[Any]] = {}
    for name, new in _fields(desk, tried).items():
        old = getattr(attempt, name)
        if name != "run_id" and old != new:
            pairs[name] = [_plain(old), _plain(new)]
            setattr(attempt, name, new)
    regrounded = set(tried.rests_on) != set(attempt.footing.basis)
    if not pairs and not regrounded:
        transaction.set_rollback(True)
        return None
    if regrounded:
        footings.lay_again(act, attempt.footing, tried.rests_on)
    attempt.changed_at = act.at
    attempt.save()
    row = put_line(act, attempt)
    return act.finish(
        "attempt.changed",
        data={
            "attempt": attempt.pk,
            "number": attempt.number,
            "fields": pairs,
            "lines": lines.touched(row, REGISTER),
        },
    )


@transaction.atomic
def still_holds(*, desk: Desk, attempt: Attempt, words: str = "", at: datetime | None = None) -> Event:
    """Say that what an attempt showed still counts although something it rests on has changed."""
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    attempt.footing.refresh_from_db()
    if not attempt.footing.is_shaken:
        raise NotPossible(_("Nothing it rests on has changed since somebody last looked."))
    changed = sorted(attempt.footing.changed)
    footings.hold(act, attempt.footing, words)
    return act.finish(
        "attempt.holds",
        data={
            "attempt": attempt.pk,
            "number": attempt.number,
            "changed": changed,
            "lines": lines.touched(attempt.row, REGISTER),
        },
    )


@dataclass(frozen=True)
class Columns:
    """Which column of the runs becomes what. A column is "metrics.x", "params.x", "tags.x" or ""."""

    measure: str
    hypothesis: str = ""
    approach: str = ""
    data_version: str = ""
    code_version: str = ""
    criterion: str = ""
    higher_is_better: bool = True


def keep_runs(*, engagement: Engagement, by: User, name: str, runs: Sequence[Run]) -> RunImport:
    """Keep runs to be looked through. They are no attempts yet, so it is no event of the engagement."""
    return RunImport.objects.create(
        engagement=engagement, name=name[:200], runs=[run.plain() for run in runs], by=by
    )


@transaction.atomic
def take_over(
    *,
    desk: Desk,
    found: RunImport,
    chosen: Collection[str],
    columns: Columns,
    by: Membership | None = None,
    at: datetime | None = None,
) -> list[Attempt]:
    """Make attempts of the *chosen* runs, by their ids, in one event. A run that is an attempt already stays as it is.

    Raises NotPossible when nothing is left to take over.
    """
    if not columns.measure.startswith("metrics."):
        raise NotPossible(_("Choose which figure of the runs is the result."))
    runs = [Run(**told) for told in found.runs if told["id"] in set(chosen)]
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    known = set(
        Attempt.objects.filter(engagement=desk.engagement, run_id__in=[run.id for run in runs]).values_list(
            "run_id", flat=True
        )
    )
    fresh = [run for run in runs if run.id not in known]
    if not fresh:
        raise NotPossible(_("Every run you chose is in the log already. Nothing was changed."))
    first = _next_number(desk)
    agreed = agreed_measures(desk)
    made = []
    for number, run in enumerate(fresh, start=first):
        tried = _settled(desk, _of_run(act, run, columns, by), agreed)
        made.append(_create(act, tried, number))
    found.event = act.number
    found.save(update_fields=["event"])
    rows = [attempt.row_id for attempt in made if attempt.row_id]
    act.finish(
        "attempts.imported",
        data={
            "import": found.pk,
            "name": found.name,
            "attempts": [attempt.pk for attempt in made],
            "lines": {REGISTER_PREFIX + REGISTER: rows} if rows else {},
        },
    )
    return made


def agreed_measures(desk: Desk) -> list[dict[str, Any]]:
    """Return the agreed measures as rows with "measure" and "threshold", in one query; [] where the framework has none."""
    if not desk.framework.has_item(AGREED):
        return []
    cells = Answer.objects.filter(
        entry__engagement=desk.engagement,
        entry__item_key=AGREED,
        entry__round__is_latest=True,
        row__isnull=False,
        row__deleted_at=None,
        column__in=["measure", "threshold"],
    ).order_by("row__rank", "row_id")
    rows: dict[int, dict[str, Any]] = {}
    for row_id, column, value in cells.values_list("row_id", "column", "value"):
        rows.setdefault(row_id or 0, {})[column] = value
    return list(rows.values())


def put_line(act: Act, attempt: Attempt) -> Row | None:
    """Write the attempt's line of the experiment log, or bring it up to date."""
    name = f"{attempt.number}. {attempt.name}"
    if attempt.replaced_by is not None:
        name += " " + _("(superseded by %(number)d)") % {"number": attempt.replaced_by.number}
    cells = {
        "experiment": name,
        "idea": attempt.hypothesis,
        "approach": attempt.approach,
        "data-version": attempt.data_version,
        "code-version": attempt.code_version,
        "settings": attempt.settings,
        "measure": attempt.measure,
        "result": None if attempt.result is None else figure(attempt.result),
        "outcome": attempt.outcome or None,
        "lesson": attempt.lesson,
        "by": attempt.by_id,
        "date": attempt.on.isoformat(),
    }
    return lines.put(act, REGISTER, cells, keeper=Row.Keeper.ATTEMPT, row=attempt.row)


def figure(value: Decimal) -> str:
    """Write a figure without zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _check(desk: Desk, tried: Tried) -> None:
    if not tried.name.strip():
        raise NotPossible(_("Give the attempt a name."))
    if tried.outcome and tried.outcome not in Attempt.Outcome.values:
        raise NotPossible(_("Choose the outcome from the list."))
    if tried.by is not None and tried.by.engagement_id != desk.engagement.pk:
        raise NotPossible(_("That person is not in this engagement."))
    for key in tried.rests_on:
        if not desk.framework.has_item(key) or not desk.may_see(desk.framework.item(key)):
            raise NotPossible(_("There is no such question here."))
    for value in (tried.result, tried.threshold):
        if value is not None and (not value.is_finite() or abs(value) >= Decimal(10) ** 11):
            raise NotPossible(_("That figure is too large to be compared."))


def _settled(desk: Desk, tried: Tried, agreed: Sequence[Mapping[str, Any]] | None = None) -> Tried:
    """Fill in the threshold: as given, as the criterion's words say, or as agreed for the measure."""
    if tried.threshold is not None:
        return tried
    if (told := criteria.read(tried.criterion)) is not None:
        return replace(tried, threshold=told[0], higher_is_better=told[1])
    if tried.criterion.strip() or not tried.measure:
        return tried
    rows = agreed_measures(desk) if agreed is None else agreed
    return replace(tried, threshold=criteria.for_measure(tried.measure, rows))


def _fields(desk: Desk, tried: Tried) -> dict[str, Any]:
    return {
        **{name: getattr(tried, name).strip()[:longest] for name, longest in TEXTS.items()},
        **{name: getattr(tried, name).strip() for name in LONG},
        "result": _rounded(tried.result),
        "threshold": _rounded(tried.threshold),
        "higher_is_better": tried.higher_is_better,
        "outcome": tried.outcome,
        "by": tried.by,
        "on": tried.on,
        "run_id": tried.run_id[:120],
    }


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.00000001"))


def _create(act: Act, tried: Tried, number: int) -> Attempt:
    desk = Desk(act.membership, act.questionnaire)
    fields = _fields(desk, replace(tried, on=tried.on or act.engagement.today(act.at)))
    attempt = Attempt(
        engagement=act.engagement,
        number=number,
        made_by=act.membership.user,
        made_at=act.at,
        changed_at=act.at,
        footing=footings.lay(act, tried.rests_on),
        **fields,
    )
    attempt.row = put_line(act, attempt)
    attempt.save()
    return attempt


def _of_run(act: Act, run: Run, columns: Columns, by: Membership | None) -> Tried:
    values = {
        **{f"metrics.{name}": value for name, value in run.metrics.items()},
        **{f"params.{name}": value for name, value in run.params.items()},
        **{f"tags.{name}": value for name, value in run.tags.items()},
    }
    result = values.get(columns.measure)
    settings = ", ".join(f"{name}={value}" for name, value in sorted(run.params.items()))
    on = act.engagement.today(datetime.fromisoformat(run.at)) if run.at else None
    return Tried(
        name=run.name or run.id,
        on=on,
        by=by,
        hypothesis=values.get(columns.hypothesis, ""),
        approach=values.get(columns.approach, ""),
        data_version=values.get(columns.data_version, ""),
        code_version=values.get(columns.code_version, ""),
        settings=settings[:4000],
        measure=columns.measure.removeprefix("metrics."),
        result=Decimal(result) if result else None,
        criterion=columns.criterion,
        higher_is_better=columns.higher_is_better,
        run_id=run.id,
    )


def _next_number(desk: Desk) -> int:
    highest = Attempt.objects.filter(engagement=desk.engagement).aggregate(Max("number"))["number__max"]
    return int(highest or 0) + 1


def _plain(value: Any) -> Any:
    if isinstance(value, Membership):
        return value.pk
    if isinstance(value, Decimal):
        return figure(value)
    return value.isoformat() if isinstance(value, date) else value

"""The attempt log: compare, see against the criterion, write down, supersede, and take runs over."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from engagements.models import Membership
from engagements.policy import Permission
from questionnaires import access, charts, footing, reading, runs, tracking, trials
from questionnaires.access import Desk
from questionnaires.actions import attempts as actions
from questionnaires.actions.recommendations import NotPossible
from questionnaires.attempt_forms import AttemptForm, ColumnsForm, UploadForm
from questionnaires.fragments import Drawing
from questionnaires.models import Attempt, RunImport
from questionnaires.views.answers import problem
from questionnaires.views.requests import page
from questionnaires.views.shell import shell


@require_safe
def attempts(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Compare attempts: `?by=` orders, `?column=` chooses columns, `?measure=` what is drawn, `?all=1` shows superseded ones."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    every = list(trials.attempts(desk.view))
    shows_all = request.GET.get("all") == "1"
    shown = every if shows_all else [one for one in every if one.replaced_by_id is None]
    columns = [name for name in trials.COLUMNS if name in request.GET.getlist("column")]
    columns = columns or list(trials.AT_FIRST)
    by = request.GET.get("by", "number")
    measures = trials.measures(shown)
    measure = request.GET.get("measure", measures[0] if measures else "")
    points, criterion = trials.points(shown, measure)
    compared = trials.compared(desk.view, shown, by=by)
    context = Drawing(desk.view).context(
        **shell(
            desk,
            "attempts",
            rows=[(one, [(name, one.text(name)) for name in columns]) for one in compared],
            heads=[_head(request.GET, name, by) for name in ("number", *columns)],
            choices=[(name, label, name in columns) for name, label in trials.COLUMNS.items()],
            labels=trials.COLUMNS,
            by=by,
            shows_all=shows_all,
            superseded=sum(one.replaced_by_id is not None for one in every),
            measures=measures,
            measure=measure,
            chart=charts.results(points, criterion, measure),
            points=points,
            criterion=criterion,
            said=charts.sentence(points, criterion, measure),
            hidden_points=max(0, len(points) - charts.MOST),
            told=trials.told(every),
        )
    )
    return page(request, desk, "attempts", context)


def _head(query: QueryDict, name: str, by: str) -> dict[str, Any]:
    """Return a column's head: a link that orders by it, or turns the order round."""
    turned = query.copy()
    turned["by"] = f"-{name}" if by == name else name
    label = trials.COLUMNS.get(name, _("Attempt"))
    order = "ascending" if by == name else "descending" if by == f"-{name}" else "none"
    return {"name": name, "label": label, "query": turned.urlencode(), "order": order}


@require_safe
def attempt(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Show one attempt with everything that is known about it."""
    desk, found = access.get_attempt(request.user, engagement_id, number, can=Permission.SEE)
    view = trials.compared(desk.view, [found])[0]
    context = Drawing(desk.view).context(
        **shell(
            desk,
            "attempts",
            attempt=found,
            shown=view,
            facts=[(label, view.text(name)) for name, label in trials.COLUMNS.items() if view.text(name)],
            basis=footing.visible(desk.view, found.footing.basis),
            earlier=found.replaces.order_by("number"),
        )
    )
    return page(request, desk, "attempt", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new_attempt(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Write down what was tried; with `?replaces=` it supersedes an earlier attempt."""
    wanted = request.GET.get("replaces", "")
    if wanted.isdigit():
        desk, earlier = access.get_attempt(request.user, engagement_id, int(wanted), can=Permission.ANSWER)
        start = _start(earlier)
        title = _("Supersede attempt %(number)d") % {"number": earlier.number}
    else:
        desk, earlier = access.get_desk(request.user, engagement_id, can=Permission.ANSWER), None
        start = {"by": desk.membership.pk}
        title = _("Write down an attempt")
    form = _form(request, desk, start)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.record(desk=desk, tried=form.tried(), replaces=earlier)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:attempt", engagement_id, made.number)
    return _form_page(request, desk, form, title)


def _start(found: Attempt) -> dict[str, Any]:
    names = [name for name in AttemptForm.base_fields if name not in ("better", "rests_on", "seen", "by")]
    values = {name: getattr(found, name) for name in names}
    for name in ("result", "threshold"):
        if values[name] is not None:
            values[name] = actions.figure(values[name])
    better = "higher" if found.higher_is_better else "lower"
    return values | {"by": found.by_id, "better": better, "keys": found.footing.basis}


def _form(request: SignedInRequest, desk: Desk, start: dict[str, Any]) -> AttemptForm:
    agreed = [str(row["measure"]) for row in actions.agreed_measures(desk) if row.get("measure")]
    return AttemptForm(
        request.POST if request.method == "POST" else None,
        view=desk.view,
        people=_people(desk),
        measures=agreed,
        start=start,
    )


def _people(desk: Desk) -> list[Membership]:
    return [member for member in reading.people(desk.view) if member.ended_at is None]


def _form_page(
    request: SignedInRequest, desk: Desk, form: Any, title: str, *, back: str = "", **more: Any
) -> HttpResponse:
    back = back or reverse("questionnaires:attempts", args=[desk.engagement.pk])
    context = shell(desk, "attempts", form=form, title=title, back=back, **more)
    return page(request, desk, "record_form", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_attempt(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Correct an attempt; old and new are kept."""
    desk, found = access.get_attempt(request.user, engagement_id, number, can=Permission.ANSWER)
    form = _form(request, desk, _start(found) | {"seen": found.changed_at.isoformat()})
    if request.method == "POST" and form.is_valid():
        try:
            seen = datetime.fromisoformat(form.cleaned_data["seen"] or found.made_at.isoformat())
            actions.change(desk=desk, attempt=found, tried=form.tried(found.run_id), seen=seen)
        except (NotPossible, ValueError) as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:attempt", engagement_id, number)
    return _form_page(request, desk, form, _("Correct attempt %(number)d") % {"number": number})


@require_POST
def attempt_holds(request: SignedInRequest, engagement_id: int, number: int) -> HttpResponse:
    """Say that what an attempt showed still counts."""
    desk, found = access.get_attempt(request.user, engagement_id, number, can=Permission.ANSWER)
    try:
        actions.still_holds(desk=desk, attempt=found, words=request.POST.get("words", ""))
    except NotPossible as error:
        return problem(request, 409, str(error))
    return redirect("questionnaires:attempt", engagement_id, number)


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Read runs from a file or the tracking server, to be looked through before anything is taken over."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.ANSWER)
    form = UploadForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        has_server=tracking.is_set_up(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            name, found = _read(form)
        except runs.BadRuns as error:
            form.add_error("file", str(error))
        else:
            kept = actions.keep_runs(engagement=desk.engagement, by=request.user, name=name, runs=found)
            return redirect("questionnaires:attempt-import", engagement_id, kept.pk)
    return _form_page(request, desk, form, _("Read runs"), enctype="multipart/form-data")


def _read(form: UploadForm) -> tuple[str, list[runs.Run]]:
    upload = form.cleaned_data.get("file")
    if isinstance(upload, UploadedFile):
        if (upload.size or 0) > runs.MAX_UPLOAD:
            raise runs.BadRuns(_("The file is larger than 20 MB. Export fewer runs at a time."))
        return str(upload.name), runs.read(str(upload.name), upload.read())
    experiment = form.cleaned_data["experiment"]
    return experiment, tracking.experiments_runs(experiment)


@require_http_methods(["GET", "HEAD", "POST"])
def take_over(request: SignedInRequest, engagement_id: int, import_id: int) -> HttpResponse:
    """Look through runs, say which column becomes what, and make attempts of the chosen ones."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.ANSWER)
    found = RunImport.objects.filter(pk=import_id, engagement=desk.engagement).first()
    if found is None:
        raise Http404
    listed = [runs.Run(**told) for told in found.runs]
    known = dict(
        Attempt.objects.filter(engagement=desk.engagement, run_id__in=[run.id for run in listed]).values_list(
            "run_id", "number"
        )
    )
    form = ColumnsForm(request.POST if request.method == "POST" else None, runs=listed, people=_people(desk))
    chosen = request.POST.getlist("run") or [run.id for run in listed if run.id not in known]
    if request.method == "POST" and form.is_valid():
        try:
            actions.take_over(
                desk=desk, found=found, chosen=chosen, columns=form.columns, by=form.cleaned_data["by"]
            )
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:attempts", engagement_id)
    metrics = [name.removeprefix("metrics.") for name, _label in form.fields["measure"].choices]  # type: ignore[attr-defined]
    context = shell(
        desk,
        "attempts",
        form=form,
        found=found,
        metrics=metrics[:6],
        runs=[
            {
                **asdict(run),
                "known": known.get(run.id),
                "chosen": run.id in chosen,
                "figures": [run.metrics.get(name, "") for name in metrics[:6]],
                "settings": ", ".join(f"{name}={value}" for name, value in sorted(run.params.items()))[:300],
            }
            for run in listed
        ],
        fresh=sum(run.id not in known for run in listed),
    )
    return page(request, desk, "attempt_import", context, status=422 if form.errors else 200)

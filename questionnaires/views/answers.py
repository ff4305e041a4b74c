"""Save, settle and decide: each a request that answers with the smallest changed fragment."""

import json
import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import SignedInRequest
from engagements.models import Event
from engagements.policy import Permission
from questionnaires import access, reading, values
from questionnaires.access import Desk
from questionnaires.actions import answers as actions
from questionnaires.actions import conflicts, lines
from questionnaires.actions.answers import Saved
from questionnaires.fragments import Drawing
from questionnaires.models import Answer, Conflict
from questionnaires.places import Base, Place


class BadRequest(Exception):
    """A field that no page of ours sends like that."""


@require_POST
def answer(
    request: SignedInRequest, engagement_id: int, key: str, row_id: int | None = None, column: str = ""
) -> HttpResponse:
    """Save one value: of an item, its words, the firm's note, or one cell."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.ANSWER)
    part = request.POST.get("part", Answer.Part.VALUE)
    if part not in Answer.Part.values:
        return problem(request, 400, _("This page sent something we do not know. Reload it and try again."))
    place = Place(key, row_id=row_id, column=column, part=part)
    try:
        base, idempotency_key = parse_save(request)
        saved = actions.save(
            desk=desk,
            place=place,
            raw=raw_value(request, desk, place),
            base=base,
            key=idempotency_key,
            settle=request.POST.get("settle") == "1",
        )
    except BadRequest:
        return problem(
            request,
            400,
            _("This page is older than the last change to Throughline. Reload it; your text is kept here."),
        )
    except actions.PlaceGone:
        return problem(
            request, 404, _("This question is no longer part of the engagement. Your text is below to copy.")
        )
    except values.BadValue as error:
        return problem(request, 422, _(error.template) % error.params)
    except actions.NotAnswerable as error:
        return problem(request, 422, str(error))
    return saved_response(request, desk, place, saved)


def parse_save(request: SignedInRequest) -> tuple[Base, uuid.UUID]:
    """Read the base and the one-time key; a plain form without them is a first, fresh save."""
    try:
        base = Base.parse(request.POST.get("base", "0"))
        key = uuid.UUID(request.POST["key"]) if request.POST.get("key") else uuid.uuid4()
    except ValueError as error:
        raise BadRequest from error
    return base, key


def raw_value(request: SignedInRequest, desk: Desk, place: Place) -> object:
    """Read the value from the form: a list for multi choice and files, amount and period for money."""
    item = (
        None
        if place.column or place.part != Answer.Part.VALUE or not desk.framework.has_item(place.item_key)
        else place.item(desk.framework)
    )
    if item is not None and item.type == "multi_choice":
        return [value for value in request.POST.getlist("value") if value]
    if item is not None and item.type == "file":
        if reason := request.POST.get("none", "").strip():
            return {"none": reason}
        return [value for value in request.POST.getlist("value") if value]
    value = request.POST.get("value", "")
    period = request.POST.get("period", "")
    return f"{value}/{period}" if value and period else value


def saved_response(request: SignedInRequest, desk: Desk, place: Place, saved: Saved) -> HttpResponse:
    """Answer a save with the smallest changed fragment, the items that appeared or went, and the author's next base."""
    if request.headers.get("X-Fragment") != "1":
        return redirect("questionnaires:item", desk.engagement.pk, place.item_key)
    drawing = Drawing(desk.view)
    html = drawing.entry(saved.answer.entry_id) if saved.outcome == "conflict" else drawing.saved(saved)
    visible = [entry.pk for entry in saved.moved if desk.may_see(desk.framework.item(entry.item_key))]
    html += "".join(drawing.entries(visible))
    response = fragment(desk, html, saved.event)
    response["Save-Outcome"] = saved.outcome
    response["Save-Base"] = str(saved.base)
    if saved.event:
        response["Save-Event"] = str(saved.event.number)
    if saved.merged_with:
        response["Save-Merged-With"] = json.dumps(saved.merged_with)
    return response


@require_POST
def settle(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Call what was written in an item done: its author left it."""
    desk, entry = access.get_entry(request.user, engagement_id, key, can=Permission.ANSWER)
    event = actions.settle_entry(desk=desk, entry=entry)
    if request.headers.get("X-Fragment") != "1":
        return redirect("questionnaires:item", engagement_id, key)
    return fragment(desk, Drawing(desk.view).entry(entry.pk), event)


@require_POST
def decide(request: SignedInRequest, engagement_id: int, conflict_id: int) -> HttpResponse:
    """Choose between two values: keep the kept one, keep the current one, or write a third."""
    desk, conflict = access.get_conflict(request.user, engagement_id, conflict_id, can=Permission.ANSWER)
    outcome = request.POST.get("outcome", "")
    try:
        shown = conflicts.Shown(int(request.POST.get("version", "")), int(request.POST.get("saves", "")))
        if outcome not in (Conflict.Outcome.MINE, Conflict.Outcome.THEIRS, Conflict.Outcome.COMBINED):
            raise ValueError(outcome)
    except ValueError:
        return problem(request, 400, _("Choose one of the two texts, or combine them."))
    status, message = 200, ""
    try:
        conflicts.decide(
            desk=desk, conflict=conflict, outcome=outcome, shown=shown, combined=request.POST.get("value")
        )
    except (conflicts.AlreadyDecided, conflicts.NotWhatWasShown) as error:
        status, message = 409, str(error)
    except values.BadValue as error:
        status, message = 422, _(error.template) % error.params
    return item_response(
        request,
        desk,
        conflict.answer.entry_id,
        conflict.answer.entry.item_key,
        status=status,
        message=message,
    )


@require_POST
def restore(request: SignedInRequest, engagement_id: int, answer_id: int) -> HttpResponse:
    """Make an earlier version the newest again."""
    desk, answer = access.get_answer(request.user, engagement_id, answer_id, can=Permission.ANSWER)
    try:
        version = int(request.POST.get("version", ""))
        conflicts.restore(desk=desk, answer=answer, version=version)
    except (ValueError, conflicts.NoSuchVersion):
        return problem(request, 404, _("There is no such version of this answer."))
    except lines.KeptElsewhere as error:
        return problem(request, 422, str(error))
    return item_response(request, desk, answer.entry_id, answer.entry.item_key)


def item_response(
    request: SignedInRequest, desk: Desk, entry_id: int, key: str, *, status: int = 200, message: str = ""
) -> HttpResponse:
    """Answer with the item as it is now; with a sentence above it when something did not go as asked."""
    if not request.htmx and request.headers.get("X-Fragment") != "1":
        if message:
            return problem(request, status, message)
        return redirect("questionnaires:item", desk.engagement.pk, key)
    drawing = Drawing(desk.view)
    return fragment(desk, drawing.item(reading.one_item(drawing.view, entry_id), message), status=status)


def fragment(desk: Desk, html: str, event: Event | None = None, *, status: int = 200) -> HttpResponse:
    """Answer with a part of a page, and with the number of the newest event that is certainly in it.

    A page that the stream has told more than that leaves the part alone: it shows the same or newer already.
    """
    response = HttpResponse(html, status=status)
    response["Drawn-At"] = str(event.number if event else desk.engagement.last_event)
    return response


def problem(request: SignedInRequest, status: int, message: str) -> HttpResponse:
    """Say what happened, as a fragment where a part of the page asked, else as a page."""
    partial = request.htmx or request.headers.get("X-Fragment") == "1"
    return render(
        request,
        "_refusal.html" if partial else "problem.html",
        {"message": message, "status": status},
        status=status,
    )

"""What people do with an entry besides answering it: each deed has a form of its own."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from accounts.models import Side
from engagements.models import Membership
from engagements.policy import Permission
from questionnaires import access, history, reading
from questionnaires.access import Desk
from questionnaires.actions import entries as actions
from questionnaires.actions import rounds
from questionnaires.forms import (
    AssignForm,
    ConfirmForm,
    DeedForm,
    GroundsForm,
    NotApplicableForm,
    UnknownForm,
)
from questionnaires.fragments import Drawing
from questionnaires.models import Entry
from questionnaires.views.answers import item_response
from questionnaires.views.shell import drawer_or_page, shell

Act = Callable[[Desk, Entry, dict[str, Any]], object]


def _assign(desk: Desk, entry: Entry, data: dict[str, Any]) -> object:
    return actions.assign(desk=desk, entry=entry, to=data["to"], due=data["due"], words=data["words"])


def _unknown(desk: Desk, entry: Entry, data: dict[str, Any]) -> object:
    return actions.mark_unknown(desk=desk, entry=entry, finder=data["finder"], find_by=data["find_by"])


def _not_applicable(desk: Desk, entry: Entry, data: dict[str, Any]) -> object:
    return actions.mark_not_applicable(desk=desk, entry=entry, reason=data["reason"], words=data["words"])


def _bring_back(desk: Desk, entry: Entry, data: dict[str, Any]) -> object:
    return actions.bring_back(desk=desk, entry=entry)


def _confirm(desk: Desk, entry: Entry, data: dict[str, Any]) -> object:
    return actions.confirm(desk=desk, entry=entry)


def _holds(desk: Desk, entry: Entry, data: dict[str, Any]) -> object:
    return actions.still_holds(desk=desk, entry=entry)


def _again(desk: Desk, entry: Entry, data: dict[str, Any]) -> object:
    try:
        return rounds.ask_again(desk=desk, entry=entry)
    except rounds.NotDueAgain as error:
        raise actions.NotPossible(str(error)) from error


def _grounds(desk: Desk, entry: Entry, data: dict[str, Any]) -> object:
    return actions.set_grounds(
        desk=desk, entry=entry, certainty=data["certainty"], source=data["source"], seen=data["seen"]
    )


DEEDS: dict[str, tuple[Permission, type[DeedForm], Act, Any]] = {
    "assign": (Permission.ASSIGN, AssignForm, _assign, gettext_lazy("Ask somebody")),
    "unknown": (Permission.ANSWER, UnknownForm, _unknown, gettext_lazy("We don't know yet")),
    "not-applicable": (Permission.ANSWER, NotApplicableForm, _not_applicable, gettext_lazy("Not applicable")),
    "bring-back": (Permission.ANSWER, ConfirmForm, _bring_back, gettext_lazy("Bring it back")),
    "confirm": (Permission.CONFIRM, ConfirmForm, _confirm, gettext_lazy("Confirm")),
    "holds": (Permission.CONFIRM, ConfirmForm, _holds, gettext_lazy("Still holds")),
    "again": (Permission.ASSIGN, ConfirmForm, _again, gettext_lazy("Ask this again")),
    "grounds": (Permission.ANSWER, GroundsForm, _grounds, gettext_lazy("Certainty and source")),
}


@require_http_methods(["GET", "HEAD", "POST"])
def deed(request: SignedInRequest, engagement_id: int, key: str, deed: str) -> HttpResponse:
    """Show the form of a deed, or do it."""
    if deed not in DEEDS:
        raise Http404
    permission, form_class, act, title = DEEDS[deed]
    desk, entry = access.get_entry(request.user, engagement_id, key, can=permission)
    if entry.round_id is None:
        raise Http404
    people = candidates(desk, entry)
    form = form_class(request.POST if request.method == "POST" else None, entry=entry, people=people)
    if request.method == "POST" and form.is_valid():
        try:
            done = act(desk, entry, form.cleaned_data)
        except actions.NotPossible as error:
            form.add_error(None, str(error))
        except actions.ChangedMeanwhile as error:
            form.add_error(error.name if error.name in form.fields else None, changed(error))
        else:
            # What is asked again has a new entry.
            return item_response(request, desk, done.pk if isinstance(done, Entry) else entry.pk, key)
    context = shell(
        desk, "steps", form=form, deed=deed, title=title, entry=entry, item=desk.framework.item(key)
    )
    with timezone.override(desk.engagement.zone):
        return drawer_or_page(request, "deed", context, refused=bool(form.errors))


def candidates(desk: Desk, entry: Entry) -> list[Membership]:
    """Return who may hold the entry: people who are here now, of the firm only for an internal item."""
    internal = desk.framework.item(entry.item_key).internal
    return [
        member
        for member in reading.people(desk.view)
        if member.ended_at is None and member.user.is_active and (member.side == Side.FIRM or not internal)
    ]


def changed(error: actions.ChangedMeanwhile) -> str:
    """Say what somebody else set in the meantime."""
    value = error.value or _("nothing")
    if error.name == "certainty" and error.value:
        value = Entry.Certainty(error.value).label
    return _(
        "Somebody set this to “%(value)s” while you had the form open. Choose again; nothing was changed."
    ) % {"value": value}


@require_safe
def item_history(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Show an item's versions with the words that changed, who and when."""
    desk, entry = access.get_entry(request.user, engagement_id, key, can=Permission.SEE)
    drawing = Drawing(desk.view)
    context = shell(
        desk,
        "steps" if entry.round_id else "registers",
        item=reading.one_item(desk.view, entry.pk),
        groups=history.of_entry(desk.view, entry),
    )
    with timezone.override(desk.engagement.zone):
        return drawer_or_page(request, "history", drawing.context(**context))

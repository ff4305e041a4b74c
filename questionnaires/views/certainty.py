"""Assumptions, and what is not known yet: the page of both, and what is done with one of them."""

import uuid
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest, posted
from engagements.models import Membership
from engagements.policy import Permission
from questionnaires import access, certainty, pictures, reading, values
from questionnaires.actions import answers
from questionnaires.actions import certainty as actions
from questionnaires.actions.entries import ChangedMeanwhile, NotPossible
from questionnaires.document import Item
from questionnaires.forms import DateInput, PersonField
from questionnaires.fragments import Drawing
from questionnaires.models import Answer, Entry
from questionnaires.places import Base, Place
from questionnaires.reading import ItemView
from questionnaires.views.answers import raw_value
from questionnaires.views.shell import shell
from questionnaires.views.sidework import sidework


@require_safe
def unknowns(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Show what is assumed, what is not known yet, and how both went over time."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    found = certainty.read(desk.view, timezone.now())
    context = shell(
        desk,
        "unknowns",
        found=found,
        picture=pictures.unknowns(found.course),
        not_assumed=actions.NOT_ASSUMED,
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "questionnaires/unknowns.html", Drawing(desk.view).context(**context))


class CheckByForm(forms.Form):
    """Until when an assumption is to be checked."""

    check_by = forms.DateField(
        label=gettext_lazy("Check by"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("Leave it empty where nothing hangs on it."),
    )
    seen = forms.DateField(required=False, widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
def check_by(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Set until when an assumption is to be checked."""
    desk, entry = access.get_entry(request.user, engagement_id, key, can=Permission.ANSWER)
    if entry.round_id is None:
        raise Http404
    form = CheckByForm(posted(request), initial={"check_by": entry.check_by, "seen": entry.check_by})
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_check_by(desk=desk, entry=entry, **form.cleaned_data)
        except ChangedMeanwhile:
            form.add_error(
                "check_by", _("Somebody set another date while you had this open. Nothing was changed.")
            )
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:unknowns", engagement_id)
    return sidework(
        request,
        desk,
        form,
        title=_("Check by"),
        item=desk.framework.item(key),
        back="questionnaires:unknowns",
    )


class AssumeForm(forms.Form):
    """What we take for granted until we know, where it comes from, and until when it is checked."""

    base = forms.CharField(widget=forms.HiddenInput, max_length=40)
    key = forms.UUIDField(widget=forms.HiddenInput)
    source = forms.CharField(label=gettext_lazy("Who or what says so"), required=False, max_length=300)
    check_by = forms.DateField(label=gettext_lazy("Check by"), required=False, widget=DateInput())

    field_order = ("value", "period", "source", "check_by")

    def __init__(self, data: Any, *, item: Item, answer: Answer | None, people: list[Membership]) -> None:
        first = {
            "value": answer.value if answer else None,
            "base": str(answer.version if answer else 0),
            "key": uuid.uuid4(),
        }
        if item.type == "money" and answer and answer.value:
            first["value"], _slash, first["period"] = str(answer.value).partition("/")
        super().__init__(data, initial=first)
        self.fields["value"] = _field_for(item, people)
        if item.type == "money":
            self.fields["period"] = forms.ChoiceField(
                label=_("Period"),
                required=False,
                choices=[
                    ("", _("once")),
                    ("month", _("per month")),
                    ("quarter", _("per quarter")),
                    ("year", _("per year")),
                ],
            )
        self.order_fields(self.field_order)


def _field_for(item: Item, people: list[Membership]) -> forms.Field:
    """Return the field in which an item's assumed value is given. It is read like any answer."""
    label = _("What we assume")
    options = [(option.value, option.label) for option in item.options]
    match item.type:
        case "single_choice":
            return forms.ChoiceField(label=label, choices=options, widget=forms.RadioSelect)
        case "multi_choice":
            return forms.MultipleChoiceField(
                label=label, choices=options, widget=forms.CheckboxSelectMultiple
            )
        case "yes_no":
            answers_ = [("yes", _("Yes")), ("no", _("No"))]
            return forms.ChoiceField(label=label, choices=answers_, widget=forms.RadioSelect)
        case "person":
            field = PersonField(label=label)
            field.offer(people)
            return field
        case "date":
            return forms.DateField(label=label, widget=DateInput())
        case "long_text" | "table":
            return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": 4}))
    return forms.CharField(label=label, help_text=item.unit or "", widget=forms.TextInput)


@require_http_methods(["GET", "HEAD", "POST"])
def assume(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Go on from an assumption where something is not known yet."""
    desk, entry = access.get_entry(request.user, engagement_id, key, can=Permission.ANSWER)
    if entry.round_id is None or desk.framework.item(key).type in actions.NOT_ASSUMED:
        raise Http404
    item = desk.framework.item(key)
    part = Answer.Part.WORDS if item.type == "table" else Answer.Part.VALUE
    found = reading.one_item(desk.view, entry.pk)
    form = AssumeForm(
        posted(request),
        item=item,
        answer=_answer_of(found, part),
        people=[member for member in reading.people(desk.view) if member.ended_at is None],
    )
    if (
        request.method == "POST"
        and form.is_valid()
        and _assumed(request, desk, entry, Place(key, part=part), form)
    ):
        return redirect("questionnaires:unknowns", engagement_id)
    return sidework(
        request, desk, form, title=_("Make it an assumption"), item=item, back="questionnaires:unknowns"
    )


def _answer_of(found: ItemView, part: str) -> Answer | None:
    return found.words if part == Answer.Part.WORDS else found.answer


def _assumed(
    request: SignedInRequest, desk: access.Desk, entry: Entry, place: Place, form: AssumeForm
) -> bool:
    """Do it, or say in the form why not."""
    data = form.cleaned_data
    try:
        done = actions.assume(
            desk=desk,
            entry=entry,
            raw=raw_value(request, desk, place),
            base=Base.parse(data["base"]),
            key=data["key"],
            source=data["source"],
            check_by=data["check_by"],
        )
    except values.BadValue as error:
        form.add_error("value", _(error.template) % error.params)
    except (answers.NotAnswerable, NotPossible) as error:
        form.add_error(None, str(error))
    except ValueError:
        form.add_error(None, _("This page is older than the last change to Throughline. Reload it."))
    else:
        if done is not None:
            return True
        form.add_error(
            None,
            _(
                "Somebody else wrote here meanwhile. Both texts are kept; choose at the question which one stands."
            ),
        )
    return False

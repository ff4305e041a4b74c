"""The forms of what people do with an entry. Each knows the entry and the people who may be named."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from engagements.models import Membership
from questionnaires.models import Entry


class PersonField(forms.TypedChoiceField):
    """Choose one of the engagement's people."""

    def __init__(self, **options: Any) -> None:
        super().__init__(coerce=int, empty_value=None, **options)
        self.people: dict[int, Membership] = {}

    def offer(self, people: list[Membership], nobody: Any = None) -> None:
        """Set who can be chosen, by organisation, and what is said for nobody."""
        self.people = {member.pk: member for member in people}
        firm = [(member.pk, member.user.display_name) for member in people if member.is_firm]
        client = [(member.pk, member.user.display_name) for member in people if not member.is_firm]
        groups: list[Any] = [("", nobody or _("Choose somebody"))]
        if client:
            groups.append((_("Client"), client))
        if firm:
            groups.append((_("Our team"), firm))
        self.choices = groups

    def clean(self, value: Any) -> Membership | None:
        """Return the membership."""
        chosen = super().clean(value)
        return self.people[chosen] if chosen else None


class DeedForm(forms.Form):
    """A form about one entry."""

    def __init__(self, data: Any, *, entry: Entry, people: list[Membership]) -> None:
        self.entry = entry
        super().__init__(data, initial=self.first_values(entry))
        for field in self.fields.values():
            if isinstance(field, PersonField):
                field.offer(people)

    def first_values(self, entry: Entry) -> dict[str, Any]:
        """Return what the fields hold at first."""
        return {}


class DateInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class AssignForm(DeedForm):
    """Ask somebody, by a date, with a word."""

    to = PersonField(label=_("Who"))
    due = forms.DateField(label=_("By when"), required=False, widget=DateInput())
    words = forms.CharField(
        label=_("A word with it"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )

    def first_values(self, entry: Entry) -> dict[str, Any]:
        """Start with the present owner and date."""
        return {"to": entry.owner_id, "due": entry.due_date}


class UnknownForm(DeedForm):
    """Who finds out, and by when."""

    finder = PersonField(label=_("Who finds out"))
    find_by = forms.DateField(
        label=_("By when"), widget=DateInput(), help_text=_("A date to come back to it. It can move.")
    )

    def first_values(self, entry: Entry) -> dict[str, Any]:
        """Start with who holds the item."""
        return {"finder": entry.finder_id or entry.owner_id, "find_by": entry.find_by}


class NotApplicableForm(DeedForm):
    """Why an item does not apply."""

    reason = forms.ChoiceField(label=_("Why"), choices=Entry.Reason.choices, widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("In words"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean(self) -> dict[str, Any]:
        """Ask for words where the reason is none of ours."""
        data = super().clean() or {}
        if data.get("reason") == Entry.Reason.OTHER and not (data.get("words") or "").strip():
            self.add_error("words", _("Say in a few words why this does not apply."))
        return data


class GroundsForm(DeedForm):
    """How sure we are, and who or what says so."""

    certainty = forms.ChoiceField(
        label=_("How sure are we?"),
        required=False,
        choices=[("", _("Not said")), *Entry.Certainty.choices],
        widget=forms.RadioSelect,
    )
    source = forms.CharField(label=_("Who or what says so"), required=False, max_length=300)
    seen_certainty = forms.CharField(required=False, widget=forms.HiddenInput)
    seen_source = forms.CharField(required=False, widget=forms.HiddenInput)

    def first_values(self, entry: Entry) -> dict[str, Any]:
        """Start with what is there, and remember it."""
        return {
            "certainty": entry.certainty,
            "source": entry.source,
            "seen_certainty": entry.certainty,
            "seen_source": entry.source,
        }

    def clean(self) -> dict[str, Any]:
        """Gather what the author had seen."""
        data = super().clean() or {}
        data["seen"] = {"certainty": data.get("seen_certainty", ""), "source": data.get("seen_source", "")}
        return data


class WaiveForm(forms.Form):
    """Let an open point of a gate pass, with a reason, until a day."""

    reason = forms.CharField(
        label=_("Why it may stay open"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    until = forms.DateField(
        label=_("Until"), widget=DateInput(), help_text=_("After that day it asks again by itself.")
    )


class WithdrawForm(forms.Form):
    """Take a signature back, with a reason."""

    why = forms.CharField(label=_("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class RoundForm(forms.Form):
    """Begin another round of a step, and why."""

    reason = forms.CharField(
        label=_("Why now"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class ConfirmForm(DeedForm):
    """Nothing to fill in: the press is the deed."""

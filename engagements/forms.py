"""The forms of people, frames and status."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.forms import ZoneField
from accounts.models import Side
from engagements.models import Engagement, Membership
from engagements.policy import ROLES_OF_SIDE, Role, side_of_role

# (key, title, side) of each function of the framework.
Functions = Sequence[tuple[str, str, str]]

WHAT_ROLES_DO = {
    Role.PROJECT_MANAGER: gettext_lazy("leads the engagement: people, frame, reports, release"),
    Role.CONSULTANT: gettext_lazy("answers, recommends, writes reports"),
    Role.OBSERVER: gettext_lazy("reads"),
    Role.CLIENT_SPONSOR: gettext_lazy("answers, decides, hands out questions"),
    Role.CLIENT_CONTRIBUTOR: gettext_lazy("answers, chooses, hands out questions"),
    Role.CLIENT_REVIEWER: gettext_lazy("reads and comments"),
}


def roles(sides: Sequence[Side]) -> list[Any]:
    """Return the roles of *sides* with what each does, grouped when there are two."""
    groups = [
        (
            _("Our team") if side == Side.FIRM else _("Client"),
            [(str(role), f"{role.label}: {WHAT_ROLES_DO[role]}") for role in ROLES_OF_SIDE[side]],
        )
        for side in sides
    ]
    return groups if len(groups) > 1 else groups[0][1]


class PartForm(forms.Form):
    """What somebody does in an engagement: role, functions, right to sign."""

    role = forms.ChoiceField(label=gettext_lazy("Part"))
    functions = forms.MultipleChoiceField(
        label=gettext_lazy("Functions"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("They propose who is asked, and say whose signature a gate needs."),
    )
    may_sign = forms.BooleanField(label=gettext_lazy("May sign"), required=False)

    def __init__(self, *args: Any, sides: Sequence[Side], functions: Functions, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sides_of_functions = {key: side for key, _title, side in functions}
        nothing = [("", _("Choose a part"))] if len(sides) > 1 else []
        self._choices("role", [*nothing, *roles(sides)])
        shown = [function for side in sides for function in functions if function[2] == side]
        self._choices("functions", [(key, self._label(title, side, sides)) for key, title, side in shown])
        if not self.sides_of_functions:
            del self.fields["functions"]

    def _label(self, title: str, side: str, sides: Sequence[Side]) -> str:
        """Say which functions are ours where those of both sides stand together."""
        return (
            _("%(function)s, our team") % {"function": title}
            if len(sides) > 1 and side == Side.FIRM
            else title
        )

    def _choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - both are, see above
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        """Refuse functions of the other side."""
        data = super().clean() or {}
        data.setdefault("functions", [])
        if role := data.get("role"):
            side = side_of_role(role)
            other = [key for key in data["functions"] if self.sides_of_functions[key] != side]
            if other:
                self.add_error("functions", _("Some of these belong to the other side. Leave them out."))
        return data


class InviteForm(PartForm):
    """Whom to invite, and as what."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    display_name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("For the greeting. People set their own name when they come in."),
    )
    field_order = ["email", "display_name", "role", "functions", "may_sign"]


class LeaveForm(forms.Form):
    """Who takes over."""

    to = forms.TypedChoiceField(label=gettext_lazy("Who takes over"), coerce=int, empty_value=None)

    def __init__(self, *args: Any, people: Sequence[Membership], needed: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not needed:
            del self.fields["to"]
            return
        self.people = {member.pk: member for member in people}
        field = self.fields["to"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101
        names = [(member.pk, f"{member.user.display_name}, {member.get_role_display()}") for member in people]
        field.choices = [("", _("Choose somebody")), *names]

    def clean_to(self) -> Membership | None:
        """Return the membership."""
        chosen = self.cleaned_data["to"]
        return self.people[chosen] if chosen else None


class DateInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class FrameForm(forms.ModelForm):  # type: ignore[type-arg]  # cannot be written at run time
    """An engagement's name, aim, code, dates, money and staffing."""

    time_zone = ZoneField()

    class Meta:
        model = Engagement
        fields: tuple[str, ...] = (
            "name",
            "aim",
            "code",
            "start_date",
            "end_date",
            "currency",
            "budget",
            "spent",
            "staffing",
            "time_zone",
        )
        widgets: dict[str, Any] = {
            "aim": forms.Textarea(attrs={"rows": 2}),
            "start_date": DateInput(),
            "end_date": DateInput(),
        }

    def clean_code(self) -> str:
        """Refuse a code that another engagement has, whatever its case."""
        code: str = self.cleaned_data["code"]
        if Engagement.objects.filter(code__iexact=code).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Another engagement has this code."))
        return code


class StatusForm(forms.Form):
    """What becomes of an engagement; opening it again needs a reason."""

    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[choice for choice in Engagement.Status.choices if choice[0] != Engagement.Status.PURGED],
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Needed where a closed engagement is opened again. It stays on the record."),
    )


class JoinForm(forms.Form):
    """As what an administrator joins."""

    role = forms.ChoiceField(label=gettext_lazy("As"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = roles([Side.FIRM])

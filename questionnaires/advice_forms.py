"""The forms of recommendations, decisions, requests and conflicts."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engagements.models import Membership
from questionnaires.access import Viewpoint
from questionnaires.actions.recommendations import MOST, takes_value
from questionnaires.document import Item
from questionnaires.forms import PersonField
from questionnaires.models.recommendation import LETTERS
from questionnaires.models.request import Level, Request, Weight

LINES = forms.Textarea(attrs={"rows": 3})


class ItemsField(forms.CharField):
    """Questions by their numbers, as people say them: "2.4, 3.7". Gives their keys."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", gettext_lazy("Their numbers, such as 2.4, 3.7."))
        super().__init__(required=False, max_length=500, **options)
        self.known: dict[str, str] = {}

    def offer(self, view: Viewpoint, keys: Iterable[str] = ()) -> str:
        """Let questions that this side sees be named, and return how *keys* are written."""
        items = [item for item in view.framework.items if view.may_see(item)]
        self.known = {item.number: item.key for item in items} | {item.key: item.key for item in items}
        wanted = set(keys)
        return ", ".join(item.number for item in items if item.key in wanted)

    def clean(self, value: Any) -> list[str]:
        """Return the keys in the order written, each once."""
        words = [word for word in re.split(r"[\s,;]+", super().clean(value)) if word]
        if unknown := [word for word in words if word not in self.known]:
            raise forms.ValidationError(
                _("There is no question %(number)s here.") % {"number": ", ".join(unknown[:5])}
            )
        return list(dict.fromkeys(self.known[word] for word in words))


class OptionForm(forms.Form):
    """One option of a recommendation; empty where there are fewer."""

    title = forms.CharField(label=gettext_lazy("Title"), required=False, max_length=300)
    value = forms.CharField(label=gettext_lazy("The answer it gives"), required=False)
    pros = forms.CharField(
        label=gettext_lazy("For it"), required=False, widget=LINES, help_text=gettext_lazy("One a line.")
    )
    cons = forms.CharField(
        label=gettext_lazy("Against it"), required=False, widget=LINES, help_text=gettext_lazy("One a line.")
    )
    effort = forms.CharField(label=gettext_lazy("Effort"), required=False, max_length=300)
    risk = forms.CharField(label=gettext_lazy("Risk"), required=False, max_length=300)
    cost = forms.CharField(label=gettext_lazy("Cost"), required=False, max_length=300)

    def __init__(self, *args: Any, item: Item, **options: Any) -> None:
        super().__init__(*args, **options)
        if not takes_value(item):
            del self.fields["value"]
        elif choices := _choices(item):
            kind = forms.MultipleChoiceField if item.type == "multi_choice" else forms.ChoiceField
            shown = choices if item.type == "multi_choice" else [("", _("No answer")), *choices]
            self.fields["value"] = kind(label=_("The answer it gives"), required=False, choices=shown)

    @property
    def letter(self) -> str:
        """The option as it is called on screen."""
        return LETTERS[int(str(self.prefix).removeprefix("o")) - 1]

    @property
    def starts_filled(self) -> bool:
        """Say whether there is something in it before anybody writes, or after a refusal."""
        return bool(self.initial) or (self.is_bound and any(field.value() for field in self))

    @property
    def is_filled(self) -> bool:
        """Say whether anything was written in it."""
        return any(value for value in self.cleaned_data.values())

    @property
    def option(self) -> dict[str, Any]:
        """The option as the action takes it."""
        data = self.cleaned_data
        return {**data, "pros": data["pros"].splitlines(), "cons": data["cons"].splitlines()}


def _choices(item: Item) -> list[tuple[str, Any]]:
    if item.type == "yes_no":
        return [("yes", _("Yes")), ("no", _("No")), ("unsure", _("Unsure"))]
    return [(option.value, option.label) for option in item.options]


class RecommendForm(forms.Form):
    """Options A to D, our pick and why."""

    pick = forms.TypedChoiceField(
        label=gettext_lazy("Our pick"),
        choices=[(number, letter) for number, letter in enumerate(LETTERS, start=1)],
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say which of the options we would pick.")},
    )
    why = forms.CharField(label=gettext_lazy("Why"), required=False, widget=LINES)
    rests_on = ItemsField(label=gettext_lazy("Rests on"))
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, data: Any, *, item: Item, view: Viewpoint, start: dict[str, Any]) -> None:
        keys = start.pop("rests_on")
        options: Sequence[dict[str, Any]] = start.pop("options")
        super().__init__(data, initial=start)
        field = self.fields["rests_on"]
        assert isinstance(field, ItemsField)  # noqa: S101 - for the type checker
        self.initial["rests_on"] = field.offer(view, keys)
        self.options = [
            OptionForm(data, prefix=f"o{number}", item=item, initial=_told(options, number))
            for number in range(1, MOST + 1)
        ]

    def is_valid(self) -> bool:
        """Check the options as well."""
        return all([super().is_valid(), *(option.is_valid() for option in self.options)])

    @property
    def given(self) -> list[dict[str, Any]]:
        """The options that were filled, in order. An empty one between two others ends nothing."""
        return [form.option for form in self.options if form.is_filled]

    @property
    def place(self) -> int | None:
        """The pick among the options that were filled; None where its option is empty."""
        pick: int = self.cleaned_data["pick"]
        if not self.options[pick - 1].is_filled:
            return None
        return sum(form.is_filled for form in self.options[:pick])


def _told(options: Sequence[dict[str, Any]], number: int) -> dict[str, Any]:
    if number > len(options):
        return {}
    option = options[number - 1]
    return {**option, "pros": "\n".join(option["pros"]), "cons": "\n".join(option["cons"])}


class ReactForm(forms.Form):
    """What the client side says to a recommendation."""

    option = forms.TypedChoiceField(
        label=gettext_lazy("Which would it be?"), coerce=int, empty_value=None, widget=forms.RadioSelect
    )
    words = forms.CharField(label=gettext_lazy("In words"), required=False, max_length=1000, widget=LINES)

    def __init__(self, data: Any, *, kind: str, options: Sequence[tuple[int, str]]) -> None:
        super().__init__(data)
        if kind == "choose":
            self.fields["option"].choices = options  # type: ignore[attr-defined]
        else:
            del self.fields["option"]
        if kind == "question":
            self.fields["words"].required = True
            self.fields["words"].label = _("Your question")


class DecideForm(forms.Form):
    """Which option, under whose names, why, and what it rests on."""

    option = forms.TypedChoiceField(
        label=gettext_lazy("Decided"), coerce=int, widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the options.")},
    )  # fmt: skip
    reasons = forms.CharField(label=gettext_lazy("Reasons"), widget=LINES)
    client = PersonField(label=gettext_lazy("For the client"))
    firm = PersonField(label=gettext_lazy("For us"))
    rests_on = ItemsField(label=gettext_lazy("Rests on"))
    look_again = forms.CharField(
        label=gettext_lazy("Look at it again"), required=False, max_length=200,
        help_text=gettext_lazy("Such as: after four live weeks."),
    )  # fmt: skip
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any,
        *,
        view: Viewpoint,
        options: Sequence[tuple[int, str]],
        people: Sequence[Membership],
        keys: Iterable[str],
        start: dict[str, Any],
    ) -> None:
        super().__init__(data, initial=start)
        self.fields["option"].choices = options  # type: ignore[attr-defined]
        for name, is_firm in (("client", False), ("firm", True)):
            field = self.fields[name]
            assert isinstance(field, PersonField)  # noqa: S101 - for the type checker
            field.offer([member for member in people if member.is_firm == is_firm])
        field = self.fields["rests_on"]
        assert isinstance(field, ItemsField)  # noqa: S101 - for the type checker
        self.initial["rests_on"] = field.offer(view, keys)


class ReasonForm(forms.Form):
    """Why."""

    why = forms.CharField(label=gettext_lazy("Why"), widget=LINES)


class HoldForm(forms.Form):
    """A word with "still holds"."""

    words = forms.CharField(label=gettext_lazy("In words"), required=False, max_length=300, widget=LINES)


class RequestForm(forms.Form):
    """What somebody wants, what for, and how much it weighs."""

    author = PersonField(label=gettext_lazy("Who wants it"))
    title = forms.CharField(label=gettext_lazy("What is wanted"), max_length=200)
    need = forms.CharField(label=gettext_lazy("What it is needed for"), widget=LINES)
    value = forms.ChoiceField(label=gettext_lazy("Value"), choices=Level.choices, initial=Level.MEDIUM)
    effort = forms.ChoiceField(label=gettext_lazy("Effort"), choices=Level.choices, initial=Level.MEDIUM)
    moscow = forms.ChoiceField(
        label=gettext_lazy("How much it matters"), choices=Weight.choices, initial=Weight.SHOULD
    )
    items = ItemsField(label=gettext_lazy("Questions it concerns"))
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Any, *, view: Viewpoint, people: Sequence[Membership], start: dict[str, Any]
    ) -> None:
        keys = start.pop("keys", ())
        super().__init__(data, initial=start)
        author, items = self.fields["author"], self.fields["items"]
        assert isinstance(author, PersonField)  # noqa: S101 - for the type checker
        assert isinstance(items, ItemsField)  # noqa: S101 - for the type checker
        author.offer([member for member in people if not member.is_firm])
        self.initial["items"] = items.offer(view, keys)


class CloseRequestForm(forms.Form):
    """What came of a request."""

    state = forms.ChoiceField(label=gettext_lazy("What came of it"), widget=forms.RadioSelect)
    words = forms.CharField(label=gettext_lazy("In words"), required=False, max_length=500, widget=LINES)

    def __init__(self, data: Any, *, choices: Sequence[tuple[str, Any]], start: dict[str, Any]) -> None:
        super().__init__(data, initial=start)
        self.fields["state"].choices = choices  # type: ignore[attr-defined]


class ClashForm(forms.Form):
    """What cannot both stand, why, and what we would do."""

    title = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    requests = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Requests"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    items = ItemsField(label=gettext_lazy("Or questions whose answers cannot both stand"))
    says = forms.CharField(label=gettext_lazy("Why both cannot stand"), widget=LINES)

    def __init__(
        self,
        data: Any,
        *,
        view: Viewpoint,
        requests: Sequence[tuple[int, str]],
        keys: Iterable[str] = (),
        start: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=start or {})
        self.fields["requests"].choices = requests  # type: ignore[attr-defined]
        items = self.fields["items"]
        assert isinstance(items, ItemsField)  # noqa: S101 - for the type checker
        self.initial["items"] = items.offer(view, keys)


class ClashAdviceForm(forms.Form):
    """What we would do about a conflict."""

    options = forms.CharField(label=gettext_lazy("What could be done"), required=False, widget=LINES)
    we_recommend = forms.CharField(label=gettext_lazy("We recommend"), widget=LINES)
    pros = forms.CharField(label=gettext_lazy("For it"), required=False, widget=LINES)
    cons = forms.CharField(label=gettext_lazy("Against it"), required=False, widget=LINES)
    offered = forms.BooleanField(label=gettext_lazy("Show it to the client"), required=False)


class ConsequencesForm(forms.Form):
    """What each side of a conflict comes to."""

    def __init__(self, data: Any, *, sides: Sequence[tuple[int, str, str]]) -> None:
        super().__init__(data)
        self.positions = {f"side_{position}": position for position, _label, _words in sides}
        for position, label, words in sides:
            self.fields[f"side_{position}"] = forms.CharField(
                label=label, required=False, max_length=1000, initial=words, widget=LINES
            )

    @property
    def given(self) -> dict[int, str]:
        """The words by the side's position."""
        return {position: self.cleaned_data[name] for name, position in self.positions.items()}


# What becomes of a request when the conflict it stood in is settled.
CAME = [
    (state.value, state.label)
    for state in (
        Request.State.TAKEN,
        Request.State.PARTLY,
        Request.State.DECLINED,
        Request.State.OPEN,
    )
]


class SettleClashForm(forms.Form):
    """What was agreed, why, who decided it and who is told; of two answers also which one stands."""

    keep = forms.ChoiceField(label=gettext_lazy("Which answer stands"), widget=forms.RadioSelect)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    outcome = forms.CharField(label=gettext_lazy("What was agreed"), widget=LINES)
    reason = forms.CharField(label=gettext_lazy("Reason"), widget=LINES)
    decided_by = PersonField(label=gettext_lazy("Decided by"))
    informed = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Who is told"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self,
        data: Any,
        *,
        people: Sequence[Membership],
        requests: Sequence[tuple[int, str]],
        keep: Sequence[tuple[str, str]],
        start: dict[str, Any],
    ) -> None:
        super().__init__(data, initial=start)
        if keep:
            self.fields["keep"].choices = keep  # type: ignore[attr-defined]
        else:
            del self.fields["keep"], self.fields["seen"]
        decided_by = self.fields["decided_by"]
        assert isinstance(decided_by, PersonField)  # noqa: S101 - for the type checker
        decided_by.offer(list(people))
        self.people = {member.pk: member for member in people}
        self.fields["informed"].choices = [  # type: ignore[attr-defined]
            (member.pk, member.user.display_name) for member in people
        ]
        self.positions = [position for position, _title in requests]
        for position, title in requests:
            self.fields[f"came-{position}"] = forms.ChoiceField(
                label=_("What comes of: %(title)s") % {"title": title}, choices=[("", _("Choose")), *CAME]
            )
        self.order_fields(
            ["keep", "outcome", "reason", *(f"came-{one}" for one in self.positions), "decided_by"]
        )

    @property
    def came(self) -> dict[int, str]:
        """What comes of each request, by its position."""
        return {position: self.cleaned_data[f"came-{position}"] for position in self.positions}

    @property
    def told(self) -> list[Membership]:
        """The people who are told."""
        return [self.people[pk] for pk in self.cleaned_data["informed"]]

"""The forms of accounts: preferences, people, clients."""

import functools
import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Client, User


@functools.cache
def known_zones() -> frozenset[str]:
    """Return the zones this machine knows; looking takes a while."""
    return frozenset(zoneinfo.available_timezones())


def zones() -> list[tuple[str, Any]]:
    """Return the time zones that people live in, by continent."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(known_zones()):
        continent, _slash, place = name.partition("/")
        if place and continent in CONTINENTS:
            groups.setdefault(continent, []).append((name, place.replace("_", " ").replace("/", ", ")))
    return [("UTC", "UTC"), *groups.items()]


CONTINENTS = frozenset(
    {"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)


class ZoneField(forms.ChoiceField):
    """Choose a time zone; one that is not in the list any more can stay."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", gettext_lazy("Time zone"))
        super().__init__(choices=zones, **options)

    def valid_value(self, value: Any) -> bool:
        """Take every zone this machine knows."""
        return value in known_zones()


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # cannot be written at run time
    """Name and habits; what everybody may change about themselves starts here."""

    time_zone = ZoneField()
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=lambda: settings.LANGUAGES)
    initials = forms.RegexField(
        regex=r"^\w{1,3}$",
        label=gettext_lazy("Initials"),
        max_length=3,
        error_messages={"invalid": gettext_lazy("One to three letters.")},
    )

    class Meta:
        model = User
        fields: tuple[str, ...] = ("display_name", "initials", "job_title", "time_zone", "language")

    def clean_initials(self) -> str:
        """Write them in capitals."""
        initials: str = self.cleaned_data["initials"]
        return initials.upper()[:3]

    def _post_clean(self) -> None:
        """Leave the person as they are: an action writes, and only when all of it is right."""


class PreferencesForm(PersonForm):
    """What people set for themselves."""

    class Meta(PersonForm.Meta):
        fields = (*PersonForm.Meta.fields, "theme", "single_keys")
        widgets = {"theme": forms.RadioSelect}
        help_texts = {
            "single_keys": gettext_lazy(
                "J and K move between questions, E edits, ? lists them all. They work outside of fields only."
            )
        }


class AdministeredForm(PersonForm):
    """What administrators set about somebody."""

    class Meta(PersonForm.Meta):
        fields = (*PersonForm.Meta.fields, "is_administrator", "is_active")
        help_texts = {
            "is_administrator": gettext_lazy(
                "Looks after people, clients and engagement shells; reads answers only after joining."
            ),
            "is_active": gettext_lazy("Without it they are signed out at once. What they did stays."),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.instance.is_firm:
            del self.fields["is_administrator"]


class NewPersonForm(forms.Form):
    """Whom to make an account for."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    display_name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    job_title = forms.CharField(label=gettext_lazy("Job title"), max_length=120, required=False)
    client = forms.ModelChoiceField(
        label=gettext_lazy("Belongs to"),
        queryset=Client.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("The firm"),
        help_text=gettext_lazy("It decides what they may see, and stays."),
    )
    is_administrator = forms.BooleanField(label=gettext_lazy("Administrator"), required=False)
    time_zone = ZoneField(initial="Europe/Berlin")
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=lambda: settings.LANGUAGES)

    def clean(self) -> dict[str, Any]:
        """Refuse administrators of a client."""
        data = super().clean() or {}
        if data.get("client") and data.get("is_administrator"):
            self.add_error("is_administrator", _("Administrators are people of the firm."))
        return data


class ClientForm(forms.ModelForm):  # type: ignore[type-arg]
    """A client's names."""

    class Meta:
        model = Client
        fields = ("name", "short_name")
        help_texts = {"short_name": gettext_lazy("As it stands in headings: With Northbridge.")}

    def _post_clean(self) -> None:
        """Leave the client as it is: an action writes."""

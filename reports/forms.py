"""The form of how documents look."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.actions import branding, logo
from reports.actions.branding import Dress
from reports.models import Brand

COLOUR = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")


class ColourField(forms.CharField):
    """A colour as #1b4899, or as #14f; read on paper it must be."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=7, required=False, **options)

    def clean(self, value: Any) -> str:
        """Return the colour in six small letters and figures, "" for none."""
        text: str = super().clean(value)
        if not text:
            return ""
        found = COLOUR.fullmatch(text)
        if not found:
            raise forms.ValidationError(_("Write a colour as # and six letters or figures, such as #1b4899."))
        code = found[1].lower()
        return "#" + (code if len(code) == 6 else "".join(letter * 2 for letter in code))


class BrandForm(forms.Form):
    """How documents look; for a client only what differs from the firm's."""

    name = forms.CharField(
        label=gettext_lazy("Name on documents"),
        max_length=120,
        help_text=gettext_lazy("As it stands on the cover, in the footer and in the file."),
    )
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy(
            "PNG, JPEG or WebP, up to 2 MB. A clear background looks best. It is drawn anew."
        ),
    )
    drop_logo = forms.BooleanField(label=gettext_lazy("Take the logo away"), required=False)
    colour = ColourField(
        label=gettext_lazy("Main colour"),
        help_text=gettext_lazy("For the title and the rules above chapters, such as #1b4899. Empty: ink."),
    )
    accent = ColourField(
        label=gettext_lazy("Second colour"),
        help_text=gettext_lazy("For the bar beside decisions. Empty: the blue of the product."),
    )
    footer = forms.CharField(
        label=gettext_lazy("Footer"),
        max_length=160,
        required=False,
        help_text=gettext_lazy(
            "On every page. Empty: who it is from, for whom, and that it is confidential."
        ),
    )
    paper = forms.ChoiceField(label=gettext_lazy("Paper"), choices=Brand.Paper.choices)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the fixed words"),
        choices=lambda: settings.LANGUAGES,
        help_text=gettext_lazy("Headings, labels and dates. What people wrote stays as they wrote it."),
    )

    def __init__(self, data: Any = None, files: Any = None, *, brand: Brand | None, of_client: bool) -> None:
        names = ("name", "colour", "accent", "footer", "paper", "language")
        initial = {name: getattr(brand, name) for name in names} if brand else {}
        super().__init__(data, files, initial=initial)
        if of_client:
            del self.fields["name"]
            for name, words in (("paper", _("As the firm’s")), ("language", _("As the firm’s"))):
                field = self.fields[name]
                assert isinstance(field, forms.ChoiceField)  # noqa: S101 - both are, see above
                choices = Brand.Paper.choices if name == "paper" else settings.LANGUAGES
                field.choices = [("", words), *choices]
                field.required = False
            for name in ("colour", "accent"):
                self.fields[name].help_text = _("Empty: the firm’s.")
            self.fields["logo"].help_text = _(
                "Stands on the cover of documents for this client. PNG, JPEG or WebP, up to 2 MB. It is drawn anew."
            )
        if not (brand and brand.logo):
            del self.fields["drop_logo"]

    def clean(self) -> dict[str, Any]:
        """Look at the colours and draw the logo."""
        data = super().clean() or {}
        for field in ("colour", "accent"):
            try:
                branding.check_colour(field, data.get(field, ""))
            except branding.TooPale as error:
                self.add_error(error.field, str(error))
        if sent := data.get("logo"):
            try:
                data["drawn"] = logo.drawn(sent.read(logo.LARGEST_FILE + 1), sent.name)
            except logo.BadLogo as error:
                self.add_error("logo", str(error))
        return data

    @property
    def dress(self) -> Dress:
        """What was chosen."""
        data = self.cleaned_data
        names = ("name", "colour", "accent", "footer", "paper", "language")
        return Dress(**{name: data.get(name, "") for name in names})

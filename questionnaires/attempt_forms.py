"""The forms of the attempt log."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from engagements.models import Membership
from questionnaires.access import Viewpoint
from questionnaires.actions.attempts import Columns, Tried
from questionnaires.advice_forms import LINES, ItemsField
from questionnaires.forms import DateInput, PersonField
from questionnaires.models import Attempt
from questionnaires.runs import Run


class FigureField(forms.DecimalField):
    """A figure, written with a point."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=20, decimal_places=8, required=False, **options)
        self.widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})


class AttemptForm(forms.Form):
    """What was tried, on what, with what result, and what was learned."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    hypothesis = forms.CharField(label=gettext_lazy("Hypothesis"), required=False, widget=LINES)
    approach = forms.CharField(label=gettext_lazy("Approach"), required=False, widget=LINES)
    data_version = forms.CharField(label=gettext_lazy("Data version"), required=False, max_length=200)
    code_version = forms.CharField(label=gettext_lazy("Code version"), required=False, max_length=200)
    settings = forms.CharField(label=gettext_lazy("Settings"), required=False, widget=LINES)
    measure = forms.CharField(label=gettext_lazy("Measure"), required=False, max_length=200)
    result = FigureField(label=gettext_lazy("Result"))
    criterion = forms.CharField(
        label=gettext_lazy("Agreed criterion"), required=False, max_length=300,
        help_text=gettext_lazy("In words, such as: at least 60. Empty takes what is agreed for the measure."),
    )  # fmt: skip
    threshold = FigureField(
        label=gettext_lazy("The criterion as a figure"),
        help_text=gettext_lazy("Empty reads it from the words."),
    )
    better = forms.ChoiceField(
        label=gettext_lazy("Which is better?"), widget=forms.RadioSelect, initial="higher",
        choices=[("higher", gettext_lazy("A higher figure")), ("lower", gettext_lazy("A lower figure"))],
    )  # fmt: skip
    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"), required=False,
        choices=[("", gettext_lazy("Not said yet")), *Attempt.Outcome.choices],
    )  # fmt: skip
    lesson = forms.CharField(label=gettext_lazy("What we learned"), required=False, widget=LINES)
    by = PersonField(label=gettext_lazy("By"), required=False)
    on = forms.DateField(label=gettext_lazy("Date"), required=False, widget=DateInput())
    rests_on = ItemsField(label=gettext_lazy("Rests on"))
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any,
        *,
        view: Viewpoint,
        people: Sequence[Membership],
        measures: Iterable[str],
        start: dict[str, Any],
    ) -> None:
        keys = start.pop("keys", ())
        super().__init__(data, initial=start)
        by, rests_on = self.fields["by"], self.fields["rests_on"]
        assert isinstance(by, PersonField)  # noqa: S101 - for the type checker
        assert isinstance(rests_on, ItemsField)  # noqa: S101 - for the type checker
        by.offer(list(people))
        self.initial["rests_on"] = rests_on.offer(view, keys)
        if known := "; ".join(measures):
            self.fields["measure"].help_text = _("Agreed: %(measures)s.") % {"measures": known}

    def tried(self, run_id: str = "") -> Tried:
        """Return what was filled in, as the actions take it."""
        data = dict(self.cleaned_data)
        data.pop("seen")
        higher = data.pop("better") == "higher"
        return Tried(**data, higher_is_better=higher, run_id=run_id)


class UploadForm(forms.Form):
    """A file of runs, or an experiment of the tracking server."""

    file = forms.FileField(
        label=gettext_lazy("File of runs"), required=False,
        help_text=gettext_lazy("A zipped mlruns folder, a tracking server’s JSON export, or a CSV table; up to 20 MB."),
    )  # fmt: skip
    experiment = forms.CharField(
        label=gettext_lazy("Or an experiment of the tracking server, by its name"),
        required=False,
        max_length=200,
    )

    def __init__(self, data: Any, files: Any, *, has_server: bool) -> None:
        super().__init__(data, files)
        if not has_server:
            del self.fields["experiment"]

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        data = super().clean() or {}
        if not self.errors and not data.get("file") and not data.get("experiment"):
            self.add_error("file", _("Choose a file."))
        return data


class ColumnsForm(forms.Form):
    """Which column of the runs becomes what."""

    measure = forms.ChoiceField(label=gettext_lazy("Result"))
    better = forms.ChoiceField(
        label=gettext_lazy("Which is better?"), widget=forms.RadioSelect, initial="higher",
        choices=[("higher", gettext_lazy("A higher figure")), ("lower", gettext_lazy("A lower figure"))],
    )  # fmt: skip
    criterion = forms.CharField(
        label=gettext_lazy("Agreed criterion"), required=False, max_length=300,
        help_text=gettext_lazy("In words, such as: at least 60. Empty takes what is agreed for the measure."),
    )  # fmt: skip
    hypothesis = forms.ChoiceField(label=gettext_lazy("Hypothesis"), required=False)
    approach = forms.ChoiceField(label=gettext_lazy("Approach"), required=False)
    data_version = forms.ChoiceField(label=gettext_lazy("Data version"), required=False)
    code_version = forms.ChoiceField(label=gettext_lazy("Code version"), required=False)
    by = PersonField(label=gettext_lazy("By"), required=False)

    def __init__(self, data: Any, *, runs: Sequence[Run], people: Sequence[Membership]) -> None:
        metrics, texts = columns_of(runs)
        super().__init__(data, initial=_guesses(metrics, texts))
        self.fields["measure"].choices = [  # type: ignore[attr-defined]
            (name, name.removeprefix("metrics.")) for name in metrics
        ]
        nothing = [("", _("Leave it empty"))]
        for name in ("hypothesis", "approach", "data_version", "code_version"):
            self.fields[name].choices = nothing + [(text, text) for text in texts]  # type: ignore[attr-defined]
        by = self.fields["by"]
        assert isinstance(by, PersonField)  # noqa: S101 - for the type checker
        by.offer(list(people))

    @property
    def columns(self) -> Columns:
        """What was chosen, as the action takes it."""
        data = dict(self.cleaned_data)
        data.pop("by")
        higher = data.pop("better") == "higher"
        return Columns(**data, higher_is_better=higher)


def columns_of(runs: Iterable[Run]) -> tuple[list[str], list[str]]:
    """Return the columns that hold figures, the commonest first, and those that hold texts."""
    metrics: dict[str, int] = {}
    texts: dict[str, int] = {}
    for run in runs:
        for name in run.metrics:
            metrics[f"metrics.{name}"] = metrics.get(f"metrics.{name}", 0) + 1
        for name in run.params:
            texts[f"params.{name}"] = texts.get(f"params.{name}", 0) + 1
        for name in run.tags:
            texts[f"tags.{name}"] = texts.get(f"tags.{name}", 0) + 1
    return sorted(metrics, key=lambda name: (-metrics[name], name)), sorted(texts)


def _guesses(metrics: Sequence[str], texts: Sequence[str]) -> dict[str, str]:
    known = {
        "code_version": ("tags.mlflow.source.git.commit", "params.commit", "params.code_version"),
        "data_version": ("tags.data_version", "params.data_version", "params.dataset", "tags.dataset"),
        "hypothesis": ("tags.hypothesis", "params.hypothesis", "tags.mlflow.note.content"),
        "approach": ("tags.approach", "params.approach", "params.model", "tags.model"),
    }
    found = {field: next((name for name in names if name in texts), "") for field, names in known.items()}
    return found | ({"measure": metrics[0]} if metrics else {})

"""Who holds what, since when: two columns by one ruler, with handing over and reminding."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from accounts.models import Side
from engagements.actions import engagements
from engagements.policy import Permission
from engagements.templatetags.interface import day as in_words
from questionnaires import access, pictures
from questionnaires import waiting as reading
from questionnaires.actions import waiting as actions
from questionnaires.actions.entries import NotPossible
from questionnaires.calendar import DAY, days_of
from questionnaires.forms import DateInput, PersonField
from questionnaires.models import Entry
from questionnaires.views.entries import candidates
from questionnaires.views.shell import shell
from questionnaires.views.sidework import sidework

# A longer row of holidays is a mistake in a year.
MOST_DAYS = 60


@require_safe
def waiting(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Show both columns of the ledger, oldest first."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.SEE)
    now = timezone.now()
    found = reading.ledger(desk.view, now)
    for thing in (*found.with_client, *found.with_firm):
        thing.may_nudge = any(person.pk != desk.membership.pk for person in thing.people)
    client_name = desk.engagement.client.short_name
    not_asked = reading.not_asked(desk.view)
    with timezone.override(desk.engagement.zone):
        columns = [
            {
                "side": Side.CLIENT,
                "title": _("With %(name)s") % {"name": client_name},
                "things": found.with_client,
                "not_asked": not_asked[Side.CLIENT],
            },
            {
                "side": Side.FIRM,
                "title": _("With us") if desk.membership.is_firm else _("With the firm"),
                "things": found.with_firm,
                "not_asked": not_asked[Side.FIRM],
            },
        ]
        picture = pictures.waiting_times(
            [thing.days for thing in found.with_client],
            [thing.days for thing in found.with_firm],
            client_name,
            _("Us") if desk.membership.is_firm else _("The firm"),
        )
        return render(
            request, "questionnaires/waiting.html", shell(desk, "waiting", columns=columns, picture=picture)
        )


@require_POST
def nudge(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Remind who holds an open thing, and say when the mail goes out and when the next one is possible."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.ASSIGN)
    try:
        made = actions.nudge(desk=desk, key=request.POST.get("thing", "")[:160])
    except actions.TooSoon as error:
        messages.info(
            request,
            _("There was a reminder not long ago. The next one is possible from %(day)s.")
            % {"day": in_words(error.again)},
        )
    except NotPossible as error:
        messages.info(request, str(error))
    else:
        names = ", ".join(sorted({one.to.user.first_name for one in made}))
        with timezone.override(desk.engagement.zone):
            sent = min(one.send_after for one in made)
            messages.success(request, sent_words(names, timezone.localtime(sent), timezone.localtime()))
    return redirect("questionnaires:waiting", engagement_id)


def sent_words(names: str, sent: Any, now: Any) -> str:
    """Say when a reminder reaches its people."""
    if sent.date() == now.date():
        return _(
            "%(names)s will get a mail at %(time)s, with whatever else they are reminded of until then."
        ) % {
            "names": names,
            "time": sent.strftime("%H:%M"),
        }
    return _("%(names)s will get a mail on %(day)s, with whatever else they are reminded of until then.") % {
        "names": names,
        "day": in_words(sent),
    }


class HandOverForm(forms.Form):
    """Who takes it, by when, with a word."""

    to = PersonField(label=gettext_lazy("Who takes it"))
    due = forms.DateField(label=gettext_lazy("By when"), required=False, widget=DateInput())
    words = forms.CharField(
        label=gettext_lazy("A word with it"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponse:
    """Give an open thing to somebody else."""
    desk, entry = access.get_entry(request.user, engagement_id, key, can=Permission.ASSIGN)
    if entry.round_id is None:
        raise Http404
    is_unknown = entry.state == Entry.State.UNKNOWN
    first = {
        "to": entry.finder_id if is_unknown else entry.owner_id,
        "due": entry.find_by if is_unknown else entry.due_date,
    }
    form = HandOverForm(posted(request), initial=first)
    field = form.fields["to"]
    if isinstance(field, PersonField):
        field.offer(candidates(desk, entry))
    if request.method == "POST" and form.is_valid():
        try:
            actions.hand_over(desk=desk, entry=entry, **form.cleaned_data)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            return redirect("questionnaires:waiting", engagement_id)
    return sidework(
        request,
        desk,
        form,
        title=_("Hand over"),
        item=desk.framework.item(key),
        back="questionnaires:waiting",
    )


class HolidayForm(forms.Form):
    """A day, or a row of days, on which nobody is expected to work."""

    first = forms.DateField(label=gettext_lazy("First day"), widget=DateInput())
    last = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("Leave it empty for a single day."),
    )

    def clean(self) -> dict[str, Any]:
        """Put the days in order, and refuse a row that is longer than any holiday."""
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last") or data.get("first")
        if first and last:
            if last < first:
                self.add_error("last", _("The last day lies before the first."))
            elif last - first > timedelta(days=MOST_DAYS):
                self.add_error("last", _("That is longer than two months. Add it in parts if it is meant."))
            else:
                data["days"] = days_of(first, last)
        return data


@require_http_methods(["GET", "HEAD", "POST"])
def holidays(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Show the days that do not count as working days; a project manager adds and removes them."""
    editing = request.method == "POST"
    desk = access.get_desk(request.user, engagement_id, can=Permission.MANAGE if editing else Permission.SEE)
    form = HolidayForm(request.POST if editing and "remove" not in request.POST else None)
    if editing and "remove" in request.POST:
        field = forms.DateField()
        try:
            gone = [field.clean(text) for text in request.POST.getlist("remove")]
        except forms.ValidationError:
            raise Http404 from None
        engagements.change_holidays(
            engagement=desk.engagement, by=request.user, remove=[d for g in gone for d in _run(desk, g)]
        )
        return redirect("questionnaires:holidays", engagement_id)
    if editing and form.is_valid():
        engagements.change_holidays(
            engagement=desk.engagement, by=request.user, add=form.cleaned_data["days"]
        )
        return redirect("questionnaires:holidays", engagement_id)
    context = shell(desk, "waiting", form=form, runs=runs(desk.engagement.holidays))
    return render(request, "questionnaires/holidays.html", context, status=422 if form.errors else 200)


def runs(days: list[Any]) -> list[tuple[Any, Any]]:
    """Put days that follow each other together, as (first, last)."""
    found: list[tuple[Any, Any]] = []
    for one in sorted(days):
        if found and one - found[-1][1] == DAY:
            found[-1] = (found[-1][0], one)
        else:
            found.append((one, one))
    return found


def _run(desk: access.Desk, first: Any) -> list[Any]:
    """Return the days of the row that begins with *first*."""
    return next((days_of(start, end) for start, end in runs(desk.engagement.holidays) if start == first), [])

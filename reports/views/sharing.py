"""Hand a released report on: links for people without an account, mails to the engagement's own."""

import uuid
from datetime import datetime, time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest, posted
from engagements.models import Membership
from engagements.policy import Permission
from questionnaires import reading
from questionnaires.views.shell import shell
from reports import access
from reports.actions import sharing
from reports.models import Link, Report
from reports.views.reports import file_of, problem

# Looking at a link and opening it, for each address of the network; passwords are counted for each link besides.
LIMIT = {"shared": "60/m/ip"}
WAYS = [
    ("link", gettext_lazy("the way to it; they sign in to read it")),
    ("file", gettext_lazy("the file itself, and the way to it")),
]


class LinkForm(forms.Form):
    """For whom a link is, how long it works and what it asks for."""

    label = forms.CharField(label=gettext_lazy("For whom"), max_length=120)
    ends = forms.DateField(
        label=gettext_lazy("Works until"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("The end of this day, by the engagement’s clock."),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Eight characters or more. Empty: the link alone opens it."),
    )
    mail_to = forms.EmailField(
        label=gettext_lazy("Send the link to"),
        required=False,
        help_text=gettext_lazy("Empty: you are shown the link, once."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


class SendForm(forms.Form):
    """Who gets a report by mail, and whether the file goes with it."""

    people = forms.TypedMultipleChoiceField(
        label=gettext_lazy("To"), coerce=int, widget=forms.CheckboxSelectMultiple
    )
    way = forms.ChoiceField(
        label=gettext_lazy("What they get"),
        choices=WAYS,
        widget=forms.RadioSelect,
        initial="link",
    )
    words = forms.CharField(
        label=gettext_lazy("A few words"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, people: list[Membership], **options: Any) -> None:
        super().__init__(data, **options)
        field = self.fields["people"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101 - it is, see above
        field.choices = [(member.pk, f"{member.user.display_name}, {member.user.email}") for member in people]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def share(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Make a link to a released report and show it, once."""
    desk, report = access.get_report_desk(request.user, engagement_id, report_id, can=Permission.RELEASE)
    if not report.is_released:
        return problem(request, 409, _("Only what is released can be shared. Release it first."))
    engagement = desk.engagement
    today = engagement.today(timezone.now())
    form = LinkForm(posted(request), initial={"ends": today + sharing.LASTS, "key": uuid.uuid4()})
    made: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        ends = datetime.combine(data["ends"], time(23, 59, 59), engagement.zone)
        try:
            link, token = sharing.make_link(
                report=report,
                by=request.user,
                label=data["label"],
                expires_at=ends,
                key=data["key"],
                password=data["password"],
                mail_to=data["mail_to"],
            )
            made = {"link": link, "address": sharing.address(token)}
        except sharing.MadeAlready as error:
            messages.info(request, _("This link was made already. Its address was shown then."))
            return redirect("reports:link", engagement_id, report_id, error.link.pk)
        except sharing.NotShareable as error:
            form.add_error(None, str(error))
    context = shell(desk, "reports", report=report, form=form, **made)
    with timezone.override(engagement.zone):
        return render(request, "reports/share.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: SignedInRequest, engagement_id: int, report_id: int) -> HttpResponse:
    """Send a released report to people of the engagement."""
    desk, report = access.get_report_desk(request.user, engagement_id, report_id, can=Permission.RELEASE)
    if not report.is_released:
        return problem(request, 409, _("Only what is released can be sent. Release it first."))
    people = [
        member
        for member in reading.people(desk.view)
        if member.ended_at is None and member.user.is_active and member.user_id != request.user.pk
    ]
    form = SendForm(posted(request), people=people, initial={"key": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            count = sharing.send(
                report=report,
                people=[member for member in people if member.pk in data["people"]],
                with_file=data["way"] == "file",
                words=data["words"],
                key=data["key"],
                by=request.user,
            )
        except sharing.NotShareable as error:
            form.add_error(None, str(error))
        else:
            words = ngettext("On its way to one person.", "On its way to %(count)d people.", count)
            messages.success(request, words % {"count": count})
            return redirect("reports:report", engagement_id, report_id)
    context = shell(desk, "reports", report=report, form=form)
    return render(request, "reports/send.html", context, status=422 if form.errors else 200)


@require_safe
def link(request: SignedInRequest, engagement_id: int, report_id: int, link_id: int) -> HttpResponse:
    """Show a link: until when it works, and every time it was used."""
    desk, _report = access.get_report_desk(request.user, engagement_id, report_id, can=Permission.RELEASE)
    _membership, report, found = access.get_link(
        request.user, engagement_id, report_id, link_id, can=Permission.RELEASE
    )
    context = shell(
        desk,
        "reports",
        report=report,
        link=found,
        is_open=found.is_open(timezone.now()),
        openings=found.openings.order_by("-at")[:200],
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "reports/link.html", context)


@require_POST
def end(request: SignedInRequest, engagement_id: int, report_id: int, link_id: int) -> HttpResponse:
    """End a link."""
    _membership, _found, found = access.get_link(
        request.user, engagement_id, report_id, link_id, can=Permission.RELEASE
    )
    sharing.end_link(link=found, by=request.user)
    return redirect("reports:link", engagement_id, report_id, link_id)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def shared(request: HttpRequest, token: str) -> HttpResponseBase:
    """Say what a link leads to, and on the second step send the file. Looking at the link alone counts nothing."""
    response = _shared(request, token)
    # The address of this page is the key: no cache, no search engine and no other page may learn it.
    response["Referrer-Policy"] = "strict-origin"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _shared(request: HttpRequest, token: str) -> HttpResponseBase:
    if not ratelimit.consume(request, app="throughline", action="shared", config=LIMIT, limit_get=True):
        return _page(request, "busy", None, status=429)
    found = sharing.find_link(token)
    if found is None:
        return _page(request, "gone", None, status=404)
    report = found.report
    if report.state != Report.State.DONE or not default_storage.exists(report.storage_name):
        return _page(request, "wait", found, status=503)
    if request.method != "POST":
        return _page(request, "ask", found)
    try:
        sharing.open_link(
            link=found,
            password=request.POST.get("password", ""),
            network=sharing.network_of(get_adapter().get_client_ip(request)),
            agent=request.headers.get("User-Agent", ""),
        )
    except sharing.WrongPassword:
        return _page(request, "wrong", found, status=422)
    except sharing.TooManyTries:
        return _page(request, "busy", found, status=429)
    return file_of(report)


def _page(request: HttpRequest, case: str, link: Link | None, *, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"case": case, "link": link}
    if link is not None:
        context |= {"report": link.report, "firm": link.report.snapshot.get("firm", "")}
    return render(request, "reports/shared.html", context, status=status)

"""What administrators do with engagements: open them, change their frame and status, join; and read the mail."""

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from accounts.views.administration import PAGE, administration, sent
from engagements import mail as outbox
from engagements.access import get_administrator, get_mail, get_shell
from engagements.actions import engagements as actions
from engagements.actions import people
from engagements.forms import FrameForm, JoinForm, StatusForm
from engagements.models import Engagement, Mail, Membership
from engagements.policy import Role


@require_safe
def engagements(request: SignedInRequest) -> HttpResponse:
    """List the shells of all engagements, by status and by part of a name, code or client."""
    get_administrator(request.user)
    show, words = request.GET.get("show", "running"), request.GET.get("q", "").replace("\0", "").strip()
    found = Engagement.objects.exclude(status=Engagement.Status.PURGED).select_related("client")
    if show == "running":
        found = found.running()
    elif show == "closed":
        found = found.filter(status__in=[Engagement.Status.CLOSED, Engagement.Status.ARCHIVED])
    if words:
        found = found.filter(
            Q(name__icontains=words) | Q(code__icontains=words) | Q(client__name__icontains=words)
        )
    managers = Membership.objects.current().filter(role=Role.PROJECT_MANAGER).select_related("user")
    found = found.annotate(
        number_of_people=Count("memberships", filter=Q(memberships__ended_at=None))
    ).prefetch_related(Prefetch("memberships", managers, to_attr="managers"))
    page = Paginator(found.order_by("client__name", "name", "pk"), PAGE).get_page(request.GET.get("page"))
    context = administration("engagements", page=page, show=show, words=words)
    return render(request, "administration/engagements.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def engagement(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Show an engagement's shell, and change its frame."""
    shell = get_shell(request.user, engagement_id)
    form = FrameForm(sent(request), instance=shell)
    if request.method == "POST" and form.is_valid():
        actions.set_frame(
            engagement=get_shell(request.user, engagement_id), by=request.user, **form.cleaned_data
        )
        messages.success(request, _("Kept."))
        return redirect("engagements:admin-engagement", engagement_id)
    return _shell(request, engagement_id, form=form)


@require_POST
def engagement_status(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Start, pause, close, reopen or archive an engagement."""
    shell = get_shell(request.user, engagement_id)
    form = StatusForm(request.POST)
    if form.is_valid():
        try:
            actions.set_status(engagement=shell, by=request.user, **form.cleaned_data)
        except actions.ReasonNeeded as error:
            form.add_error("reason", str(error))
        else:
            messages.success(request, _("Kept."))
            return redirect("engagements:admin-engagement", engagement_id)
    return _shell(request, engagement_id, status_form=form)


@require_POST
def engagement_join(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Join an engagement, which everybody in it can see."""
    shell = get_shell(request.user, engagement_id)
    form = JoinForm(request.POST)
    if not form.is_valid():
        return _shell(request, engagement_id, join_form=form)
    if not Membership.objects.filter(engagement=shell, user=request.user, ended_at=None).exists():
        people.join(engagement=shell, user=request.user, by=request.user, **form.cleaned_data)
    return redirect("questionnaires:overview", engagement_id)


def _shell(
    request: SignedInRequest,
    engagement_id: int,
    *,
    form: FrameForm | None = None,
    status_form: StatusForm | None = None,
    join_form: JoinForm | None = None,
) -> HttpResponse:
    # Read anew: a refused form must not show its values as what is stored.
    shell = get_shell(request.user, engagement_id)
    members = list(
        Membership.objects.filter(engagement=shell, ended_at=None)
        .select_related("user")
        .order_by("joined_at")
    )
    refused = any(one is not None and one.errors for one in (form, status_form, join_form))
    context = administration(
        "engagements",
        shell=shell,
        members=members,
        am_in=any(member.user_id == request.user.pk for member in members),
        form=form or FrameForm(instance=shell),
        status_form=status_form or StatusForm(initial={"status": shell.status}),
        join_form=join_form or JoinForm(),
    )
    return render(request, "administration/engagement.html", context, status=422 if refused else 200)


@require_safe
def mails(request: SignedInRequest) -> HttpResponse:
    """List the mail that was sent, waits or failed, newest first."""
    get_administrator(request.user)
    show, words = request.GET.get("show", "all"), request.GET.get("q", "").replace("\0", "").strip()
    found = Mail.objects.defer("text", "html")
    if show == "waiting":
        found = found.filter(state__in=[Mail.State.QUEUED, Mail.State.SENDING])
    elif show == "failed":
        found = found.filter(state=Mail.State.FAILED)
    if words:
        found = found.filter(Q(to__icontains=words) | Q(subject__icontains=words))
    page = Paginator(found.order_by("-pk"), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "administration/mails.html",
        administration("mail", page=page, show=show, words=words, as_files=not settings.MAIL_DELIVERY),
    )


@require_safe
def mail(request: SignedInRequest, mail_id: int) -> HttpResponse:
    """Show one mail: its words where mail goes to files and nobody else could read them, else only how it went."""
    found = get_mail(request.user, mail_id)
    words = None if settings.MAIL_DELIVERY else outbox.read_file(found)
    return render(
        request,
        "administration/mail.html",
        administration("mail", mail=found, words=words, as_files=not settings.MAIL_DELIVERY),
    )


@require_POST
def mail_again(request: SignedInRequest, mail_id: int) -> HttpResponse:
    """Try a mail that failed once more."""
    found = get_mail(request.user, mail_id)
    outbox.send_again(mail=found)
    messages.success(request, _("It is on its way again."))
    return redirect("engagements:admin-mail", mail_id)

"""Talk about an item or a register: read it, say something, give it to somebody, settle it."""

import uuid
from typing import Any

from django import forms
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import SignedInRequest
from engagements.access import require
from engagements.actions import threads as actions
from engagements.models import Membership
from engagements.policy import Permission
from questionnaires import access, merge, reading
from questionnaires import talk as talks
from questionnaires.access import Desk
from questionnaires.forms import PersonField
from questionnaires.fragments import Drawing
from questionnaires.models import Entry
from questionnaires.models.entry import REGISTER_PREFIX
from questionnaires.places import subject_of
from questionnaires.reading import ItemView
from questionnaires.views.places import url_of
from questionnaires.views.shell import drawer_or_page, shell


@require_http_methods(["GET", "HEAD", "POST"])
def talk(request: SignedInRequest, engagement_id: int, key: str) -> HttpResponseBase:
    """Show everything that was said about an item or register, settled threads too, or begin a thread."""
    writes = request.method == "POST"
    can = Permission.COMMENT if writes else Permission.SEE
    desk, _entry = access.get_entry(request.user, engagement_id, key, can=can)
    if not writes:
        return whole(request, desk, key)
    firm_only = request.POST.get("firm") == "1"
    if firm_only:
        require(desk.membership, Permission.NOTE)
    text = request.POST.get("text", "")
    try:
        comment = actions.open_thread(
            membership=desk.membership,
            subject=subject_of(desk.framework, key),
            text=text,
            key=one_time_key(request),
            firm_only=firm_only,
        )
    except actions.NothingSaid as error:
        draft = {"firm_only": firm_only, "text": text, "message": str(error)}
        return talk_response(request, desk, key, draft=draft)
    return talk_response(request, desk, key, anchor=actions.anchor_of(comment))


@require_POST
def reply(request: SignedInRequest, engagement_id: int, thread_id: int) -> HttpResponseBase:
    """Add a comment to a thread."""
    desk, thread, subject = access.get_thread(request.user, engagement_id, thread_id, can=Permission.COMMENT)
    text = request.POST.get("text", "")
    try:
        comment = actions.reply(
            membership=desk.membership, thread=thread, subject=subject, text=text, key=one_time_key(request)
        )
    except actions.NothingSaid as error:
        draft = {"thread": thread.pk, "text": text, "message": str(error)}
        return talk_response(request, desk, thread.item_key, draft=draft)
    return talk_response(request, desk, thread.item_key, anchor=actions.anchor_of(comment))


@require_POST
def settle(request: SignedInRequest, engagement_id: int, thread_id: int) -> HttpResponseBase:
    """Say that nothing more is to be said in a thread."""
    desk, thread, _subject = access.get_thread(request.user, engagement_id, thread_id, can=Permission.COMMENT)
    actions.settle_thread(membership=desk.membership, thread=thread)
    return talk_response(request, desk, thread.item_key)


@require_POST
def reopen(request: SignedInRequest, engagement_id: int, thread_id: int) -> HttpResponseBase:
    """Take a settled thread up again."""
    desk, thread, _subject = access.get_thread(request.user, engagement_id, thread_id, can=Permission.COMMENT)
    actions.reopen_thread(membership=desk.membership, thread=thread)
    return talk_response(request, desk, thread.item_key, anchor=f"thread-{thread.pk}")


class AssignThreadForm(forms.Form):
    """Who looks after a thread."""

    to = PersonField(label=gettext_lazy("Who looks after it"), required=False)

    def __init__(self, *args: Any, people: list[Membership], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["to"]
        if isinstance(field, PersonField):
            field.offer(people, nobody=_("Nobody"))


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: SignedInRequest, engagement_id: int, thread_id: int) -> HttpResponseBase:
    """Give a thread to somebody who sees it, or to nobody."""
    desk, thread, subject = access.get_thread(request.user, engagement_id, thread_id, can=Permission.COMMENT)
    people = actions.members_who_read(engagement_id, firm_only=thread.firm_only)
    form = AssignThreadForm(
        request.POST if request.method == "POST" else None,
        people=people,
        initial={"to": thread.assigned_to_id},
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.assign_thread(
                membership=desk.membership, thread=thread, subject=subject, to=form.cleaned_data["to"]
            )
        except actions.CannotSee as error:
            form.add_error("to", str(error))
        else:
            return talk_response(request, desk, thread.item_key, anchor=f"thread-{thread.pk}")
    return form_of(request, desk, thread.item_key, form, _("Give it to somebody"))


class WordingForm(forms.Form):
    """A comment, said better."""

    text = forms.CharField(
        label=gettext_lazy("Your comment"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "maxlength": actions.LONGEST}),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: SignedInRequest, engagement_id: int, comment_id: int) -> HttpResponseBase:
    """Say one's own comment better."""
    desk, comment, subject = access.get_comment(
        request.user, engagement_id, comment_id, can=Permission.COMMENT
    )
    key = comment.thread.item_key
    form = WordingForm(
        request.POST if request.method == "POST" else None,
        initial={"text": comment.text, "seen": comment.version},
    )
    if comment.by_id != request.user.pk:
        raise Http404
    offers = reverse("questionnaires:names", args=[engagement_id])
    form.fields["text"].widget.attrs["data-mentions"] = (
        f"{offers}?firm=1" if comment.thread.firm_only else offers
    )
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_comment(
                membership=desk.membership, comment=comment, subject=subject, **form.cleaned_data
            )
        except actions.NothingSaid as error:
            form.add_error("text", str(error))
        except actions.SaidBetterMeanwhile as error:
            # What stands now is shown above the form; sent once more, the text below replaces it knowingly.
            form.add_error("text", f"{error} {comment.text}")
            form.data = request.POST.copy()
            form.data["seen"] = str(comment.version)
        else:
            return talk_response(request, desk, key, anchor=actions.anchor_of(comment))
    return form_of(request, desk, key, form, _("Say it better"))


@require_safe
def wordings(request: SignedInRequest, engagement_id: int, comment_id: int) -> HttpResponse:
    """Show every wording a comment had, with the words that changed."""
    desk, comment, subject = access.get_comment(request.user, engagement_id, comment_id, can=Permission.SEE)
    found = list(comment.wordings.select_related("redaction__by").order_by("version"))
    shown = []
    for before, wording in zip([None, *found], found, strict=False):
        changes = merge.word_diff(before.text if before else "", wording.text)
        shown.append((wording, changes))
    context = shell(desk, "steps", comment=comment, subject=subject, wordings=shown[::-1])
    with timezone.override(desk.engagement.zone):
        return drawer_or_page(request, "wordings", context)


@require_safe
def names(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Give the people whom a comment can name: everybody here, or with `firm` those who see the firm's talk."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.COMMENT)
    firm_only = request.GET.get("firm") == "1" and desk.membership.is_firm
    members = actions.members_who_read(engagement_id, firm_only=firm_only)
    return JsonResponse(
        {
            "people": [
                {
                    "id": member.user_id,
                    "name": member.user.display_name,
                    "note": member.user.job_title or member.get_role_display(),
                    "initials": member.user.initials,
                    "firm": member.is_firm,
                }
                for member in members
            ]
        }
    )


def one_time_key(request: SignedInRequest) -> uuid.UUID:
    """Return the key a form carries, or a fresh one where it carries none that we know."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()


def item_of(desk: Desk, key: str) -> ItemView:
    """Return an item or register with its open threads and without the rows of its table."""
    entries = Entry.objects.of_latest_rounds().filter(engagement=desk.engagement, item_key=key)
    entry = reading.entries_for(desk.view, entries).first()
    if entry is None:
        raise Http404
    return reading.item_views(desk.view, [entry], rows=False)[entry.pk]


def talk_response(
    request: SignedInRequest, desk: Desk, key: str, *, draft: dict[str, Any] | None = None, anchor: str = ""
) -> HttpResponseBase:
    """Answer with what is said now: as a fragment to htmx, else by leading to the place.

    A *draft* that could not be kept comes back with its message and its text.
    """
    if request.htmx:
        item = item_of(desk, key)
        html = Drawing(desk.view).talk(item, **drafts(item, draft))
        return HttpResponse(html, status=422 if draft else 200)
    if draft:
        return whole(request, desk, key, draft=draft)
    return redirect(url_of(desk, key, anchor))


def drafts(item: ItemView, draft: dict[str, Any] | None) -> dict[str, Any]:
    """Put a draft back into the form it was written in: a thread's, or one of the two that begin a thread."""
    for thread in item.threads:
        if draft and draft.get("thread") == thread.id:
            thread.draft = draft
            return {}
    return {"draft_firm" if draft and draft.get("firm_only") else "draft_shared": draft}


def whole(
    request: SignedInRequest, desk: Desk, key: str, *, draft: dict[str, Any] | None = None
) -> HttpResponse:
    """Show all threads about an item or register on a page of their own."""
    item = item_of(desk, key)
    item.threads = talks.all_threads(desk.view, key)
    context = shell(
        desk,
        "registers" if key.startswith(REGISTER_PREFIX) else "steps",
        item=item,
        me=request.user.pk,
        place_url=url_of(desk, key),
        **drafts(item, draft),
    )
    with timezone.override(desk.engagement.zone):
        return drawer_or_page(
            request, "talk_page", Drawing(desk.view).context(**context), refused=bool(draft)
        )


def form_of(request: SignedInRequest, desk: Desk, key: str, form: forms.Form, title: str) -> HttpResponse:
    """Show a form about talk in the drawer, or as a page."""
    context = shell(
        desk,
        "steps",
        form=form,
        title=title,
        subject=subject_of(desk.framework, key),
        dom=reading.dom_id(key),
        place_url=url_of(desk, key),
    )
    return drawer_or_page(request, "talk_form", context, refused=bool(form.errors))

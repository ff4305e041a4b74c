"""Take words out of an engagement: say which, see where they stand, and confirm."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest
from engagements.models import File
from engagements.policy import Permission
from questionnaires import access
from questionnaires.access import Desk
from questionnaires.models import Revision
from questionnaires.places import subject_of
from questionnaires.views.shell import shell
from reports.actions import redacting
from reports.blanking import TooShort

# Places that are named one by one.
NAMED = 12


class RedactionForm(forms.Form):
    """Which words, and why."""

    words = forms.CharField(
        label=gettext_lazy("The words that must go, exactly as they were written"),
        help_text=gettext_lazy(
            "Leave only what must go: a name, a number, a key. Capitals make no difference."
        ),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why, without repeating them"),
        help_text=gettext_lazy("Everybody here can read this in the history."),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def redact(request: SignedInRequest, engagement_id: int) -> HttpResponse:
    """Ask for the words; show where they stand, what goes and what stays; take them out when that is confirmed."""
    desk = access.get_desk(request.user, engagement_id, can=Permission.REDACT)
    if request.method != "POST":
        return form_page(request, desk, RedactionForm(initial={"words": words_at(request, desk)}))
    form = RedactionForm(request.POST)
    if not form.is_valid() or request.POST.get("back"):
        return form_page(request, desk, form)
    reason = form.cleaned_data["reason"]
    try:
        words = redacting.words_of(desk.framework, form.cleaned_data["words"])
        if words.text(reason) != reason:
            raise redacting.NoReason(_("Say in a few words why, without repeating what is to go."))
        if request.POST.get("confirmed"):
            redaction = redacting.redact(desk=desk, words=words, reason=reason)
            count = sum(redaction.found.values())
            told = ngettext(
                "The words are gone from one place.", "The words are gone from %(count)d places.", count
            ) % {"count": count}
            messages.success(request, told)
            return redirect("questionnaires:history", engagement_id)
        found = redacting.look(engagement=desk.engagement, words=words)
        if not found.total:
            raise redacting.NotThere(_("These words stand nowhere in this engagement. Nothing was changed."))
    except TooShort:
        form.add_error(
            "words", _("That is too short: it would be found everywhere. Give at least three letters.")
        )
    except redacting.NoReason as error:
        form.add_error("reason", str(error))
    except redacting.NotThere as error:
        form.add_error("words", str(error))
    else:
        return confirm_page(request, desk, form, found)
    return form_page(request, desk, form)


def words_at(request: SignedInRequest, desk: Desk) -> str:
    """Return the text of the version or the comment that the person came from, to leave of it what must go."""
    version, comment = request.GET.get("version", ""), request.GET.get("comment", "")
    if comment.isdecimal() and len(comment) < 18:
        _desk, found, _subject = access.get_comment(
            request.user, desk.engagement.pk, int(comment), can=Permission.REDACT
        )
        return found.text
    if version.isdecimal() and len(version) < 18:
        revision = Revision.objects.filter(pk=int(version), answer__entry__engagement=desk.engagement).first()
        if revision is not None and isinstance(revision.value, str):
            return revision.value
    return ""


def form_page(request: SignedInRequest, desk: Desk, form: RedactionForm) -> HttpResponse:
    """Ask for the words."""
    context = shell(desk, "history", form=form)
    refused = bool(form.is_bound and form.errors)
    return render(request, "reports/redact.html", context, status=422 if refused else 200)


def confirm_page(
    request: SignedInRequest, desk: Desk, form: RedactionForm, found: redacting.Found
) -> HttpResponse:
    """Show where the words stand, and say what goes and what stays."""
    framework = desk.framework
    places = []
    for key, count in found.keys.most_common():
        try:
            places.append((subject_of(framework, key).title, count))
        except KeyError:
            continue
    context = shell(
        desk,
        "history",
        form=form,
        found=found,
        kinds=found.by_label.most_common(),
        places=places[:NAMED],
        more_places=max(0, len(places) - NAMED),
        files=File.objects.filter(engagement=desk.engagement, removed_at=None).count(),
    )
    with timezone.override(desk.engagement.zone):
        return render(request, "reports/redact_confirm.html", context)

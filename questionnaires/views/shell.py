"""What every page of an engagement carries around its content."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import SignedInRequest
from questionnaires import records
from questionnaires.access import Desk
from questionnaires.progress import Progress


def shell(
    desk: Desk, current: str, counted: dict[str, Progress] | None = None, **more: Any
) -> dict[str, Any]:
    """Return the context of an engagement's page: who looks, what they may do, and the folio with *current* marked."""
    engagement = desk.engagement
    return {
        "desk": desk,
        "engagement": engagement,
        "membership": desk.membership,
        "may": " ".join(sorted(desk.membership.permissions)),
        "side": desk.membership.side,
        "event": engagement.last_event,
        "folio": folio(desk, current),
        "nav": "engagements",
        **more,
    }


def drawer_or_page(
    request: SignedInRequest, name: str, context: dict[str, Any], *, refused: bool = False
) -> HttpResponse:
    """Render ``questionnaires/_name.html`` into the drawer for htmx, else ``name.html`` as a page.

    A refused form goes back into the drawer, wherever its success would have gone.
    """
    drawer = bool(request.htmx) and not request.htmx.history_restore_request
    template = f"questionnaires/{'_' if drawer else ''}{name}.html"
    response = render(request, template, context, status=422 if refused else 200)
    if drawer and refused:
        response["HX-Retarget"] = "#drawer"
        response["HX-Reswap"] = "innerHTML"
    return response


def folio(desk: Desk, current: str) -> list[dict[str, Any]]:
    """Return the sections of an engagement as links, with how many of each there are."""
    pk = desk.engagement.pk
    counts = records.record_counts(desk.view)
    links = [
        ("overview", _("Overview"), "questionnaires:overview"),
        ("steps", _("Steps"), "questionnaires:steps"),
        ("gates", _("Sign-offs"), "questionnaires:gates"),
        ("decisions", _("Decisions"), "questionnaires:decisions"),
        ("conflicts", _("Conflicts"), "questionnaires:conflicts"),
        ("attempts", _("Attempts"), "questionnaires:attempts"),
        ("registers", _("Registers"), "questionnaires:registers"),
        ("files", _("Files"), "questionnaires:files"),
        ("waiting", _("Who holds what"), "questionnaires:waiting"),
        ("meetings", _("Meetings"), "questionnaires:meetings"),
        ("history", _("History"), "questionnaires:history"),
        ("people", _("People"), "engagements:people"),
        ("reports", _("Reports"), "reports:reports"),
    ]
    return [
        {
            "key": key,
            "label": label,
            "url": reverse(name, args=[pk]),
            "current": key == current,
            "count": counts.get(key),
            "tone": "bad" if key == "conflicts" else "",
        }
        for key, label, name in links
    ]

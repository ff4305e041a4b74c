"""From an engagement to a snapshot: what every deliverable has in common, and which module writes which."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import Side
from engagements.policy import Role
from questionnaires.document import Framework
from reports.content import status
from reports.content.blocks import Block
from reports.content.record import Record, day

FIRM = "Alder & Voss"
Writer = Callable[..., list[Block]]
WRITERS: dict[str, Writer] = {"status-report": status.sections}


class NoSuchDeliverable(Exception):
    """The framework has no deliverable of that key."""


def titles(framework: Framework) -> dict[str, str]:
    """Return the deliverables' titles by key, in the framework's order."""
    return {
        deliverable.key: deliverable.title
        for deliverable in framework.deliverables
        if deliverable.key in WRITERS
    }


def snapshot(
    record: Record, kind: str, *, number: int, since: int, replaces: str = "", language: str = "en"
) -> dict[str, Any]:
    """Return a deliverable as plain data: JSON in, JSON out, nothing that a database would have to explain."""
    known = titles(record.view.framework)
    if kind not in known:
        raise NoSuchDeliverable(kind)
    with translation.override(language):
        engagement = record.engagement
        data = {
            "format": 1,
            "kind": kind,
            "language": language,
            "title": known[kind],
            "number": number,
            "edition": str(record.view.side),
            "edition_words": _("for the firm only")
            if record.is_firm
            else _("for %(name)s") % {"name": engagement.client.name},
            "firm": FIRM,
            "client": engagement.client.name,
            "name": engagement.name,
            "code": engagement.code,
            "cover_title": engagement.name if kind == "status-report" else known[kind],
            "lede": engagement.aim,
            "period": period(record),
            "footer": _("%(firm)s for %(client)s. Confidential.")
            % {"firm": FIRM, "client": engagement.client.name},
            "about": about(record, replaces),
            "paper": "A4",
            "at": record.at.replace(hour=12, minute=0, second=0, microsecond=0).isoformat(),
            "event": engagement.last_event,
            "framework": {"key": record.view.framework.key, "version": record.view.framework.version},
            "line": record.drawn,
            "sections": WRITERS[kind](record, since=since),
        }
    # Through JSON and back: what cannot be stored must not get this far.
    plain: dict[str, Any] = json.loads(json.dumps(data, ensure_ascii=False, default=str))
    return plain


def period(record: Record) -> str:
    """Return up to which day this tells."""
    return _("to %(day)s") % {"day": f"{day(record.today, record.today)} {record.today.year}"}


def about(record: Record, replaces: str) -> list[tuple[str, str]]:
    """Return what the foot of the cover says: period, people, what it replaces."""
    current = [member for member in record.people if member.ended_at is None]

    def named(side: Side, *roles: str) -> str:
        return ", ".join(
            member.user.display_name for member in current if member.side == side and member.role in roles
        )

    lines = [
        (_("Period"), period(record)),
        (_("Prepared for"), named(Side.CLIENT, Role.CLIENT_SPONSOR) or record.engagement.client.name),
        (_("Prepared by"), named(Side.FIRM, Role.PROJECT_MANAGER, Role.CONSULTANT)),
    ]
    if replaces:
        lines.append((_("Replaces"), replaces))
    return lines


def fingerprint(data: dict[str, Any]) -> str:
    """Return the SHA-256 over a snapshot in canonical JSON."""
    return hashlib.sha256(
        json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()

"""From an engagement to a snapshot: what every deliverable has in common, and which module writes which."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import Side
from engagements.policy import Role
from questionnaires.document import Framework
from questionnaires.gates import Standing
from questionnaires.receipts import Receipt
from reports.content import (
    architecture,
    certificate,
    data_assessment,
    decision_log,
    deployment,
    discovery,
    experiments,
    kickoff,
    meeting,
    model_card,
    monitoring,
    pack,
    risks,
    status,
)
from reports.content.blocks import Block
from reports.content.kinds import PACK, PURPOSES, STATUS
from reports.content.record import Record, day

Writer = Callable[..., list[Block]]
# In the order in which they stand in the hand-over pack.
WRITERS: dict[str, Writer] = {
    STATUS: status.sections,
    "kickoff-plan": kickoff.sections,
    "discovery-report": discovery.sections,
    "data-assessment": data_assessment.sections,
    "architecture-brief": architecture.sections,
    "experiment-log": experiments.sections,
    "model-card": model_card.sections,
    "deployment-plan": deployment.sections,
    "monitoring-governance-plan": monitoring.sections,
    "decision-log": decision_log.sections,
    "risk-register": risks.sections,
}


class NoSuchDeliverable(Exception):
    """The framework has no deliverable of that key."""


def titles(framework: Framework) -> dict[str, str]:
    """Return the deliverables' titles by key, in the framework's order; the pack of all of them comes last."""
    found = {
        deliverable.key: _(deliverable.title)
        for deliverable in framework.deliverables
        if deliverable.key in WRITERS
    }
    return {**found, PACK: _("Hand-over pack")} if found else found


def snapshot(
    record: Record, kind: str, *, number: int, since: int, replaces: str = "", language: str = ""
) -> dict[str, Any]:
    """Return a deliverable as plain data: JSON in, JSON out, nothing that a database would have to explain.

    *language* is that of the fixed words; without one, the one set for documents of this client.
    """
    if kind not in titles(record.view.framework):
        raise NoSuchDeliverable(kind)
    with translation.override(language or record.house.language):
        known = titles(record.view.framework)
        extra: dict[str, Any] = {}
        if kind == PACK:
            sections, extra["contents"] = pack.whole(record, WRITERS, known, since=since)
            extra["data"] = pack.tables(record)
        else:
            sections = WRITERS[kind](record, since=since)
        return framed(
            record,
            kind=kind,
            number=number,
            title=known[kind],
            cover_title=record.engagement.name if kind == STATUS else known[kind],
            lede=record.engagement.aim if kind == STATUS else str(PURPOSES.get(kind, "")),
            about=about(record, kind, replaces),
            # Chapters of papers are numbered; those of a status report are named by their step.
            numbered=kind != STATUS,
            sections=sections,
            **extra,
        )


def snapshot_of_meeting(record: Record, kind: str, receipt: Receipt) -> dict[str, Any]:
    """Return what came of a meeting as plain data, like that of any deliverable."""
    with translation.override(record.house.language), timezone.override(record.engagement.zone):
        return framed(
            record,
            kind=kind,
            number=0,
            title=meeting.title(record, receipt),
            cover_title=receipt.title,
            lede=_("What was decided, answered and changed, and what was left open."),
            about=meeting.about(record, receipt),
            numbered=False,
            # Two chapters need no page of contents.
            brief=True,
            sections=meeting.sections(receipt),
        )


def snapshot_of_gate(record: Record, kind: str, standing: Standing, told: dict[str, Any]) -> dict[str, Any]:
    """Return the certificate of a gate as plain data; *told* is what `signed.certificate` says of it."""
    with translation.override(record.house.language), timezone.override(record.engagement.zone):
        return framed(
            record,
            kind=kind,
            number=0,
            title=certificate.title(standing),
            cover_title=standing.gate.title,
            lede=_("Who signed, when and with which words, and what the signatures cover."),
            about=certificate.about(record, standing),
            numbered=False,
            sections=certificate.sections(record, standing, told),
        )


def framed(record: Record, **told: Any) -> dict[str, Any]:
    """Return a document as plain data: what *told* says, with what every document of an engagement carries."""
    engagement, house = record.engagement, record.house
    data = {
        "format": 1,
        "language": translation.get_language(),
        "edition": str(record.view.side),
        "edition_words": _("for the firm only")
        if record.is_firm
        else _("for %(name)s") % {"name": engagement.client.name},
        "firm": house.name,
        "client": engagement.client.name,
        "name": engagement.name,
        "code": engagement.code,
        "period": period(record),
        "footer": footer(record),
        "paper": house.paper,
        "house": house.plain(),
        "at": record.at.replace(hour=12, minute=0, second=0, microsecond=0).isoformat(),
        "event": engagement.last_event,
        "framework": {"key": record.view.framework.key, "version": record.view.framework.version},
        "line": record.drawn,
        **told,
    }
    # Through JSON and back: what cannot be stored must not get this far.
    plain: dict[str, Any] = json.loads(json.dumps(data, ensure_ascii=False, default=str))
    return plain


def footer(record: Record) -> str:
    """Return what stands at the foot of every page."""
    house = record.house
    if record.is_firm:
        return _("%(firm)s, for the firm only. Confidential.") % {"firm": house.name}
    told = {"firm": house.name, "client": record.engagement.client.name}
    return house.footer or _("%(firm)s for %(client)s. Confidential.") % told


def period(record: Record) -> str:
    """Return up to which day this tells."""
    return _("to %(day)s") % {"day": today(record)}


def today(record: Record) -> str:
    """Return the day it is written, with its year."""
    return f"{day(record.today, record.today)} {record.today.year}"


def about(record: Record, kind: str, replaces: str) -> list[tuple[str, str]]:
    """Return what the foot of the cover says: period, people, what it replaces."""
    current = [member for member in record.people if member.ended_at is None]

    def named(side: Side, *roles: str) -> str:
        return ", ".join(
            member.user.display_name for member in current if member.side == side and member.role in roles
        )

    lines = [
        *(
            []
            if kind == STATUS
            else [(_("Engagement"), f"{record.engagement.name}, {record.engagement.code}")]
        ),
        (_("Period"), period(record)) if kind == STATUS else (_("As of"), today(record)),
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

"""Write the note of an agenda point: several people at once, and nothing that anybody writes is lost."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from questionnaires import merge, values
from questionnaires.access import Desk
from questionnaires.actions.act import Act
from questionnaires.actions.entries import NotPossible
from questionnaires.models import AgendaNote, AgendaPoint
from questionnaires.places import Base


@dataclass(frozen=True)
class Noted:
    """What became of a save: saved, merged, both (they overlapped and stand one below the other), same, replayed."""

    point: AgendaPoint
    outcome: str
    base: Base


@transaction.atomic
def note(
    *,
    desk: Desk,
    point: AgendaPoint,
    text: object,
    base: Base,
    key: uuid.UUID,
    at: datetime | None = None,
) -> Noted:
    """Store *text* as the note of a point, for an author whose text rests on *base*.

    A newer version is merged word by word. Where both wrote in the same place, both texts stay, one below the
    other, the later one under its author's name: notes are read by people, who see at once what to do with them.
    A *key* seen before changes nothing. Raises NotPossible and `values.BadValue`.
    """
    sent = values.clean_text(text) or ""
    point = AgendaPoint.objects.select_for_update(of=("self",)).select_related("meeting").get(pk=point.pk)
    if point.meeting.state != "running":
        raise NotPossible(_("Notes are taken while the meeting goes on. Your text is below to copy."))
    known = AgendaNote.objects.filter(point=point, key=key).first()
    if known is not None:
        return Noted(point, "replayed", Base(known.version, known.sent is not None))
    if sent == point.note:
        return Noted(point, "same", Base(point.note_version))
    stored, outcome = _together(desk, point, sent, base)
    if stored == point.note:
        # All of it is there already; the author's text still rests on what it rested on.
        return Noted(point, "same", base)
    act = Act.begin(desk.membership, desk.questionnaire, at=at)
    point.note, point.note_version = stored, point.note_version + 1
    point.noted_by, point.noted_at = desk.membership.user, act.at
    point.save(update_fields=["note", "note_version", "noted_by", "noted_at"])
    AgendaNote.objects.create(
        point=point,
        version=point.note_version,
        text=stored,
        sent=sent if sent != stored else None,
        by=desk.membership.user,
        at=act.at,
        key=key,
        base=min(base.version, point.note_version - 1),
        event=act.number,
    )
    act.finish(
        "agenda.noted",
        firm_only=point.firm_only or point.meeting.firm_only,
        data={
            "meeting": point.meeting_id,
            "name": point.meeting.title,
            "point": point.pk,
            "version": point.note_version,
        },
    )
    return Noted(point, outcome, Base(point.note_version, sent != stored))


def _together(desk: Desk, point: AgendaPoint, sent: str, base: Base) -> tuple[str, str]:
    """Return what becomes of the note, and how."""
    if base.version >= point.note_version and not base.as_sent:
        return sent, "saved"
    merged = merge.merge(_base_text(desk, point, base), point.note, sent)
    if merged.clean:
        return merged.text, "saved" if merged.text == sent else "merged"
    words = _("%(name)s wrote at the same time:") % {"name": desk.membership.user.display_name}
    return f"{point.note.rstrip()}\n\n{words}\n{sent}", "both"


def _base_text(desk: Desk, point: AgendaPoint, base: Base) -> str:
    """Return the text that the author's rests on: a version, or their own text of it as they sent it."""
    if base.version == 0:
        return ""
    version = AgendaNote.objects.filter(point=point, version=base.version).first()
    if version is None:
        return ""
    if base.as_sent and version.by_id == desk.membership.user_id and version.sent is not None:
        return version.sent
    return version.text

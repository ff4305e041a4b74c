"""Who may do what with threads, unknowns, waiting, health, evidence and workbooks: lines of the access table."""

import io
import uuid
from typing import Any

from django.utils import timezone
from openpyxl import Workbook

from engagements.actions import threads
from engagements.policy import Permission as P
from questionnaires.access import Desk
from questionnaires.actions import importing, meetings
from questionnaires.places import subject_of
from questionnaires.workbook import FORMAT, INDEX

# Route, GET, POST, further words of `access_table.row`.
LINES: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("talk", P.SEE, P.COMMENT, {"body": {"text": "Words"}, "does": (302, 200)}),
    ("names", P.COMMENT, None, {}),
    ("thread-reply", None, P.COMMENT, {"body": {"text": "Words"}, "does": (302, 200)}),
    ("thread-settle", None, P.COMMENT, {"does": (302, 200)}),
    ("thread-reopen", None, P.COMMENT, {"does": (302, 200)}),
    ("thread-assign", P.COMMENT, P.COMMENT, {"does": (302, 200)}),
    # Only one's own.
    (
        "comment-edit",
        P.COMMENT,
        P.COMMENT,
        {"shows": "some answer, only to its owner", "does": "some answer, only to its owner"},
    ),
    ("comment-wordings", P.SEE, None, {}),
    ("unknowns", P.SEE, None, {}),
    ("check-by", P.ANSWER, P.ANSWER, {"does": 422}),
    ("assume", P.ANSWER, P.ANSWER, {"does": 422}),
    ("waiting", P.SEE, None, {}),
    ("nudge", None, P.ASSIGN, {"body": {"thing": "item:nothing"}, "does": "some answer"}),
    ("hand-over", P.ASSIGN, P.ASSIGN, {"does": 422}),
    ("holidays", P.SEE, P.MANAGE, {"does": 422}),
    ("health", P.SEE, None, {}),
    ("health-override", P.MANAGE, P.MANAGE, {"does": 422}),
    ("health-take-back", None, P.MANAGE, {}),
    ("evidence", P.SEE, None, {}),
    ("evidence-framework", P.SEE, None, {"key": "scored"}),
    ("evidence-export", P.EXPORT, None, {"key": "scored"}),
    ("evidence-mark", None, P.RECOMMEND, {"key": "scored", "code": "scored_code"}),
    ("meetings", P.SEE, None, {}),
    ("meeting-new", P.DECIDE, P.DECIDE, {"does": 422}),
    ("meeting", P.SEE, None, {}),
    ("meeting-edit", P.DECIDE, P.DECIDE, {"does": 422}),
    ("agenda-add", None, P.DECIDE, {"body": {"words": "Parking"}}),
    ("meeting-turn", None, P.DECIDE, {"what": "end"}),
    ("agenda-tick", None, P.ANSWER, {"body": {"done": "1"}, "does": (302, 200)}),
    ("agenda-note", None, P.ANSWER, {"body": {"value": "Words"}, "does": (302, 200)}),
    ("agenda-point", None, P.DECIDE, {"what": "up"}),
    ("register-csv", P.EXPORT, None, {"key": "register"}),
    ("workbook", P.EXPORT, P.ANSWER, {"does": 422}),
    ("workbook-file", P.EXPORT, None, {}),
    ("workbook-import", P.ANSWER, P.ANSWER, {"import_id": "workbook_id"}),
]


def furnish(of_manager: Desk, of_client: Desk, key: str) -> dict[str, Any]:
    """Put one of each into an engagement, and return what the parts of addresses stand for in it."""
    said = threads.open_thread(
        membership=of_manager.membership,
        subject=subject_of(of_manager.framework, key),
        text="Words.",
        key=uuid.uuid4(),
        firm_only=False,
    )
    meeting = meetings.plan(
        desk=of_manager,
        title="Working meeting",
        starts_at=timezone.now(),
        minutes=60,
        people=[of_manager.membership, of_client.membership],
    )
    point = meetings.add(desk=of_manager, meeting=meeting, words="What comes next")
    meetings.start(desk=of_manager, meeting=meeting)
    return {
        "meeting_id": meeting.pk,
        "point_id": point.pk,
        "thread_id": said.thread_id,
        "comment_id": said.pk,
        "item_id": 10**12,
        "scored": "MLTS",
        "scored_code": "MLTS-D1",
        "workbook_id": importing.keep(desk=of_client, name="filled-in.xlsx", upload=workbook(of_client)).pk,
    }


def workbook(desk: Desk) -> io.BytesIO:
    """Return a workbook of an engagement that brings nothing."""
    book = Workbook()
    index = book.create_sheet(INDEX)
    index.append([FORMAT, desk.engagement.pk, desk.engagement.code, desk.membership.side])
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out

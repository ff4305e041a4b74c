"""Frameworks as documents, and what people answered."""

from questionnaires.models.answer import Answer, Conflict, Revision
from questionnaires.models.attempt import Attempt, RunImport
from questionnaires.models.entry import Entry, Round, Row, SectionProgress
from questionnaires.models.evidence import EvidenceMark
from questionnaires.models.flag import Cause, Flag
from questionnaires.models.footing import Footing
from questionnaires.models.framework import Framework, FrameworkVersion, Questionnaire
from questionnaires.models.health import HealthLevel, HealthOverride, HealthSummary
from questionnaires.models.meeting import AgendaNote, AgendaPoint, Meeting
from questionnaires.models.nudge import Nudge
from questionnaires.models.recommendation import Decision, Reaction, Recommendation, RecommendationVersion
from questionnaires.models.request import Clash, ClashSide, Ranking, Request
from questionnaires.models.sign_off import SignOff, Waiver
from questionnaires.models.workbook import WorkbookImport

__all__ = [
    "AgendaNote",
    "AgendaPoint",
    "Answer",
    "Attempt",
    "Cause",
    "Clash",
    "ClashSide",
    "Conflict",
    "Decision",
    "Entry",
    "EvidenceMark",
    "Flag",
    "Footing",
    "Framework",
    "FrameworkVersion",
    "HealthLevel",
    "HealthOverride",
    "HealthSummary",
    "Meeting",
    "Nudge",
    "Questionnaire",
    "Ranking",
    "Reaction",
    "Recommendation",
    "RecommendationVersion",
    "Request",
    "Revision",
    "Round",
    "Row",
    "RunImport",
    "SectionProgress",
    "SignOff",
    "Waiver",
    "WorkbookImport",
]

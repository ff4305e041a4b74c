"""Frameworks as documents, and what people answered."""

from questionnaires.models.answer import Answer, Conflict, Revision
from questionnaires.models.entry import Entry, Round, Row, SectionProgress
from questionnaires.models.evidence import EvidenceMark
from questionnaires.models.flag import Cause, Flag
from questionnaires.models.framework import Framework, FrameworkVersion, Questionnaire
from questionnaires.models.health import HealthLevel, HealthOverride, HealthSummary
from questionnaires.models.meeting import AgendaNote, AgendaPoint, Meeting
from questionnaires.models.nudge import Nudge
from questionnaires.models.sign_off import SignOff, Waiver

__all__ = [
    "AgendaNote",
    "AgendaPoint",
    "Answer",
    "Cause",
    "Conflict",
    "Entry",
    "EvidenceMark",
    "Flag",
    "Framework",
    "FrameworkVersion",
    "HealthLevel",
    "HealthOverride",
    "HealthSummary",
    "Meeting",
    "Nudge",
    "Questionnaire",
    "Revision",
    "Round",
    "Row",
    "SectionProgress",
    "SignOff",
    "Waiver",
]

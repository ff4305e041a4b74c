"""Frameworks as documents, and what people answered."""

from questionnaires.models.answer import Answer, Conflict, Revision
from questionnaires.models.entry import Entry, Round, Row, SectionProgress
from questionnaires.models.flag import Cause, Flag
from questionnaires.models.framework import Framework, FrameworkVersion, Questionnaire
from questionnaires.models.sign_off import SignOff, Waiver

__all__ = [
    "Answer",
    "Cause",
    "Conflict",
    "Entry",
    "Flag",
    "Framework",
    "FrameworkVersion",
    "Questionnaire",
    "Revision",
    "Round",
    "Row",
    "SectionProgress",
    "SignOff",
    "Waiver",
]

"""Drawings from plain data: one source for pages and PDFs, each with a sentence and a table that say the same."""

from questionnaires.pictures.canvas import Picture
from questionnaires.pictures.course import burn_down, progress, unknowns
from questionnaires.pictures.dependencies import of_step, step_map
from questionnaires.pictures.matrix import RISKS, Risk, of_risks, open_risks, risk_matrix
from questionnaires.pictures.waiting_times import waiting_times

__all__ = [
    "RISKS",
    "Picture",
    "Risk",
    "burn_down",
    "of_risks",
    "of_step",
    "open_risks",
    "progress",
    "risk_matrix",
    "step_map",
    "unknowns",
    "waiting_times",
]

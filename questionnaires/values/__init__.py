"""Answers in one canonical form per type, so that equal answers are equal values.

As stored (JSON), an empty answer being null everywhere:

    long_text, text        "text", newlines as \\n
    single_choice, choice  "value"
    yes_no                 "yes", "no" or "unsure"
    multi_choice           ["value", ...] in the order of the options
    number                 "12.5": digits, one point, no group marks, no zeros at the end
    money                  "1200.00", or "1200.00/month"; the currency is the engagement's
    date                   "2026-11-23"
    person                 17, a membership's id (whether it exists is for the caller to check)
    file                   [3, 8], ids of files, or {"none": "why there is none"}

Tables are answered by rows and sign-offs by signatures; neither has a value here. Messages are marked for
translation and translated by whoever shows them: `gettext(error.template) % error.params`.
"""

from questionnaires.values.cleaning import Json, clean, clean_text
from questionnaires.values.meaning import for_condition, is_empty, money_parts, same, substance
from questionnaires.values.problems import BadValue
from questionnaires.values.wording import Lookup, as_text

__all__ = [
    "BadValue",
    "Json",
    "Lookup",
    "as_text",
    "clean",
    "clean_text",
    "for_condition",
    "is_empty",
    "money_parts",
    "same",
    "substance",
]

"""The questionnaire as a spreadsheet to fill in offline, and back.

A workbook has a sheet for each step with one line for each question, and a sheet for each table. What it needs to come
home stands in hidden columns and in one hidden sheet: the key of each place and the version its author sees. What comes
back is compared with exactly that version, so that a difference is what somebody changed and never what others did.
"""

from typing import Final

FORMAT: Final = "throughline-questionnaire/1"
INDEX: Final = "_throughline"
STEP_HEAD_ROWS: Final = 1
# A cell of a spreadsheet holds no more; a longer text stays online and is not read back.
MOST_IN_A_CELL: Final = 32_000

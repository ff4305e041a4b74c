"""Success criteria in words and as figures."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

# The figure may be written 60, 0.85, 1,200 or 85 %.
FIGURE = r"(?P<figure>-?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?)\s*(?:%|percent)?"
AT_LEAST = re.compile(
    rf"(?:\bat least|\bno less than|\bminimum(?: of)?|\bmore than|\babove|≥|>=?)\s*{FIGURE}", re.I
)
AT_MOST = re.compile(rf"(?:\bat most|\bno more than|\bmaximum(?: of)?|\bless than|\bbelow|\bunder|≤|<=?)\s*{FIGURE}", re.I)  # fmt: skip


def read(words: str) -> tuple[Decimal, bool] | None:
    """Return (threshold, whether higher is better) from words such as "At least 60"; None where they name no figure.

    "No less than" and "no more than" are tried before their parts.
    """
    least, most = AT_LEAST.search(words), AT_MOST.search(words)
    if least and most:
        # "no less than" holds "less than", and "no more than" holds "more than": the longer reading begins earlier.
        least, most = (least, None) if least.start() <= most.start() else (None, most)
    found = least or most
    if found is None:
        return None
    return Decimal(found["figure"].replace(",", "")), least is not None


def for_measure(measure: str, agreed: Iterable[Mapping[str, Any]]) -> Decimal | None:
    """Return the agreed threshold for a measure, from rows with "measure" and "threshold"; None without one."""
    wanted = _plain(measure)
    for row in agreed:
        if row.get("threshold") and wanted and _plain(str(row.get("measure") or "")) == wanted:
            return Decimal(str(row["threshold"]))
    return None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", text.casefold()))

"""Server-sent events as bytes."""

import json
from typing import Any


def message(name: str, data: Any = None, *, number: int | None = None) -> bytes:
    """Return one event; *number* is what a browser says it has seen when it comes back."""
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def resync(number: int) -> bytes:
    """Ask a page to fetch itself again: too much happened, or it cannot be told in parts."""
    return message("resync", number=number)


def beat(number: int) -> bytes:
    """Say that the stream lives, and how far it is."""
    return message("beat", number=number)


def bye(wait: float) -> bytes:
    """Ask a page to come back after *wait* seconds."""
    return message("bye", {"wait": round(wait, 1)})


REVOKED = message("revoked")

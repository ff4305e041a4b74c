"""Log lines as JSON, with the request's id and never an answer's text."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

# In these addresses the last part is a key; it never reaches a log.
KEYS_IN_PATHS = re.compile(r"(/invitations/|/password/reset/key/|/mail/stop/|/shared/)[^/\s\"]+")

request_id: ContextVar[str] = ContextVar("request_id", default="")


class JsonLines(logging.Formatter):
    """Format a record as one JSON object on one line, time in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; an exception's type and place are kept, its message is not.

        Messages of database errors quote the values of a row, and those are the client's.
        """
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            line["request"] = request_id.get()
        if isinstance(fields := getattr(record, "fields", None), dict):
            line.update(fields)
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["place"] = _place(record)
        return KEYS_IN_PATHS.sub(r"\1…", json.dumps(line, ensure_ascii=False, default=str))


def _place(record: logging.LogRecord) -> list[str]:
    places = []
    trace = record.exc_info[2] if record.exc_info else None
    while trace:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]

"""Count the statements of a request; only the servers that are measured have this."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse

HEADER = "X-Statements"
CONTROL = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


class Counter:
    """How many statements were sent, without those that only begin or end a transaction."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Count one statement and run it."""
        self.count += not str(sql).startswith(CONTROL)
        return execute(sql, params, many, context)


def statements(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Say with every answer how many statements it took."""

    def middleware(request: HttpRequest) -> HttpResponse:
        counter = Counter()
        with connection.execute_wrapper(counter):
            response = get_response(request)
        response.headers[HEADER] = str(counter.count)
        return response

    return middleware

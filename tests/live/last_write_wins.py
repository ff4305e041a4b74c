"""The product without its merge: whoever saves last wins. It exists to lose words, so that the test finding none is worth something."""

from typing import Any

from config.asgi import application
from questionnaires.actions import answers


def _last_write_wins(desk: Any, place: Any, answer: Any, value: Any, base: Any) -> Any:
    return answers._Reconciled(value)


answers._reconcile = _last_write_wins

__all__ = ["application"]

"""Whether the process lives, whether it can work, and refusals that belong to no app."""

import time

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from config.middleware import refusal

# The worker's beat writes a sign of life every 10 s; three missed ones are too many.
WORKER_SILENT_AFTER = 35
WORKER_SIGN = "throughline:worker-alive"


@login_not_required
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Say whether the database, the broker and a worker can be reached; 503 when one cannot."""
    checks = {"database": _database(), "broker": False, "worker": False}
    try:
        broker = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
        seen = broker.get(WORKER_SIGN)
        checks["broker"] = True
        checks["worker"] = seen is not None and time.time() - float(seen) < WORKER_SILENT_AFTER
        broker.close()
    except (redis.RedisError, ValueError):
        pass
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Explain a refused form: usually the page is older than the last sign-in."""
    return refusal(
        request,
        403,
        _(
            "This page was opened before you last signed in, so we could not tell that it was you. Reload it and try again; what you typed is kept on this device."
        ),
    )

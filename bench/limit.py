"""The limit of a save: session, person, CSRF, a locked row, its history and one rendered fragment, and nothing else."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.limit_settings")

from django.core.asgi import get_asgi_application
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.urls import path

FRAGMENT = Engine().from_string(
    '<article id="value-{{ value.pk }}"><p>{{ value.text }}</p>'
    "<p>Version {{ value.version }}, saved by {{ user.display_name }} at {{ value.changed_at }}</p></article>"
)


def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Save one value and answer with it."""
    from bench.models import Past, Value

    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    with transaction.atomic():
        value = Value.objects.select_for_update().get(pk=pk)
        value.text = request.POST["value"]
        value.version += 1
        value.save()
        Past.objects.create(value=value, version=value.version, text=value.text, by=request.user)
    return HttpResponse(FRAGMENT.render(Context({"value": value, "user": request.user})))


def alive(request: HttpRequest) -> HttpResponse:
    """Say that the server is there."""
    return HttpResponse("yes")


urlpatterns = [path("values/<int:pk>/", save), path("healthz/live", alive)]
application = get_asgi_application()

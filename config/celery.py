"""The worker's application. Rows hold the truth; the broker only rings (see docs/architecture.md)."""

import os

from celery import Celery
from celery.signals import worker_process_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("throughline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A name instead of the class: the lookout knows the apps, which are not loaded yet.
app.steps["worker"].add("config.lookout:Lookout")


def _end_rendering(**_about: object) -> None:
    from reports.render import process

    process.end()


worker_process_shutdown.connect(_end_rendering)

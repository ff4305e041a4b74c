"""The worker is killed at random moments while it makes a report: it is finished soon after the restart, with one file."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from reports.actions import writing
from reports.models import PARTS, Report
from tests.questionnaires.saves import save
from tests.server import ROOT, test_database

pytestmark = [pytest.mark.heavy, pytest.mark.django_db(transaction=True)]

MOMENTS = 10
SOON = 30.0  # s


class Worker:
    """A Celery worker with its pool and its rendering children, as one group that dies together."""

    def __init__(self):
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "--quiet", "--app", "config.celery:app", "worker"),
                *("--concurrency", "1", "--loglevel", "ERROR", "--without-gossip", "--without-mingle"),
            ],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": test_database()},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self):
        """End it as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def group(self):
        """Return the processes of its group that still live."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                fields = place.joinpath("stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == self.process.pid and fields[0] != "Z":
                found.append(int(place.name))
        return found


def until(holds, otherwise, seconds):
    """Wait until something holds, looking often; return how long it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, otherwise
        time.sleep(0.02)
    return time.monotonic() - began


def is_ready(report):
    report.refresh_from_db()
    return report.state == Report.State.DONE and not report.storage_name.startswith(PARTS)


def files():
    return set(default_storage.listdir("reports")[1]) if default_storage.exists("reports") else set()


def test_a_report_is_finished_soon_after_its_worker_was_killed(
    engagement, project_manager, desk, sponsor, client_for
):
    # A seed that is told, so that a failure can be had again.
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    print(f"seed {seed}")
    helen = client_for(sponsor)
    before = files()
    workers, written = [], []
    for number in range(MOMENTS):
        save(helen, engagement, "background", f"Version {number}.", base=number, settle="1")
        worker = Worker()
        workers.append(worker)
        report, is_new = writing.write_report(
            desk=desk(project_manager), kind="status-report", edition="client"
        )
        assert is_new
        written.append(report)
        # From before it was claimed to after it was stored.
        if number % 2:
            until(lambda one=report: one.state != "queued" or one.refresh_from_db(), "nobody began", 40)
            time.sleep(moments.uniform(0, 2.5))
        else:
            time.sleep(moments.uniform(0, 6))
        worker.kill()

        again = Worker()
        workers.append(again)
        took = until(lambda one=report: is_ready(one), f"not finished, seed {seed}", SOON + 10)
        again.kill()

        assert took <= SOON, seed
        assert (report.error, report.degraded) == ("", [])
        assert 1 <= report.attempts <= 3
    names = {Path(one.storage_name).name for one in written}
    assert len(names) == MOMENTS
    left_over = files() - before - names
    assert left_over == set()
    assert not [pid for worker in workers for pid in worker.group()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reports_report WHERE state IN ('queued', 'running')")
        assert cursor.fetchone() == (0,)

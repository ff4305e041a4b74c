"""Keep rendering children warm, hand them documents, and end those that take too long or grew too large."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings

# A child that has set this many documents, or holds this much memory, is replaced: what its libraries gathered goes
# with it.
JOBS_PER_CHILD = 200
RESIDENT = 600 * 1024**2
# Children that stay warm in one worker process; more are started for parts and end with them.
KEPT = 1
START = 60.0
ANSWER_LIMIT = 1_000_000
SCRATCH = "throughline-rendering-"
Job = dict[str, Any]
Step = Callable[[int, dict[str, Any]], None]


class RenderFailed(Exception):
    """The document could not be set. `reason` is time, memory, nesting, disk, layout or gone."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = detail


class Stopped(Exception):
    """Somebody asked for the rendering to stop."""


class Child:
    """One process that sets documents, one after another."""

    def __init__(self) -> None:
        # It unpacks fonts and is killed when it is not needed any more, so somebody else has to tidy up.
        self.scratch = Path(tempfile.mkdtemp(prefix=SCRATCH))
        environment = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "HOME", "XDG_CACHE_HOME")
            if name in os.environ
        } | {"TMPDIR": os.fspath(self.scratch)}
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "reports.render.child", str(assets())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=settings.ROOT,
            env=environment,
            bufsize=0,
        )
        # Popen's own attributes may be None for pipes nobody asked for.
        self.told = cast(IO[bytes], self.process.stdin)
        self.heard = cast(IO[bytes], self.process.stdout)
        self.is_ready = False
        self.jobs = 0
        self.job = -1
        self.pending = b""

    def begin(self, number: int, job: Job) -> None:
        """Hand it a job; it may still be starting."""
        self.jobs += 1
        self.job = number
        try:
            self.told.write(json.dumps(job).encode() + b"\n")
        except OSError as error:
            raise RenderFailed("gone") from error

    def read(self) -> list[dict[str, Any]]:
        """Return the messages that have come; raises RenderFailed when the process has ended."""
        chunk = os.read(self.heard.fileno(), 65536)
        if not chunk:
            # The system ends a process that used its CPU seconds; a crash looks the same from here.
            code = self.process.wait()
            raise RenderFailed("time" if code == -24 else "gone", str(code))
        *lines, self.pending = (self.pending + chunk).split(b"\n")
        if len(self.pending) > ANSWER_LIMIT:
            raise RenderFailed("gone", "too long an answer")
        return [json.loads(line) for line in lines]

    def is_worn(self) -> bool:
        """Say whether it is to be replaced: it ended, set many documents, or holds much memory."""
        return self.process.poll() is not None or self.jobs >= JOBS_PER_CHILD or self.resident() > RESIDENT

    def resident(self) -> int:
        """Return the bytes of memory that it holds, 0 where the system does not say."""
        try:
            pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE")

    def end(self) -> None:
        """End the process; it holds nothing that matters."""
        self.process.kill()
        self.process.wait()
        self.heard.close()
        with contextlib.suppress(BrokenPipeError):
            self.told.close()
        shutil.rmtree(self.scratch, ignore_errors=True)


_idle: list[Child] = []


def set_document(
    job: Job, *, seconds: float, step: Callable[[dict[str, Any]], None] | None = None
) -> dict[str, Any]:
    """Set one document in the warm child, starting one where there is none. A failed child is never used again."""
    return set_documents(
        [job], seconds=seconds, step=(lambda _number, message: step(message)) if step else None
    )[0]


def set_documents(
    jobs: Sequence[Job], *, seconds: float, step: Step | None = None, at_once: int = 1
) -> list[dict[str, Any]]:
    """Set documents, *at_once* of them side by side, within *seconds* of wall time; return their answers in order.

    *step* hears (job, message) of how far each is, and {} twice a second, and may raise Stopped. When one cannot be
    set the others end. Raises RenderFailed.
    """
    busy = [_take() for _child in range(min(at_once, len(jobs)))]
    done: dict[int, dict[str, Any]] = {}
    waiting = list(range(len(jobs)))
    # What it takes to start is not the document's.
    starting = sum(not child.is_ready for child in busy)
    until = time.monotonic() + (START if starting else seconds)
    try:
        with selectors.DefaultSelector() as selector:
            for child in busy:
                selector.register(child.heard, selectors.EVENT_READ, child)
                number = waiting.pop(0)
                child.begin(number, jobs[number])
            while len(done) < len(jobs):
                if time.monotonic() > until:
                    raise RenderFailed("time")
                ready = selector.select(timeout=0.5)
                if not ready and step:
                    step(-1, {})
                for key, _mask in ready:
                    child = key.data
                    for message in child.read():
                        if "ready" in message:
                            child.is_ready = True
                            starting -= 1
                            if not starting:
                                until = time.monotonic() + seconds
                        elif "failed" in message:
                            raise RenderFailed(message["failed"], message.get("detail", ""))
                        elif "done" in message:
                            done[child.job] = message["done"]
                            if waiting:
                                child.begin(waiting[0], jobs[waiting.pop(0)])
                        elif step:
                            step(child.job, message)
    except RenderFailed as error:
        # One that only refused a document is as good as before, when nobody else was at work.
        if len(busy) == 1 and error.reason in ("nesting", "layout", "disk"):
            _give_back(busy[0])
        else:
            _end_all(busy)
        raise
    except BaseException:
        _end_all(busy)
        raise
    for child in busy:
        _give_back(child)
    return [done[number] for number in range(len(jobs))]


def _take() -> Child:
    while _idle:
        child = _idle.pop()
        if not child.is_worn():
            return child
        child.end()
    return Child()


def _give_back(child: Child) -> None:
    if len(_idle) < KEPT and not child.is_worn():
        _idle.append(child)
    else:
        child.end()


def _end_all(children: Sequence[Child]) -> None:
    for child in children:
        child.end()


def child_id() -> int:
    """Return the number of the warm child's process, 0 when there is none."""
    return _idle[-1].process.pid if _idle else 0


def end() -> None:
    """End the warm children."""
    while _idle:
        _idle.pop().end()


def assets() -> Path:
    """Return the folder that holds ``css`` and ``fonts``."""
    return Path(settings.ROOT) / "static"

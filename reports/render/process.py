"""Keep one rendering child warm, hand it documents, and end it when it takes too long."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

from django.conf import settings

# A child that has set this many documents is replaced: what its libraries gathered goes with it.
JOBS_PER_CHILD = 200
START = 60.0
ANSWER_LIMIT = 1_000_000


class RenderFailed(Exception):
    """The document could not be set. `reason` is time, memory, nesting, disk, layout or gone."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = detail


class Stopped(Exception):
    """Somebody asked for the rendering to stop."""


class Child:
    """One process that sets documents."""

    def __init__(self) -> None:
        environment = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "HOME", "XDG_CACHE_HOME")
            if name in os.environ
        }
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
        self.jobs = 0
        self.pending = b""
        self.wait(time.monotonic() + START, {"ready"}, None)

    def set_document(
        self, job: dict[str, Any], *, seconds: float, step: Callable[[dict[str, Any]], None] | None
    ) -> dict[str, Any]:
        """Set one document within *seconds* of wall time; *step* hears how far it is and may raise Stopped."""
        self.jobs += 1
        try:
            self.told.write(json.dumps(job).encode() + b"\n")
        except OSError as error:
            raise RenderFailed("gone") from error
        answer = self.wait(time.monotonic() + seconds, {"done", "failed"}, step)
        if "failed" in answer:
            raise RenderFailed(answer["failed"], answer.get("detail", ""))
        done: dict[str, Any] = answer["done"]
        return done

    def wait(
        self, until: float, wanted: set[str], step: Callable[[dict[str, Any]], None] | None
    ) -> dict[str, Any]:
        """Read messages until one of *wanted*; ends the process when time is over."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.heard, selectors.EVENT_READ)
            while True:
                while b"\n" in self.pending:
                    line, self.pending = self.pending.split(b"\n", 1)
                    message: dict[str, Any] = json.loads(line)
                    if wanted & message.keys():
                        return message
                    if step:
                        step(message)
                if time.monotonic() > until:
                    raise RenderFailed("time")
                if not selector.select(timeout=0.5):
                    if step:
                        step({})
                    continue
                chunk = os.read(self.heard.fileno(), 65536)
                if not chunk:
                    # The system ends a process that used its CPU seconds; a crash looks the same from here.
                    code = self.process.wait()
                    raise RenderFailed("time" if code == -24 else "gone", str(code))
                self.pending += chunk
                if len(self.pending) > ANSWER_LIMIT:
                    raise RenderFailed("gone", "too long an answer")

    def end(self) -> None:
        """End the process; it holds nothing that matters."""
        self.process.kill()
        self.process.wait()
        self.heard.close()
        with contextlib.suppress(BrokenPipeError):
            self.told.close()


_child: Child | None = None


def set_document(
    job: dict[str, Any], *, seconds: float, step: Callable[[dict[str, Any]], None] | None = None
) -> dict[str, Any]:
    """Set one document in the warm child, starting one where there is none. A failed child is never used again."""
    global _child
    if _child is not None and (_child.jobs >= JOBS_PER_CHILD or _child.process.poll() is not None):
        end()
    if _child is None:
        _child = Child()
    try:
        return _child.set_document(job, seconds=seconds, step=step)
    except RenderFailed as error:
        if error.reason in ("time", "gone", "memory"):
            end()
        raise
    except BaseException:
        end()
        raise


def end() -> None:
    """End the warm child, if there is one."""
    global _child
    if _child is not None:
        child, _child = _child, None
        child.end()


def assets() -> Path:
    """Return the folder that holds ``css`` and ``fonts``."""
    return Path(settings.ROOT) / "static"

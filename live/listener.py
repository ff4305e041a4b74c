"""One open stream: what waits to be sent to it."""

import asyncio
from collections import deque

from live.source import Ticket

# A reader that lets this much pile up is dropped; coming back it is brought up to date at once.
MAX_WAITING = 256
MAX_BYTES = 2 * 1024 * 1024


class TooSlow(Exception):
    """The reader did not keep up."""


class Listener:
    """A page that listens. Lives in the hub's event loop."""

    __slots__ = (
        "__weakref__",
        "_bytes",
        "_faces",
        "_waiting",
        "_wake",
        "beat_at",
        "is_current",
        "is_open",
        "number",
        "on_overflow",
        "ticket",
    )

    def __init__(self, ticket: Ticket, *, beat_at: int = 0) -> None:
        self.ticket = ticket
        self.number = ticket.after or 0
        self.beat_at = beat_at
        # Whether its right and its number have been looked at since it came.
        self.is_current = False
        self.is_open = True
        self.on_overflow: asyncio.Task[None] | None = None
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._faces: bytes | None = None
        self._wake: asyncio.Future[None] | None = None

    def put(self, message: bytes | None) -> None:
        """Queue a message; nothing is nothing to say. Ends the stream when its reader is too slow."""
        if message is None or not self.is_open:
            return
        self._waiting.append(message)
        self._bytes += len(message)
        if len(self._waiting) > MAX_WAITING or self._bytes > MAX_BYTES:
            self.is_open = False
            self._waiting.clear()
            if self.on_overflow is not None:
                # It hangs in a write that may never end.
                self.on_overflow.cancel()
        self._woken()

    def put_faces(self, message: bytes | None) -> None:
        """Queue who is here, unless that is what the page was told last."""
        if message is not None and message != self._faces:
            self._faces = message
            self.put(message)

    def end(self, message: bytes) -> None:
        """Queue a last message."""
        self.put(message)
        self.is_open = False
        self._woken()

    def drop(self) -> None:
        """End without a word: the page is gone."""
        self._waiting.clear()
        self.is_open = False
        self._woken()

    async def next(self) -> bytes | None:
        """Wait for what is to be sent next, all that has gathered at once; None when the stream has ended."""
        while not self._waiting:
            if not self.is_open:
                return None
            self._wake = asyncio.get_running_loop().create_future()
            try:
                await self._wake
            finally:
                self._wake = None
        chunk = self._waiting.popleft() if len(self._waiting) == 1 else b"".join(self._waiting)
        self._waiting.clear()
        self._bytes = 0
        return chunk

    def _woken(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

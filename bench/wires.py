"""Many people at once, from one process: connections that ask, and connections that listen."""

import asyncio
import re
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.browser import IDLE, headers_of

NUMBER = re.compile(rb"(?:^|\n)id: (\d+)\n")


@dataclass(frozen=True)
class Reply:
    """What came back over a wire, and how long it took in seconds."""

    status: int
    headers: dict[str, str]
    seconds: float


class Wire:
    """One connection of somebody signed in, kept open."""

    def __init__(self, port: int, cookies: str) -> None:
        self.port, self.cookies = port, cookies
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._used = 0.0

    async def save(self, engagement: int, key: str, value: str, base: str) -> Reply:
        """Save one answer."""
        body = urlencode({"value": value, "base": base, "key": str(uuid.uuid4())})
        return await self.ask("POST", f"/engagements/{engagement}/items/{key}/answer/", body)

    async def ask(self, method: str, path: str, body: str = "") -> Reply:
        """Send one request and read its answer."""
        began = time.perf_counter()
        if self._streams is None or began - self._used > IDLE:
            self.close()
            self._streams = await asyncio.open_connection("127.0.0.1", self.port, limit=2**24)
        reader, writer = self._streams
        writer.write(request(method, path, self.port, self.cookies, body))
        head = await reader.readuntil(b"\r\n\r\n")
        status, headers = parse_head(head)
        if "content-length" in headers:
            await reader.readexactly(int(headers["content-length"]))
        else:
            while (size := int(await reader.readuntil(b"\r\n"), 16)) or await reader.readexactly(2) is None:
                await reader.readexactly(size + 2)
        self._used = time.perf_counter()
        return Reply(status, headers, self._used - began)

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()


class Ear(asyncio.Protocol):
    """An open stream: how far it has been told, and when."""

    def __init__(self, asked: bytes) -> None:
        self._asked = asked
        self._tail = b""
        self._transport: asyncio.BaseTransport | None = None
        self.is_open = asyncio.get_running_loop().create_future()
        self.number = 0
        self.bytes = 0
        self.at: dict[int, float] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self._transport = transport
        transport.write(self._asked)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Take note of every event's number and of when it came."""
        now = time.perf_counter()
        self.bytes += len(data)
        if not self.is_open.done():
            self.is_open.set_result(data[9:12])
        text = self._tail + data
        for found in NUMBER.finditer(text):
            self.number = int(found[1])
            self.at.setdefault(self.number, now)
        self._tail = text[-40:].rpartition(b"\n")[2]

    def connection_lost(self, error: Exception | None) -> None:
        """Note that the stream has ended."""
        if not self.is_open.done():
            self.is_open.set_result(b"")

    def close(self) -> None:
        """Close as a browser does."""
        if self._transport is not None:
            self._transport.close()


async def listen(port: int, path: str, cookies: str) -> Ear:
    """Open a stream."""
    loop = asyncio.get_running_loop()
    _transport, ear = await loop.create_connection(
        lambda: Ear(request("GET", path, port, cookies)), "127.0.0.1", port
    )
    if (status := await asyncio.wait_for(ear.is_open, 60)) != b"200":
        raise RuntimeError(f"the stream was answered with {status!r}")
    return ear


def request(method: str, path: str, port: int, cookies: str, body: str = "") -> bytes:
    """Return a request as bytes."""
    headers = {
        "Host": f"127.0.0.1:{port}",
        **({"Cookie": cookies} if method == "GET" else headers_of(cookies)),
    }
    if body:
        headers["Content-Length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Return status and headers of an answer."""
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in lines if line)
    return int(first.split()[1]), {name.lower(): value for name, value in pairs}

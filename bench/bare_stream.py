"""The limit of delivery: `python -m bench.bare_stream PORT`, asyncio and nothing else.

A connection that asks for /stream stays open; one that asks for /tell?NUMBER&SIZE makes every open one be sent an
event of that number and of so many bytes.
"""

import asyncio
import re
import sys

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n:\n\n"
DONE = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

listeners: set[asyncio.StreamWriter] = set()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if tell := re.match(rb"GET /tell\?(\d+)&(\d+) ", head):
                message = b"id: %s\nevent: fragments\ndata: " % tell[1]
                message += b"x" * max(0, int(tell[2]) - len(message)) + b"\n\n"
                for listener in listeners:
                    listener.write(message)
                writer.write(DONE)
            elif head.startswith(b"GET /stream "):
                writer.write(HEAD)
                listeners.add(writer)
            else:
                writer.write(DONE)
    except (asyncio.IncompleteReadError, ConnectionError):
        listeners.discard(writer)


async def main(port: int) -> None:
    """Serve until it is ended."""
    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=2000)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

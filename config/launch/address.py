"""Where the web process listens."""

import errno
import socket

from config.launch.errors import CannotStart


def port_number(text: str) -> int:
    """Read a port; raises CannotStart when it is none."""
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotStart(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def check_port(host: str, port: int) -> None:
    """Raise CannotStart when the port cannot be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise CannotStart(f"HOST={host} is not an address of this machine.") from error
    with socket.socket(family, kind, protocol) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CannotStart(
                    f"Port {port} is in use by another program. Choose another: make up PORT={port + 10 if port < 32000 else 8000}"
                ) from error
            raise CannotStart(f"Port {port} on {host} cannot be used: {error.strerror}.") from error

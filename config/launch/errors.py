"""What the launcher says when it cannot go on."""


class CannotStart(Exception):
    """A start that cannot succeed; the message is one clear sentence or two for the person at the terminal."""


class Stopping(BaseException):
    """Somebody asked the launcher to stop (Ctrl-C, `make down`, a closing terminal)."""

"""A mail server on loopback that takes mail, or refuses it the way a test asks."""

import socket
import threading


class Postbox(threading.Thread):
    """Speaks just enough SMTP for one conversation after another.

    *answers* maps a command ("RCPT", "DATA", "EHLO") to the line it is answered with instead of the usual one.
    """

    def __init__(self, port, **answers):
        super().__init__(name=f"postbox-{port}", daemon=True)
        self.answers = answers
        self.messages = []
        self.talks = 0
        self.listening = socket.create_server(("127.0.0.1", port))

    def run(self):
        while True:
            try:
                talk, _address = self.listening.accept()
            except OSError:
                return
            with talk, talk.makefile("rwb") as lines:
                self.talks += 1
                self.converse(lines)

    def converse(self, lines):
        def say(line):
            lines.write(line.encode() + b"\r\n")
            lines.flush()

        say("220 here")
        while line := lines.readline():
            command = line.decode().split(" ")[0].strip().upper()
            if command in self.answers:
                say(self.answers[command])
            elif command == "DATA":
                say("354 go on")
                told = b""
                while (part := lines.readline()) != b".\r\n":
                    told += part
                self.messages.append(told.decode())
                say("250 taken")
            elif command == "QUIT":
                say("221 bye")
                return
            else:
                say("250 fine")

    def close(self):
        """Stop listening."""
        if self.is_alive():
            # Closing alone leaves the accepting thread where it is.
            self.listening.shutdown(socket.SHUT_RDWR)
            self.join(5)
        self.listening.close()

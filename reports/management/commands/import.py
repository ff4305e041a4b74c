"""Rebuild an engagement from a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from reports import exchange


class Command(BaseCommand):
    """`import FILE`."""

    help = (
        "Rebuild an engagement from a file that `export` wrote. People who are new come without a password."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Bring everything in or nothing, and hold it against itself before it counts."""
        try:
            with transaction.atomic():
                engagement = exchange.read(options["file"])
                call_command("fsck", engagement.code, stdout=self.stdout)
        except exchange.BadRecord as error:
            raise CommandError(f"{error} Nothing was stored.") from error
        self.stdout.write(f"{engagement.code} is here: {engagement.name}.")

"""Prove that what is stored agrees with itself."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

import engagements.integrity
import questionnaires.integrity
import reports.integrity
from engagements.models import Engagement


class Command(BaseCommand):
    """`fsck [CODE] [--files]`."""

    help = "Check that answers equal their last revisions, events have no gap, counters are right, files are there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take an engagement's code and whether to read files."""
        parser.add_argument("code", nargs="?")
        parser.add_argument("--files", action="store_true", help="also read every file and compare its hash")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every problem; fail when there is one."""
        engagement = None
        if options["code"]:
            engagement = Engagement.objects.filter(code__iexact=options["code"]).first()
            if engagement is None:
                raise CommandError(f"There is no engagement with the code {options['code']}.")
        found = [
            *engagements.integrity.problems(engagement, files=options["files"]),
            *questionnaires.integrity.problems(engagement),
            *reports.integrity.problems(engagement, files=options["files"]),
        ]
        for problem in found:
            self.stdout.write(problem)
        if found:
            raise CommandError(f"{len(found)} problems.")
        self.stdout.write("Everything agrees.")

"""Write an engagement's whole record to a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from engagements.models import Engagement
from reports import exchange


class Command(BaseCommand):
    """`export CODE -o FILE`."""

    help = (
        "Write an engagement, internal parts and files included, to one zip; `import` rebuilds it elsewhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the engagement's code and the file."""
        parser.add_argument("engagement", help="the engagement's code, such as NBH-01")
        parser.add_argument("-o", "--output", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it beside the target and put it in place when it is whole."""
        engagement = (
            Engagement.objects.select_related("client")
            .filter(code__iexact=options["engagement"])
            .exclude(status=Engagement.Status.PURGED)
            .first()
        )
        if engagement is None:
            raise CommandError(f"There is no engagement with the code {options['engagement']}.")
        output: Path = options["output"]
        unfinished = output.with_name(f"{output.name}.part")
        try:
            with unfinished.open("wb") as stream:
                exchange.write(engagement, stream)
            unfinished.replace(output)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error
        finally:
            unfinished.unlink(missing_ok=True)
        self.stdout.write(
            f"{engagement.code} is in {output}. It holds everything, also what the client never sees."
        )

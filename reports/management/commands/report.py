"""Write a deliverable as PDF, without a worker."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Side
from engagements.models import Engagement
from questionnaires.access import Viewpoint
from questionnaires.models import Questionnaire
from reports.content import deliverables
from reports.content.difference import event_of
from reports.content.record import record_of
from reports.render import process
from reports.render.document import Frame
from reports.render.work import CannotSet, render


class Command(BaseCommand):
    """`report CODE KIND [--side firm|client] -o FILE`."""

    help = "Write a deliverable of an engagement as PDF. It is not kept in the product."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the engagement's code, the deliverable, the side and the file."""
        parser.add_argument("engagement", help="the engagement's code, such as NBH-01")
        parser.add_argument("kind", help="the deliverable's key, such as status-report")
        parser.add_argument("--side", choices=Side.values, default=Side.CLIENT)
        parser.add_argument(
            "--since",
            type=date.fromisoformat,
            help="the day since which a status report tells the difference",
        )
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default="")
        parser.add_argument("-o", "--output", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Render and say how many pages it has."""
        questionnaire = (
            Questionnaire.objects.select_related("engagement__client")
            .filter(engagement__code__iexact=options["engagement"])
            .exclude(engagement__status=Engagement.Status.PURGED)
            .first()
        )
        if questionnaire is None:
            raise CommandError(f"There is no engagement with the code {options['engagement']}.")
        record = record_of(Viewpoint(questionnaire, Side(options["side"])))
        try:
            data = deliverables.snapshot(
                record,
                options["kind"],
                number=0,
                since=event_of(record, options["since"]) if options["since"] else 0,
                language=options["language"],
            )
        except deliverables.NoSuchDeliverable as error:
            known = ", ".join(deliverables.titles(questionnaire.framework))
            raise CommandError(f"There is no deliverable {error}. There are: {known}.") from error
        frame = Frame("", settings.BASE_URL, settings.BASE_URL)
        try:
            done = render(data, frame, options["output"].resolve())
        except (CannotSet, OSError) as error:
            raise CommandError(str(error)) from error
        finally:
            process.end()
        self.stdout.write(f"{options['output']}: {done.pages} pages, {done.size // 1024} KB")

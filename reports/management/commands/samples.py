"""Write every deliverable of an engagement into a folder, as it would be handed to the client."""

from argparse import ArgumentParser
from datetime import date, datetime, time
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
    """`samples CODE FOLDER [--side firm|client] [--language LANGUAGE]`."""

    help = "Write every deliverable of an engagement as PDF into a folder. Nothing is kept in the product."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the engagement's code and the folder."""
        parser.add_argument("engagement", help="the engagement's code, such as NBH-01")
        parser.add_argument("folder", type=Path, help="where they are written; what is there is replaced")
        parser.add_argument("--side", choices=Side.values, default=Side.CLIENT)
        parser.add_argument(
            "--since",
            type=date.fromisoformat,
            help="the day since which a status report tells the difference",
        )
        parser.add_argument("--today", type=date.fromisoformat, help="the day they are written on, at noon")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Render one after the other and say how long each is."""
        questionnaire = (
            Questionnaire.objects.select_related("engagement__client")
            .filter(engagement__code__iexact=options["engagement"])
            .exclude(engagement__status=Engagement.Status.PURGED)
            .first()
        )
        if questionnaire is None:
            raise CommandError(f"There is no engagement with the code {options['engagement']}.")
        folder: Path = options["folder"].resolve()
        folder.mkdir(parents=True, exist_ok=True)
        zone = questionnaire.engagement.zone
        at = datetime.combine(options["today"], time(12), zone) if options["today"] else None
        record = record_of(Viewpoint(questionnaire, Side(options["side"])), at)
        since = event_of(record, options["since"]) if options["since"] else 0
        frame = Frame("", settings.BASE_URL, settings.BASE_URL)
        try:
            for kind in deliverables.titles(questionnaire.framework):
                data = deliverables.snapshot(
                    record, kind, number=0, since=since, language=options["language"]
                )
                done = render(data, frame, folder / f"{kind}.pdf")
                self.stdout.write(f"{kind}.pdf: {done.pages} pages, {done.size // 1024} KB")
        except (CannotSet, OSError) as error:
            raise CommandError(str(error)) from error
        finally:
            process.end()

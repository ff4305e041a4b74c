"""Load, check or list frameworks."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from questionnaires import document, lint
from questionnaires.actions import publishing
from questionnaires.models import FrameworkVersion


class Command(BaseCommand):
    """`framework load [FILE]`, `framework check [FILE]`, `framework list`."""

    help = "Load a framework (the built-in one without FILE), check one, or list what is loaded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the deed and the file."""
        parser.add_argument("deed", choices=["load", "check", "list"])
        parser.add_argument("file", nargs="?", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what was asked; every problem of a document is printed with its line."""
        if options["deed"] == "list":
            for version in FrameworkVersion.objects.select_related("framework").order_by(
                "framework__key", "id"
            ):
                self.stdout.write(f"{version.framework.key} {version.version} {version.content_hash[:12]}")
            return
        try:
            text = options["file"].read_text(encoding="utf-8") if options["file"] else publishing.builtin()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        try:
            if options["deed"] == "check":
                problems = lint.lint(document.parse(text))
                for problem in problems:
                    self.stdout.write(str(problem))
                if any(problem.is_error for problem in problems):
                    raise CommandError("The framework has errors.")
                self.stdout.write("The framework is sound.")
                return
            version, is_new = publishing.publish(text)
        except document.DocumentError as error:
            raise CommandError("\n".join(str(problem) for problem in error.problems)) from error
        except publishing.VersionTaken as error:
            raise CommandError(
                f"Version {error} was published before with other content. Give the file a new version."
            ) from error
        self.stdout.write(
            f"{'Loaded' if is_new else 'Already loaded'}: {version.framework.title} {version.version}"
        )

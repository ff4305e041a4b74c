import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "__first__"),
        ("engagements", "0001_first"),
        ("questionnaires", "0001_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="Cause",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("changed", "Changed"),
                            ("round", "Round"),
                            ("request", "Request"),
                            ("rule", "Rule"),
                        ],
                        max_length=8,
                    ),
                ),
                ("key", models.CharField(max_length=80)),
                ("step_key", models.CharField(blank=True, max_length=80)),
                ("event", models.BigIntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("data", models.JSONField(default=dict)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="causes",
                        to="engagements.engagement",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["engagement", "kind", "key", "event"], name="questionnaires_cause_of_key"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "event", "kind", "key"),
                        name="questionnaires_cause_once_per_event",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Flag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("revisit", "Revisit"), ("conflict", "Conflict")], max_length=8
                    ),
                ),
                ("source", models.CharField(max_length=100)),
                (
                    "path",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), default=list, size=None
                    ),
                ),
                ("raised_event", models.BigIntegerField()),
                ("raised_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("cleared_event", models.BigIntegerField(null=True)),
                ("cleared_at", models.DateTimeField(blank=True, null=True)),
                (
                    "cleared_how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Open"),
                            ("holds", "Holds"),
                            ("updated", "Updated"),
                            ("returned", "Returned"),
                            ("upstream", "Upstream"),
                            ("round", "Round"),
                            ("decided", "Decided"),
                            ("resolved", "Resolved"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                (
                    "cleared_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="flags",
                        to="questionnaires.entry",
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="first_of",
                        to="questionnaires.cause",
                    ),
                ),
                (
                    "last",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="last_of",
                        to="questionnaires.cause",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["source", "last"], name="questionnaires_flag_of_source")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("cleared_event", None)),
                        fields=("entry", "source"),
                        name="questionnaires_flag_one_open_per_source",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cleared_at", None), ("cleared_event", None), ("cleared_how", "")),
                            models.Q(
                                ("cleared_at__isnull", False),
                                ("cleared_event__isnull", False),
                                models.Q(("cleared_how", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="questionnaires_flag_cleared_says_when_and_how",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Waiver",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("item_key", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=500)),
                ("until", models.DateField()),
                ("given_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("event", models.BigIntegerField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_event", models.BigIntegerField(null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="engagements.membership",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="waivers",
                        to="questionnaires.entry",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_event", None)),
                        fields=("entry", "item_key"),
                        name="questionnaires_waiver_one_per_point",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="questionnaires_waiver_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_event", None)),
                            models.Q(("ended_at__isnull", False), ("ended_event__isnull", False)),
                            _connector="OR",
                        ),
                        name="questionnaires_waiver_ended_by_an_event",
                    ),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name="round",
            name="questionnaires_round_number_once",
        ),
        migrations.AddField(
            model_name="round",
            name="ended_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="round",
            name="item_key",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="signoff",
            name="withdrawn_why",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.UniqueConstraint(
                fields=("engagement", "step_key", "item_key", "number"),
                name="questionnaires_round_number_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("is_latest", True), ("item_key", "")),
                    models.Q(("ended_at__isnull", False), ("is_latest", False)),
                    _connector="OR",
                ),
                name="questionnaires_round_ends_when_another_begins",
            ),
        ),
        migrations.AddConstraint(
            model_name="signoff",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn_at__isnull", False), ("withdrawn_why", ""), _connector="OR"),
                name="questionnaires_signoff_reason_only_when_withdrawn",
            ),
        ),
    ]

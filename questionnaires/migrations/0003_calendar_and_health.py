import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "__first__"),
        ("engagements", "0002_holidays"),
        ("questionnaires", "0002_ripple_gates_rounds"),
    ]

    operations = [
        migrations.CreateModel(
            name="Meeting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=120, verbose_name="title")),
                ("starts_at", models.DateTimeField(verbose_name="begins")),
                (
                    "minutes",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(480),
                        ],
                        verbose_name="minutes",
                    ),
                ),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("started_event", models.BigIntegerField(null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_event", models.BigIntegerField(null=True)),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="meetings",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="engagements.membership",
                    ),
                ),
                ("people", models.ManyToManyField(related_name="meetings", to="engagements.membership")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("started_at", None), ("started_event", None)),
                            models.Q(("started_at__isnull", False), ("started_event__isnull", False)),
                            _connector="OR",
                        ),
                        name="questionnaires_meeting_starts_with_an_event",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_event", None)),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("ended_event__isnull", False),
                                ("started_event__lte", models.F("ended_event")),
                            ),
                            _connector="OR",
                        ),
                        name="questionnaires_meeting_ends_after_it_started",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cancelled_at", None), ("started_at", None), _connector="OR"),
                        name="questionnaires_meeting_called_off_before_it_starts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minutes__gte", 5), ("minutes__lte", 480)),
                        name="questionnaires_meeting_has_a_length",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AgendaPoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("conflict", "Two answers"),
                            ("decision", "To decide"),
                            ("revisit", "To look at again"),
                            ("unknown", "Not known yet"),
                            ("sign_off", "To sign"),
                            ("waiting", "Waiting"),
                            ("words", "In words"),
                            ("parking", "Parking lot"),
                        ],
                        max_length=8,
                    ),
                ),
                ("thing", models.CharField(blank=True, max_length=160)),
                ("title", models.CharField(max_length=200)),
                ("minutes", models.PositiveSmallIntegerField()),
                ("firm_only", models.BooleanField(default=False)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.TextField(blank=True)),
                ("note_version", models.PositiveIntegerField(default=0)),
                ("noted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "done_by",
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
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="questionnaires.entry",
                    ),
                ),
                (
                    "noted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="points",
                        to="questionnaires.meeting",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("thing", ""), _negated=True),
                        fields=("meeting", "thing"),
                        name="questionnaires_agendapoint_once_per_thing",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "parking")),
                        fields=("meeting",),
                        name="questionnaires_agendapoint_one_parking_lot",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("done_at", None), ("done_by", None)),
                            models.Q(("done_at__isnull", False), ("done_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="questionnaires_agendapoint_done_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("title", ""), _negated=True),
                        name="questionnaires_agendapoint_has_a_title",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Nudge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("thing", models.CharField(max_length=160)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("day", models.DateField()),
                ("event", models.BigIntegerField()),
                ("send_after", models.DateTimeField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="nudges",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "mail",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="engagements.mail",
                    ),
                ),
                (
                    "to",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="nudges",
                        to="engagements.membership",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None)),
                        fields=["send_after"],
                        name="questionnaires_nudge_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "thing", "to", "day"), name="questionnaires_nudge_once_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mail", None), ("done_at__isnull", False), _connector="OR"),
                        name="questionnaires_nudge_mailed_is_done",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AgendaNote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(null=True)),
                ("text", models.TextField(blank=True)),
                ("sent", models.TextField(null=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("key", models.UUIDField()),
                ("base", models.PositiveIntegerField()),
                ("event", models.BigIntegerField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notes",
                        to="questionnaires.agendapoint",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("point", "version"), name="questionnaires_agendanote_version_once"
                    ),
                    models.UniqueConstraint(
                        fields=("point", "key"), name="questionnaires_agendanote_key_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("version", None), ("base__lt", models.F("version")), _connector="OR"
                        ),
                        name="questionnaires_agendanote_follows_its_base",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EvidenceMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=80)),
                (
                    "mark",
                    models.CharField(
                        choices=[("manual", "Manual"), ("automated", "Automated")], max_length=9
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("event", models.BigIntegerField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evidence_marks",
                        to="engagements.engagement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "code"), name="questionnaires_evidencemark_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HealthOverride",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step_key", models.CharField(blank=True, max_length=80)),
                (
                    "level",
                    models.CharField(
                        choices=[("on_track", "On track"), ("watch", "Watch"), ("at_risk", "At risk")],
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("until", models.DateField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("event", models.BigIntegerField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_event", models.BigIntegerField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="engagements.membership",
                    ),
                ),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="health_overrides",
                        to="engagements.engagement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_event", None)),
                        fields=("engagement", "step_key"),
                        name="questionnaires_healthoverride_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="questionnaires_healthoverride_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_event", None)),
                            models.Q(("ended_at__isnull", False), ("ended_event__isnull", False)),
                            _connector="OR",
                        ),
                        name="questionnaires_healthoverride_ended_by_an_event",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HealthSummary",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("side", models.CharField(choices=[("firm", "Firm"), ("client", "Client")], max_length=6)),
                ("event", models.BigIntegerField()),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("again_at", models.DateTimeField()),
                (
                    "level",
                    models.CharField(
                        choices=[("on_track", "On track"), ("watch", "Watch"), ("at_risk", "At risk")],
                        max_length=8,
                    ),
                ),
                ("with_client", models.PositiveIntegerField(default=0)),
                ("with_firm", models.PositiveIntegerField(default=0)),
                ("client_days", models.PositiveIntegerField(null=True)),
                ("firm_days", models.PositiveIntegerField(null=True)),
                ("revisits", models.PositiveIntegerField(default=0)),
                ("sign_offs_soon", models.PositiveSmallIntegerField(default=0)),
                ("sign_offs_again", models.PositiveSmallIntegerField(default=0)),
                ("data", models.JSONField(default=dict)),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="health_summaries",
                        to="engagements.engagement",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "side"), name="questionnaires_healthsummary_once_per_side"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("again_at__gt", models.F("made_at"))),
                        name="questionnaires_healthsummary_ends",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="entry",
            name="check_by",
            field=models.DateField(blank=True, null=True),
        ),
    ]

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "__first__"),
        ("engagements", "0001_first"),
    ]

    operations = [
        migrations.CreateModel(
            name="Framework",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.SlugField(max_length=80, unique=True)),
                ("title", models.CharField(max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name="FrameworkVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.CharField(max_length=40)),
                ("language", models.CharField(max_length=8)),
                ("content_hash", models.CharField(max_length=64, unique=True)),
                ("text", models.TextField()),
                ("published_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "framework",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="questionnaires.framework",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("framework", "version"), name="questionnaires_frameworkversion_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Questionnaire",
            fields=[
                (
                    "engagement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="engagements.engagement",
                    ),
                ),
                ("overlay", models.JSONField(default=dict)),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="questionnaires.frameworkversion",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Round",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step_key", models.CharField(max_length=80)),
                ("number", models.PositiveIntegerField(default=1)),
                ("is_latest", models.BooleanField(default=True)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reason", models.CharField(blank=True, max_length=300)),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rounds",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "step_key", "number"), name="questionnaires_round_number_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_latest", True)),
                        fields=("engagement", "step_key"),
                        name="questionnaires_round_one_latest",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("item_key", models.CharField(max_length=80)),
                ("shown", models.BooleanField(default=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("draft", "Begun"),
                            ("answered", "Answered"),
                            ("confirmed", "Confirmed"),
                            ("not_applicable", "Not applicable"),
                            ("unknown", "We don't know yet"),
                        ],
                        default="open",
                        max_length=14,
                    ),
                ),
                ("revisit", models.BooleanField(default=False)),
                ("conflict", models.BooleanField(default=False)),
                (
                    "certainty",
                    models.CharField(
                        blank=True,
                        choices=[("fact", "Fact"), ("estimate", "Estimate"), ("assumption", "Assumption")],
                        max_length=10,
                    ),
                ),
                ("source", models.CharField(blank=True, max_length=300)),
                ("due_date", models.DateField(blank=True, null=True)),
                ("held_by", models.CharField(choices=[("firm", "Firm"), ("client", "Client")], max_length=6)),
                ("held_since", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("out-of-scope", "Out of scope"),
                            ("does-not-exist-here", "Does not exist here"),
                            ("covered-elsewhere", "Covered elsewhere"),
                            ("not-proportionate", "Not proportionate"),
                            ("may-not-be-shared", "May not be shared"),
                            ("other", "Other, in words"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason_text", models.CharField(blank=True, max_length=300)),
                ("find_by", models.DateField(blank=True, null=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "confirmed_by",
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
                        related_name="entries",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "finder",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="finding_entries",
                        to="engagements.membership",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="owned_entries",
                        to="engagements.membership",
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="questionnaires.round",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["owner", "state"], name="questionnaires_entry_of_owner")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "round", "item_key"),
                        name="questionnaires_entry_once_per_round",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("item_key__startswith", "register:"), ("round", None)),
                            models.Q(
                                ("round__isnull", False),
                                models.Q(("item_key__startswith", "register:"), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="questionnaires_entry_register_has_no_round",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "not_applicable"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="questionnaires_entry_not_applicable_has_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reason", "other"), _negated=True),
                            models.Q(("reason_text", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="questionnaires_entry_other_reason_in_words",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "confirmed"), _negated=True),
                            models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="questionnaires_entry_confirmed_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Row",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rank", models.CharField(max_length=1000)),
                ("key", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "contested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "deleted_by",
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
                        related_name="rows",
                        to="questionnaires.entry",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["entry", "rank"], name="questionnaires_row_order")],
                "constraints": [
                    models.UniqueConstraint(fields=("entry", "key"), name="questionnaires_row_key_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("deleted_at", None), ("deleted_by", None)),
                            models.Q(("deleted_at__isnull", False), ("deleted_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="questionnaires_row_both_deleted_at_and_by",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rank", ""), _negated=True), name="questionnaires_row_has_a_rank"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("contested_by", None), ("deleted_at", None), _connector="OR"),
                        name="questionnaires_row_contested_is_there",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("column", models.CharField(blank=True, max_length=80)),
                (
                    "part",
                    models.CharField(
                        choices=[("value", "Value"), ("words", "Words"), ("note", "Note")],
                        default="value",
                        max_length=5,
                    ),
                ),
                ("value", models.JSONField(null=True)),
                ("version", models.PositiveIntegerField(default=0)),
                ("settled_version", models.PositiveIntegerField(default=0)),
                ("updated_at", models.DateTimeField(null=True)),
                (
                    "updated_by",
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
                        related_name="answers",
                        to="questionnaires.entry",
                    ),
                ),
                (
                    "row",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answers",
                        to="questionnaires.row",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("entry", "row", "column", "part"),
                        name="questionnaires_answer_once_per_place",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("settled_version__lte", models.F("version"))),
                        name="questionnaires_answer_settles_what_was_saved",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("column", ""), ("row", None)),
                            models.Q(
                                ("part", "value"),
                                ("row__isnull", False),
                                models.Q(("column", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="questionnaires_answer_cell_has_row_and_column",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("value", models.JSONField(null=True)),
                ("sent", models.JSONField(null=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("key", models.UUIDField()),
                ("base", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("saved", "Saved"),
                            ("merged", "Merged"),
                            ("chosen", "Chosen"),
                            ("restored", "Restored"),
                            ("carried", "Carried"),
                            ("imported", "Imported"),
                        ],
                        max_length=8,
                    ),
                ),
                ("event", models.BigIntegerField()),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="revisions",
                        to="questionnaires.answer",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "framework_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="questionnaires.frameworkversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("answer", "version"), name="questionnaires_revision_version_once"
                    ),
                    models.UniqueConstraint(
                        fields=("answer", "key"), name="questionnaires_revision_key_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("base__lt", models.F("version"))),
                        name="questionnaires_revision_follows_its_base",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SectionProgress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("section_key", models.CharField(max_length=80)),
                ("internal", models.BooleanField(default=False)),
                ("asked", models.IntegerField(default=0)),
                ("settled", models.IntegerField(default=0)),
                ("begun", models.IntegerField(default=0)),
                ("unknown", models.IntegerField(default=0)),
                ("not_applicable", models.IntegerField(default=0)),
                ("revisit", models.IntegerField(default=0)),
                ("conflict", models.IntegerField(default=0)),
                ("with_firm", models.IntegerField(default=0)),
                ("with_client", models.IntegerField(default=0)),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="progress",
                        to="questionnaires.round",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("round", "section_key", "internal"),
                        name="questionnaires_sectionprogress_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("asked__gte", 0),
                            ("begun__gte", 0),
                            ("conflict__gte", 0),
                            ("not_applicable__gte", 0),
                            ("revisit__gte", 0),
                            ("settled__gte", 0),
                            ("settled__lte", models.F("asked")),
                            ("unknown__gte", 0),
                            ("with_client__gte", 0),
                            ("with_firm__gte", 0),
                        ),
                        name="questionnaires_sectionprogress_makes_sense",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignOff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("function", models.CharField(max_length=40)),
                ("statement", models.TextField()),
                ("comment", models.TextField(blank=True)),
                ("signed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("event", models.BigIntegerField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("covered", models.JSONField()),
                ("is_stale", models.BooleanField(default=False)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_offs",
                        to="questionnaires.entry",
                    ),
                ),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sign_offs",
                        to="engagements.membership",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("entry", "function"),
                        name="questionnaires_signoff_one_per_function",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fingerprint", ""), _negated=True),
                        name="questionnaires_signoff_has_a_fingerprint",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Conflict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("value", models.JSONField(null=True)),
                ("base", models.PositiveIntegerField()),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), default=list, size=None
                    ),
                ),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("opened_event", models.BigIntegerField()),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Open"),
                            ("mine", "Mine"),
                            ("theirs", "Theirs"),
                            ("combined", "Combined"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conflicts",
                        to="questionnaires.answer",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decided_by", None), ("outcome", "")),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="questionnaires_conflict_decided_by_somebody",
                    )
                ],
            },
        ),
    ]

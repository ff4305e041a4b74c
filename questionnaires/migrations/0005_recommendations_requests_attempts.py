import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "__first__"),
        ("engagements", "0003_talk_inbox_and_milestones"),
        ("questionnaires", "0004_events_of_rows_and_entries"),
    ]

    operations = [
        migrations.CreateModel(
            name="Clash",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("requests", "Requests"), ("rule", "Rule"), ("answers", "Answers")],
                        max_length=8,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("says", models.TextField()),
                ("rule_key", models.CharField(blank=True, max_length=80)),
                (
                    "item_keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), blank=True, default=list, size=None
                    ),
                ),
                ("internal", models.BooleanField(default=False)),
                ("options", models.TextField(blank=True)),
                ("we_recommend", models.TextField(blank=True)),
                ("pros", models.TextField(blank=True)),
                ("cons", models.TextField(blank=True)),
                ("offered_at", models.DateTimeField(blank=True, null=True)),
                ("raised_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("raised_event", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("settled", "Settled"), ("gone", "No longer there")],
                        default="open",
                        max_length=7,
                    ),
                ),
                ("outcome", models.TextField(blank=True)),
                ("reason", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "conflict",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="clash",
                        to="questionnaires.conflict",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="engagements.membership",
                    ),
                ),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clashes",
                        to="engagements.engagement",
                    ),
                ),
                ("informed", models.ManyToManyField(related_name="+", to="engagements.membership")),
                (
                    "raised_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "row",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="clash",
                        to="questionnaires.row",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "number"), name="questionnaires_clash_number_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open"), models.Q(("rule_key", ""), _negated=True)),
                        fields=("engagement", "rule_key"),
                        name="questionnaires_clash_rule_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "rule"), models.Q(("rule_key", ""), _negated=True)),
                            models.Q(models.Q(("kind", "rule"), _negated=True), ("rule_key", "")),
                            _connector="OR",
                        ),
                        name="questionnaires_clash_rule_has_a_key",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "settled"), _negated=True),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("outcome", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="questionnaires_clash_settled_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Footing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("basis", models.JSONField(default=dict)),
                ("changed", models.JSONField(default=dict)),
                ("changed_at", models.DateTimeField(blank=True, null=True)),
                ("held_at", models.DateTimeField(blank=True, null=True)),
                ("held_words", models.CharField(blank=True, max_length=300)),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="footings",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "held_by",
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
                            models.Q(("held_at", None), ("held_by", None)),
                            models.Q(("held_at__isnull", False), ("held_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="questionnaires_footing_held_by_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("changed", {}), ("changed_at", None)),
                            models.Q(models.Q(("changed", {}), _negated=True), ("changed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="questionnaires_footing_changed_at_some_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=200)),
                ("hypothesis", models.TextField(blank=True)),
                ("approach", models.TextField(blank=True)),
                ("data_version", models.CharField(blank=True, max_length=200)),
                ("code_version", models.CharField(blank=True, max_length=200)),
                ("settings", models.TextField(blank=True)),
                ("measure", models.CharField(blank=True, max_length=200)),
                ("result", models.DecimalField(blank=True, decimal_places=8, max_digits=20, null=True)),
                ("criterion", models.CharField(blank=True, max_length=300)),
                ("threshold", models.DecimalField(blank=True, decimal_places=8, max_digits=20, null=True)),
                ("higher_is_better", models.BooleanField(default=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("worked", "Worked"),
                            ("partly", "Partly"),
                            ("did not work", "Did not work"),
                            ("inconclusive", "Inconclusive"),
                        ],
                        max_length=12,
                    ),
                ),
                ("lesson", models.TextField(blank=True)),
                ("on", models.DateField()),
                ("run_id", models.CharField(blank=True, max_length=120)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="attempts",
                        to="engagements.membership",
                    ),
                ),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaced_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="replaces",
                        to="questionnaires.attempt",
                    ),
                ),
                (
                    "row",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="attempt",
                        to="questionnaires.row",
                    ),
                ),
                (
                    "footing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="attempt",
                        to="questionnaires.footing",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "number"), name="questionnaires_attempt_number_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("run_id", ""), _negated=True),
                        fields=("engagement", "run_id"),
                        name="questionnaires_attempt_run_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="questionnaires_attempt_has_a_name",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("replaced_by", None),
                            models.Q(("replaced_by", models.F("id")), _negated=True),
                            _connector="OR",
                        ),
                        name="questionnaires_attempt_not_replaced_by_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Ranking",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("order", models.JSONField(default=list)),
                ("moscow", models.JSONField(default=dict)),
                ("words", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("event", models.BigIntegerField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="engagements.membership",
                    ),
                ),
                (
                    "clash",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rankings",
                        to="questionnaires.clash",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("clash", "by"), name="questionnaires_ranking_one_per_person"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(models.Q(("order", []), _negated=True), ("moscow", {})),
                            models.Q(("order", []), models.Q(("moscow", {}), _negated=True)),
                            _connector="OR",
                        ),
                        name="questionnaires_ranking_by_order_or_by_weight",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Recommendation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("prepared", "Prepared"),
                            ("offered", "Offered"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="prepared",
                        max_length=9,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("offered_version", models.PositiveIntegerField(blank=True, null=True)),
                ("offered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recommendation",
                        to="questionnaires.entry",
                    ),
                ),
                (
                    "footing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="recommendation",
                        to="questionnaires.footing",
                    ),
                ),
                (
                    "offered_by",
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
                            models.Q(
                                ("offered_at__isnull", False),
                                ("offered_version__isnull", False),
                                ("state", "offered"),
                            ),
                            models.Q(
                                models.Q(("state", "offered"), _negated=True), ("offered_version", None)
                            ),
                            _connector="OR",
                        ),
                        name="questionnaires_recommendation_offered_is_a_version",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("offered_version", None),
                            ("offered_version__lte", models.F("version")),
                            _connector="OR",
                        ),
                        name="questionnaires_recommendation_offers_what_there_is",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Reaction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("agree", "Agrees"),
                            ("question", "Asks"),
                            ("choose", "Would choose another"),
                        ],
                        max_length=8,
                    ),
                ),
                ("option", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("words", models.CharField(blank=True, max_length=1000)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("event", models.BigIntegerField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="engagements.membership",
                    ),
                ),
                (
                    "recommendation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reactions",
                        to="questionnaires.recommendation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "choose"), ("option__gte", 1), ("option__lte", 4)),
                            models.Q(models.Q(("kind", "choose"), _negated=True), ("option", None)),
                            _connector="OR",
                        ),
                        name="questionnaires_reaction_choice_names_an_option",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "question"), _negated=True),
                            models.Q(("words", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="questionnaires_reaction_question_has_words",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecommendationVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("options", models.JSONField()),
                ("pick", models.PositiveSmallIntegerField()),
                ("why", models.TextField(blank=True)),
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
                    "recommendation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="questionnaires.recommendation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("recommendation", "number"), name="questionnaires_recommendationversion_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pick__gte", 1), ("pick__lte", 4)),
                        name="questionnaires_recommendationversion_picks_an_option",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("option", models.PositiveSmallIntegerField()),
                ("value", models.JSONField(null=True)),
                ("reasons", models.TextField()),
                ("look_again", models.CharField(blank=True, max_length=200)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("event", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("standing", "Stands"),
                            ("reopened", "Reopened"),
                            ("superseded", "Superseded"),
                        ],
                        default="standing",
                        max_length=10,
                    ),
                ),
                ("reopened_at", models.DateTimeField(blank=True, null=True)),
                ("reopened_why", models.TextField(blank=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="engagements.membership",
                    ),
                ),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="questionnaires.entry",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="engagements.membership",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reopened_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="replaced_by",
                        to="questionnaires.decision",
                    ),
                ),
                (
                    "row",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="decision",
                        to="questionnaires.row",
                    ),
                ),
                (
                    "footing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="decision",
                        to="questionnaires.footing",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="decisions",
                        to="questionnaires.recommendationversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "number"), name="questionnaires_decision_number_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "standing")),
                        fields=("entry",),
                        name="questionnaires_decision_one_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reasons", ""), _negated=True),
                        name="questionnaires_decision_has_reasons",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("option__gte", 1), ("option__lte", 4)),
                        name="questionnaires_decision_names_an_option",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reopened_at", None), ("reopened_by", None), ("reopened_why", "")),
                            models.Q(
                                ("reopened_at__isnull", False),
                                ("reopened_by__isnull", False),
                                models.Q(("reopened_why", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="questionnaires_decision_reopened_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "reopened"), _negated=True),
                            ("reopened_at__isnull", False),
                            _connector="OR",
                        ),
                        name="questionnaires_decision_reopened_by_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Request",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=200)),
                ("need", models.TextField()),
                (
                    "value",
                    models.CharField(
                        choices=[("low", "Low"), ("medium", "Medium"), ("high", "High")],
                        default="medium",
                        max_length=6,
                    ),
                ),
                (
                    "effort",
                    models.CharField(
                        choices=[("low", "Low"), ("medium", "Medium"), ("high", "High")],
                        default="medium",
                        max_length=6,
                    ),
                ),
                (
                    "moscow",
                    models.CharField(
                        choices=[
                            ("must", "Must"),
                            ("should", "Should"),
                            ("could", "Could"),
                            ("not-now", "Not now"),
                        ],
                        default="should",
                        max_length=7,
                    ),
                ),
                (
                    "item_keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), blank=True, default=list, size=None
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("taken", "Taken up"),
                            ("declined", "Not taken up"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("answer", models.CharField(blank=True, max_length=500)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="requests",
                        to="engagements.membership",
                    ),
                ),
                (
                    "engagement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="requests",
                        to="engagements.engagement",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("engagement", "number"), name="questionnaires_request_number_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("title", ""), _negated=True), models.Q(("need", ""), _negated=True)
                        ),
                        name="questionnaires_request_says_what_and_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClashSide",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("item_key", models.CharField(blank=True, max_length=80)),
                ("consequence", models.TextField(blank=True)),
                ("words", models.TextField(blank=True)),
                (
                    "clash",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sides",
                        to="questionnaires.clash",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="sides",
                        to="questionnaires.request",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("clash", "position"), name="questionnaires_clashside_position_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("request__isnull", False), ("item_key", "")),
                            models.Q(("request", None), models.Q(("item_key", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="questionnaires_clashside_request_or_item",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RunImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("runs", models.JSONField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("event", models.BigIntegerField(null=True)),
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
                        related_name="run_imports",
                        to="engagements.engagement",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="row",
            name="kept_by",
            field=models.CharField(
                blank=True,
                choices=[("decision", "Decision"), ("clash", "Clash"), ("attempt", "Attempt")],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="cause",
            name="kind",
            field=models.CharField(
                choices=[
                    ("changed", "Changed"),
                    ("round", "Round"),
                    ("request", "Request"),
                    ("reopened", "Reopened"),
                    ("rule", "Rule"),
                ],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="revision",
            name="kind",
            field=models.CharField(
                choices=[
                    ("saved", "Saved"),
                    ("merged", "Merged"),
                    ("chosen", "Chosen"),
                    ("restored", "Restored"),
                    ("carried", "Carried"),
                    ("imported", "Imported"),
                    ("decided", "Decided"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="row",
            constraint=models.CheckConstraint(
                condition=models.Q(("kept_by", ""), ("deleted_at", None), _connector="OR"),
                name="questionnaires_row_kept_is_not_deleted",
            ),
        ),
    ]

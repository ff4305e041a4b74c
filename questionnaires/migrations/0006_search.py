"""Keep beside each answer the words that search finds it by. Only SQL reads them: no model has the column.

The database makes them with every save, in the same statement. A text longer than any person writes is indexed by its
beginning, because a list of words has a limit and a save must never fail of it. Ids of people and files are no words.
"""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("engagements", "0004_search"),
        ("questionnaires", "0005_recommendations_requests_attempts"),
    ]

    operations = [
        TrigramExtension(),
        migrations.RunSQL(
            """
            ALTER TABLE questionnaires_answer ADD COLUMN search tsvector GENERATED ALWAYS AS (
                CASE WHEN jsonb_typeof(value) = 'string' OR length(value #>> '{}') > 100000
                     THEN to_tsvector('english'::regconfig, left(value #>> '{}', 100000))
                     ELSE jsonb_to_tsvector('english'::regconfig, value, '["string"]'::jsonb) END
            ) STORED;
            CREATE INDEX questionnaires_answer_search ON questionnaires_answer USING gin (search);
            """,
            "ALTER TABLE questionnaires_answer DROP COLUMN search",
        ),
    ]

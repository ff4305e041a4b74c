"""Keep beside each comment the words that search finds it by. Only SQL reads them: no model has the column."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("engagements", "0003_talk_inbox_and_milestones")]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE engagements_comment ADD COLUMN search tsvector
                GENERATED ALWAYS AS (to_tsvector('english'::regconfig, left(text, 100000))) STORED;
            CREATE INDEX engagements_comment_search ON engagements_comment USING gin (search);
            """,
            "ALTER TABLE engagements_comment DROP COLUMN search",
        )
    ]

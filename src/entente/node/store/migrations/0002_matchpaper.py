"""Papers of private matches: the auditor's escrow, the node's own copy, marks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more table."""

    dependencies = (("store", "0001_initial"),)

    operations = (
        migrations.CreateModel(
            name="MatchPaper",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("run", models.CharField(blank=True, max_length=64)),
                ("kind", models.CharField(max_length=8)),
                ("data", models.BinaryField()),
            ],
            options={
                "constraints": (models.UniqueConstraint(fields=("run", "kind"), name="one_paper_of_a_kind"),),
            },
        ),
    )

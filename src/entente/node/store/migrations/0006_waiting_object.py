# What waits for a person names the object that it is about; what waits already names none.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0005_desk"),
    ]

    operations = [
        migrations.AddField(
            model_name="waiting",
            name="object",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
    ]

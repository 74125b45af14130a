from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trainer", "0020_attempts_without_passwords"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["state", "kind"], name="trainer_cal_state_8752ae_idx"),
        ),
        migrations.AddIndex(
            model_name="call",
            index=models.Index(fields=["finished_at"], name="trainer_cal_finishe_dc3734_idx"),
        ),
    ]

"""What people say of a job: its name, notes, tags and star."""

from django.core.exceptions import ValidationError

from trainer.models import Job
from trainer.services.jobs import JobRefused
from trainer.services.sentences import fields_check, sentence_of


def job_describe(*, job: Job, name: str, notes: str, tags: str) -> None:
    """Give a job a name, notes and tags; the tags are typed with commas between them.

    Raises:
        JobRefused: one of them is too long.
    """
    known = dict.fromkeys(" ".join(tag.split()) for tag in tags.split(","))
    said = Job(
        pk=job.pk,
        name=" ".join(name.split()),
        notes=notes.strip(),
        tags=", ".join(tag for tag in known if tag),
    )
    fields = ("name", "notes", "tags")
    try:
        fields_check(said, exclude={field.name for field in Job._meta.fields} - set(fields))
    except ValidationError as error:
        raise JobRefused(sentence_of(error)) from error
    Job.objects.filter(pk=job.pk).update(**{field: getattr(said, field) for field in fields})


def job_star(*, job: Job, starred: bool) -> None:
    """Mark a job as one to find again, or take the mark away."""
    Job.objects.filter(pk=job.pk).update(starred=starred)

"""What people say of a job, and jobs that go on from where another one ended."""

from django.core.exceptions import ValidationError

from trainer.models import Job
from trainer.services.job_start import job_place, job_queue
from trainer.services.jobs import JobRefused
from trainer.services.plan import plan_of
from trainer.services.sentences import sentence_of


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
        said.clean_fields(exclude={field.name for field in Job._meta.fields} - set(fields))
    except ValidationError as error:
        raise JobRefused(sentence_of(error)) from error
    Job.objects.filter(pk=job.pk).update(**{field: getattr(said, field) for field in fields})


def job_star(*, job: Job, starred: bool) -> None:
    """Mark a job as one to find again, or take the mark away."""
    Job.objects.filter(pk=job.pk).update(starred=starred)


def job_continue(*, job: Job, by: str = "") -> Job:
    """Start a job of the same length and settings from where another one ended.

    It trains the tasks that are attached now, with their weights of now.

    Raises:
        JobConflict: the job, or another one of its experiment, is still in progress.
        JobRefused: it left no checkpoint, or no task is enabled.
        ClassMissing: a class that is needed is no longer on offer.
    """
    if job.checkpoint is None:
        raise JobRefused(f"job {job.pk} left no checkpoint to continue from; run it again instead")
    following = Job(
        experiment=job.experiment,
        total_steps=job.total_steps,
        lr=job.lr,
        probe_lr=job.probe_lr,
        batch_size=job.batch_size,
        schedule=job.schedule,
        seed=job.seed,
        created_by=by,
        start_checkpoint=job.checkpoint,
    )
    with job_place(job.experiment):
        following.plan = plan_of(job.experiment)
        following.task_names = [task["name"] for task in following.plan["tasks"] if task["enabled"]]
        if not following.task_names:
            raise JobRefused("no task is enabled; add or enable one first")
        job_queue(following)
    return following

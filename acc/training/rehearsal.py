"""A task tried out on one batch before it joins a training, which notices nothing of it."""

from acc.tasks.base import Task
from acc.training.batch_feed import BatchFeed
from acc.training.task_loss import loss_of
from acc.training.trainer import Trainer
from acc.training.unnoticed import unnoticed


def rehearse(trainer: Trainer, task: Task, *, seed: int) -> None:
    """Take one loss of an attached task, as the trainer's next step would.

    No weight is stepped, and the model's buffers and all random streams are afterwards as they
    were; the task itself may not be, so give one that is thrown away.

    Raises:
        TaskStepError: its code raised, or returned something else than a scalar tensor.
    """
    dataset = task.dataset.to(trainer.device)
    if task.head is not None:
        task.head.to(trainer.device).train()
    options = {"decode": task.reads_reconstruction} if trainer.takes_decode else {}
    with unnoticed(trainer.model.buffers(), seed=seed):
        feed = BatchFeed(dataset, batch_size=trainer.config.batch_size, seed=seed)
        batch = feed.next()
        loss_of(task, trainer.model(batch[0], **options), batch, trainer.step_count + 1)

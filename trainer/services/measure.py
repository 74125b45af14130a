"""What is measured of a state by itself: its metrics, and images to look at."""

from trainer.models import Checkpoint
from trainer.services.evals import eval_send
from trainer.services.reconstructions import pictures_send


def state_measure(checkpoint: Checkpoint) -> None:
    """Have a state evaluated and reconstructions drawn from it, without waiting for either."""
    eval_send(experiment=checkpoint.experiment, checkpoint=checkpoint)
    pictures_send(experiment=checkpoint.experiment, checkpoint=checkpoint)

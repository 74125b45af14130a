"""The HTTP API: JSON in, JSON out, at the root of the site."""

from trainer.api import (
    checkpoints,
    datasets,
    evals,
    experiments,
    generators,
    jobs,
    model,
    recipes,
    registry,
    system,
    tasks,
    tokens,
    train,
)
from trainer.api.application import AccApi

api = AccApi(
    title="ACC",
    version="1",
    description=(
        "Send 'Authorization: Bearer TOKEN', or sign in and send the CSRF token. Calls that act "
        "on a model take ?experiment=SLUG; without it the active experiment is meant. Every "
        'failure is {"error": "what is wrong and what would be right"}.'
    ),
)
for module in (
    system,
    experiments,
    model,
    datasets,
    generators,
    registry,
    tasks,
    train,
    jobs,
    evals,
    checkpoints,
    recipes,
    tokens,
):
    api.add_router("", module.router)

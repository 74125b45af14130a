"""Promises about the tasks of an experiment, and about what is refused; as in `classes`."""

from __future__ import annotations

from collections.abc import Callable

from acc.verification.client import RefusedError, wait_for
from acc.verification.world import FIRST_STEP_SECONDS, STEERED_SECONDS, World

CHOSEN = {"ReconstructionTask": 1.0, "KLDivergenceTask": 0.001, "ClassificationTask": 0.1}


def experiment(world: World) -> str:
    """A model and a dataset are made, and the built-in tasks attached."""
    client = world.client
    model = client.post(
        "/model/create", class_name="ConvVAE", config={}, experiment=client.experiment
    )
    dataset = client.post("/datasets/load_builtin", name="digits", image_size=32)
    facts = (dataset["image_shape"], dataset["target_type"], dataset["num_classes"])
    assert facts == ([1, 32, 32], "classes", 10), f"the digits are {facts}"
    assert "digits" in [known["name"] for known in client.get("/datasets")], "it is not listed"
    for class_name, weight in CHOSEN.items():
        client.post("/tasks/add", class_name=class_name, dataset_name="digits", weight=weight)
    attached = {task["class_name"]: task["weight"] for task in client.get("/tasks")}
    assert attached == CHOSEN, f"attached are {attached}"
    return f"{model['class_name']}, {dataset['size']} digits, {len(attached)} tasks"


def task_add(world: World) -> str:
    """A class from the task file is attached, on a slice of the latent."""
    world.client.post(
        "/tasks/add",
        class_name=world.class_name,
        dataset_name="digits",
        name="dummy",
        weight=0.5,
        latent_slice="0:4",
    )
    task = world.attached()["dummy"]
    seen = (task["class_name"], task["dataset"], task["latent_slice"], task["weight"])
    assert seen == (world.class_name, "digits", [0, 4], 0.5), f"attached is {task}"
    return "latent 0:4, weight 0.5"


def task_error(world: World) -> str:
    """A task that does not fit is refused in its own words."""
    before = world.attached().keys()
    told = _refusal(
        400,
        lambda: world.client.post("/tasks/add", class_name="RegressionTask", dataset_name="digits"),
    )
    assert "float" in told, f"it says: {told}"
    assert world.attached().keys() == before, "it is attached all the same"
    return told


def refusals(world: World) -> str:
    """What is wrong or not there is refused with the fitting status, in a sentence."""
    client = world.client
    reconstruction = next(iter(world.attached()))
    told = [
        _refusal(404, lambda: client.get("/jobs/999999999/loss_history")),
        _refusal(404, lambda: client.post("/tasks/nobody/toggle")),
        _refusal(400, lambda: client.post("/train/start", steps=0)),
        _refusal(400, lambda: client.post(f"/tasks/{reconstruction}/set_weight", weight=-1)),
        _refusal(
            400, lambda: client.post("/tasks/add", class_name="NoTask", dataset_name="digits")
        ),
    ]
    return f"{len(told)} sentences, such as: {told[-1][:60]}"


def toggle_and_remove(world: World) -> str:
    """A task is disabled, enabled and removed, at rest and in a running job, which goes on."""
    client = world.client
    kl = next(n for n, task in world.attached().items() if task["class_name"] == "KLDivergenceTask")
    assert client.post(f"/tasks/{kl}/remove") == {"removed": kl}
    assert client.post("/tasks/dummy/toggle")["enabled"] is False, "it is not disabled"
    with world.training() as job:

        def trained() -> set[str]:
            return set(world.newest(job))

        first = wait_for(trained, seconds=FIRST_STEP_SECONDS, what="the first step")
        assert not {kl, "dummy"} & first, f"the next job trains {first}"
        assert client.post("/tasks/dummy/toggle")["enabled"] is True, "it is not enabled"
        wait_for(lambda: "dummy" in trained(), seconds=STEERED_SECONDS, what="the enabled task")
        assert client.post("/tasks/dummy/remove") == {"removed": "dummy"}
        wait_for(lambda: "dummy" not in trained(), seconds=STEERED_SECONDS, what="the removal")
        reached = client.get(f"/jobs/{job}")["current_step"]
        wait_for(
            lambda: client.get(f"/jobs/{job}")["current_step"] > reached,
            seconds=STEERED_SECONDS,
            what="a step after the removal",
        )
    steps = world.steps(job)
    assert world.attached().keys() == first, f"attached are {list(world.attached())}"
    with_dummy = sum(any(p["task_name"] == "dummy" for p in points) for points in steps)
    assert with_dummy, "its recorded losses are gone"
    assert client.get(f"/jobs/{world.job}/loss_history") == world.history, "an older job's are gone"
    return f"trained in {with_dummy} of {len(steps)} steps, whose losses stay"


def _refusal(status: int, call: Callable[[], object]) -> str:
    """Return the sentence with which a call is refused.

    Raises:
        AssertionError: it is not, or with another status, or not in the API's shape.
    """
    refusal, answer = None, None
    try:
        answer = call()
    except RefusedError as error:
        refusal = error
    assert refusal is not None, f"expected was {status}; the answer is {answer}"
    assert refusal.status == status, f"expected was {status}; {refusal}"
    assert refusal.sentence, f"this is no sentence of the API's: {refusal}"
    return refusal.sentence

"""What the default model reaches in 3,000 joint steps on held-out images, over several seeds."""

import base64
import io
import statistics
import time
from pathlib import Path
from typing import Any

from PIL import Image

from acc.verification.client import Client
from acc.verification.system import ThrowawaySystem, throwaway_system

DATASETS = ("digits", "fashion_mnist")
STEPS = 3000
SEEDS = (0, 1, 2)
IMAGES = 8
GAP = 2
ZOOM = 2
# As the demo experiment has them.
TASKS: tuple[dict[str, Any], ...] = (
    {"name": "reconstruction", "class_name": "ReconstructionTask", "weight": 1.0},
    {"name": "kl", "class_name": "KLDivergenceTask", "weight": 0.0005},
    {"name": "label", "class_name": "ClassificationTask", "weight": 0.1},
)
# What is shown of each run: task, metric, its name, digits.
SHOWN = (
    ("label", "accuracy", "accuracy", 4),
    ("reconstruction", "psnr", "PSNR (dB)", 2),
    ("reconstruction", "ssim", "SSIM", 3),
    ("reconstruction", "l1", "L1", 4),
)
PATIENCE_SECONDS = 3600.0
LOOK_SECONDS = 0.5


def figures(*, steps: int, pictures: Path | None) -> dict[str, Any]:
    """Train and measure every dataset with every seed; return what was reached.

    Args:
        pictures: where a picture of the first seed's reconstructions of each dataset goes.
    """
    found: dict[str, Any] = {"steps": steps, "datasets": {}}
    with throwaway_system() as system:
        for dataset in DATASETS:
            system.client("").post("/datasets/load_builtin", name=dataset)
            runs = {}
            for seed in SEEDS:
                acc = _train(system, dataset, steps=steps, seed=seed)
                runs[seed] = _measured(acc, steps)
                if pictures is not None and seed == SEEDS[0]:
                    _picture(acc, pictures / f"quality-{dataset}.png")
            found["datasets"][dataset] = {"seeds": runs, "mean": _mean(list(runs.values()))}
    return found


def quality_rows(runs: dict[str, Any]) -> list[list[str]]:
    """Return a line for each seed of a dataset, and one for their mean."""
    lines = [*runs["seeds"].items(), ("mean", runs["mean"])]
    return [
        [
            name if name == "mean" else f"seed {name}",
            *(f"{metrics[task][metric]:.{digits}f}" for task, metric, _, digits in SHOWN),
        ]
        for name, metrics in lines
    ]


def _train(system: ThrowawaySystem, dataset: str, *, steps: int, seed: int) -> Client:
    """Train a new model with a seed; return a client of its experiment."""
    acc = system.client(f"{dataset.replace('_', '-')}-{seed}")
    acc.post("/model/create", class_name="ConvVAE", config={}, experiment=acc.experiment)
    for task in TASKS:
        acc.post("/tasks/add", **task, dataset_name=dataset)
    job = acc.post("/train/start", steps=steps, seed=seed)["id"]
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while (state := acc.get(f"/jobs/{job}")["state"]) != "completed":
        if state in {"failed", "stopped"} or time.monotonic() > give_up_at:
            raise RuntimeError(f"job {job} on {dataset} is {state}")
        time.sleep(LOOK_SECONDS)
    return acc


def _measured(acc: Client, steps: int) -> dict[str, dict[str, float]]:
    """Return the metrics of the evaluation that follows a job by itself."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        runs = acc.get("/eval/history", limit=1)
        if runs and runs[0]["step"] == steps:
            results: dict[str, dict[str, float]] = runs[0]["results"]
            return results
        time.sleep(LOOK_SECONDS)
    raise RuntimeError(f"{acc.experiment} was not evaluated within {PATIENCE_SECONDS:g} s")


def _mean(runs: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        task: {metric: statistics.mean(run[task][metric] for run in runs) for metric in metrics}
        for task, metrics in runs[0].items()
    }


def _picture(acc: Client, path: Path) -> None:
    """Write fixed held-out images, their reconstructions and the differences below each other."""
    answer = acc.post("/eval/reconstructions", n=IMAGES, fixed=True)
    rows = [
        [Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB") for png in answer[kind]]
        for kind in ("originals", "reconstructions", "differences")
    ]
    width, height = rows[0][0].size
    size = (IMAGES * (width + GAP) - GAP, len(rows) * (height + GAP) - GAP)
    sheet = Image.new("RGB", size, "white")
    for down, row in enumerate(rows):
        for across, image in enumerate(row):
            sheet.paste(image, (across * (width + GAP), down * (height + GAP)))
    large = sheet.resize((size[0] * ZOOM, size[1] * ZOOM), Image.Resampling.NEAREST)
    large.save(path, optimize=True)

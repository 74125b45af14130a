"""Datasets from generators: the web side checks what is asked, the trainer side makes the data."""

import re
from typing import Any

from django.conf import settings

from trainer.models import Call, RegisteredClass, Registry
from trainer.selectors.registry import classes_offered
from trainer.services.calls import call_ask
from trainer.services.datasets import name_problem
from trainer.services.parameters import ParameterRefused, params_check
from trainer.services.sources import ClassMissing, source_of

NAME = "name"  # the parameter that names the dataset


def dataset_generate(*, generator_name: str, params: dict[str, Any], by: str = "") -> Any:
    """Make a dataset and keep it; return it in the API's shape.

    What is asked twice is made once. Without the parameter "name", the dataset is called after the
    generator: "shapes", then "shapes-2".

    Args:
        generator_name: a class on offer, "ShapesGenerator", or its short name, "shapes".
        params: the constructor's keywords.

    Raises:
        ClassMissing: no such generator is on offer.
        ParameterRefused: a parameter is unknown, missing or of another type than declared, or the
            name is none.
        CallRefused: the generator refuses, or other data has the name; in the words of who refused.
        TrainerOffline: nobody is there who could make it.
    """
    offered = _offered(generator_name)
    params_check(offered.class_name, offered.parameters, params)
    name = params.get(NAME)
    problem = "" if name is None else name_problem(name)
    if problem:
        raise ParameterRefused(problem)
    payload = {
        "source": source_of(Registry.GENERATORS, offered.class_name),
        "params": {key: value for key, value in params.items() if key != NAME},
        "name": name,
        "short_name": short_name(offered.class_name),
    }
    return call_ask(
        kind=Call.Kind.DATASET_GENERATE,
        payload=payload,
        by=by,
        limit_seconds=settings.ACC_EVAL_SECONDS,
    )


def short_name(class_name: str) -> str:
    """Return what a generator's datasets are called: "ThickStrokesGenerator" -> "thick-strokes"."""
    stem = class_name.removesuffix("Generator") or class_name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", stem).lower()


def _offered(generator_name: str) -> RegisteredClass:
    rows = classes_offered(Registry.GENERATORS)
    for row in rows:
        if generator_name in {row.class_name, short_name(row.class_name)}:
            return row
    names = ", ".join(row.class_name for row in rows) or "none yet"
    raise ClassMissing(f"no generator is called '{generator_name}'; there are: {names}")

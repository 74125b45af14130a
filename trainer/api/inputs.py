"""The bodies that calls take. Ranges are checked by the models that keep the values."""

from typing import Annotated, Any, Literal

from ninja import Field, Schema
from pydantic import ConfigDict, WithJsonSchema

from trainer.models.experiment import MAX_SLUG
from trainer.models.job import MAX_WHY, Job

# Strict: "5" and true are no numbers; what is sent by mistake is better refused than guessed.
Whole = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1, max_length=100)]
Why = Annotated[
    str, Field(max_length=MAX_WHY, description="For the record; kept with the event at its step.")
]
# Read by the service: of a union, Pydantic would tell what is wrong with each of its members.
LatentSlice = Annotated[
    Any,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
                {"type": "null"},
            ]
        }
    ),
]


class Body(Schema):
    """A body whose fields are known: a mistyped name is an error, not a default."""

    model_config = ConfigDict(extra="forbid")


class DeviceIn(Body):
    """The device to train on."""

    device: Text = Field(description='One of those available, or "auto" for the best.')


class ModelIn(Body):
    """The model to make."""

    class_name: Text
    config: dict[str, Any] = Field({}, description="Empty fits images of 1 x 32 x 32.")
    experiment: Annotated[str, Field(max_length=MAX_SLUG)] | None = Field(
        None,
        description="A slug: a new one makes an experiment, a known one has its untrained model "
        "replaced. Without it, ?experiment= is meant.",
    )


class BuiltinIn(Body):
    """The dataset to load."""

    name: Text = Field(description="digits, mnist, fashion_mnist or cifar10")
    image_size: Annotated[Whole, Field(ge=8, le=256)] = 32


class FolderIn(Body):
    """The folder of images to import."""

    path: Annotated[str, Field(min_length=1, max_length=1000)] = Field(
        description="Below a directory of ACC_IMAGE_DIRS; each class is a folder in it."
    )
    name: Annotated[str, Field(max_length=80)] = Field("", description="Else the folder's.")
    image_size: Annotated[Whole, Field(ge=8, le=256)] = 32
    colours: Literal["auto", "grey", "colour"] = "auto"
    skip_bad: Annotated[bool, Field(strict=True)] = Field(
        False, description="Go on without the files that cannot be used."
    )


class GenerateIn(Body):
    """The dataset to make."""

    generator_name: Text = Field(description='"ShapesGenerator", or short: "shapes"')
    params: dict[str, Any] = Field(
        {}, description="The generator's own, as /registry/generators declares them."
    )


class TaskIn(Body):
    """The task to attach."""

    class_name: Text
    dataset_name: Text
    name: Annotated[str, Field(min_length=1, max_length=80)] | None = Field(
        None, description="Without it, one is made of the class and the dataset."
    )
    weight: Number = 1.0
    latent_slice: LatentSlice = Field(
        None, description='"start:end" or [start, end]; without it, "" or null: the whole latent.'
    )
    params: dict[str, Any] = Field({}, description="Of the class, beyond those above.")
    why: Why = ""


class WeightIn(Body):
    """The new weight."""

    weight: Number
    why: Why = ""


class WhyIn(Body):
    """Why something is done; the whole body may be left out."""

    why: Why = ""


class StartIn(Body):
    """What to train."""

    steps: Whole
    lr: Number = 1e-3
    probe_lr: Number | None = Field(None, description="Of the tasks' heads; without it, lr.")
    batch_size: Whole = 64
    schedule: Job.Schedule = Job.Schedule.JOINT
    seed: Whole = 0
    eval_every: Whole | None = Field(
        0, description="Steps from one evaluation to the next; 0 or null: only when it ends."
    )


class EvalEveryIn(Body):
    """How often a running job is evaluated."""

    steps: Whole = Field(description="From one evaluation to the next; 0: only when it ends.")
    why: Why = ""


class SaveIn(Body):
    """The name under which a state is kept."""

    tag: Annotated[str, Field(max_length=120)] = ""


class CheckpointIn(Body):
    """The state to go on from."""

    id: Whole


class ForkIn(Body):
    """The state where a branch begins, and its name."""

    id: Whole
    new_tag: Annotated[str, Field(min_length=1, max_length=120)]


class PolicyIn(Body):
    """Which states without a tag are kept; nothing for all."""

    last: Annotated[Whole, Field(ge=1, le=10_000)] | None = Field(None, description="The newest.")
    best: Annotated[Whole, Field(ge=1, le=10_000)] | None = Field(None, description="By `metric`.")
    metric: Annotated[str, Field(max_length=150)] = Field("", description='"task/metric"')


class ReconstructionsIn(Body):
    """Which images to reconstruct."""

    n: Annotated[Whole, Field(ge=1, le=64)] = 8
    dataset: Text | None = Field(None, description="Without it, each attached dataset.")
    fixed: Annotated[bool, Field(strict=True)] = Field(
        False, description="The same images each time."
    )


class LatentIn(Body):
    """What to look at in the latent; the whole body may be left out."""

    dataset: Annotated[Text | None, Field(description="Without it, that of the first task.")] = None
    checkpoint_id: Annotated[
        Whole | None, Field(description="Without it, the model as it is now.")
    ] = None
    seeds: Annotated[Whole, Field(ge=1, le=16, description="Rows of a traversal.")] = 4
    steps: Annotated[Whole, Field(ge=3, le=21, description="Columns of a traversal.")] = 9


class RecipeIn(Body):
    """How to run a recipe; the whole body may be left out."""

    params: dict[str, Any] = Field(
        {}, description="The recipe's own, as /registry/recipes declares them."
    )


class RatesIn(Body):
    """The new learning rates; one that is left out stays."""

    lr: Number | None = None
    probe_lr: Number | None = None
    why: Why = ""


def why_of(body: WhyIn | None) -> str:
    """Return the reason that a body gives; none where there is no body."""
    return body.why if body is not None else ""

"""Breakages of evaluations and reconstructions."""

from tests.tools.break_features.breakage import Breakage

BREAKAGES = (
    Breakage(
        name="accuracy-constant",
        file="acc/tasks/classification.py",
        old='return {"accuracy": self._logits(model_output).argmax(dim=1) == batch[1]}',
        new='return {"accuracy": torch.full((len(batch[1]),), 0.9)}',
        breaks="The accuracy is always the same number.",
        check="untrained",
    ),
    Breakage(
        name="metrics-constant",
        file="acc/tasks/reconstruction.py",
        old="return eval_numbers(self, self._measure, autoencoder, device)",
        new='return {"loss": 0.05}',
        breaks="A task's metrics are always the same numbers.",
        check="evaluation",
    ),
    Breakage(
        name="eval-of-untrained",
        file="trainer/worker/snapshot.py",
        old="        adopt_weights(model, [], state)\n    return",
        new="        state = None\n    return",
        breaks="The untrained model is evaluated in place of the trained one.",
        check="evaluation",
    ),
    Breakage(
        name="eval-of-first-code",
        file="trainer/worker/classes.py",
        old='    source = Source.objects.filter(pk=ref["sha256"]).first()\n',
        new="    from trainer.models import FileVersion\n\n"
        '    first = FileVersion.objects.filter(file=ref["file"]).order_by("pk").first()\n'
        "    source = first.source if first else None\n",
        breaks="An edited file's first code is run.",
        check="evaluation",
    ),
    Breakage(
        name="eval-not-kept",
        file="trainer/selectors/evals.py",
        old='order_by("-pk")[:limit])',
        new='order_by("pk")[:limit])[:1]',
        breaks="The newest evaluation is not in the history.",
        check="evaluation",
    ),
    Breakage(
        name="eval-history-of-one",
        file="trainer/selectors/evals.py",
        old='order_by("-pk")[:limit])',
        new='order_by("-pk")[:1])',
        breaks="The history has one evaluation, and no trend.",
        check="evaluation",
    ),
    Breakage(
        name="originals-twice",
        file="acc/evaluation/reconstructions.py",
        old="originals, images = originals.float().cpu(), images.float().cpu()",
        new="originals, images = originals.float().cpu(), originals.float().cpu()",
        breaks="What is shown as reconstructions are the originals.",
        check="reconstructions",
    ),
    Breakage(
        name="no-differences",
        file="trainer/worker/pictures.py",
        old='"differences": [png_base64(image) for image in differences],',
        new='"differences": [],',
        breaks="There are no differences.",
        check="reconstructions",
    ),
    Breakage(
        name="blank-differences",
        file="acc/evaluation/difference.py",
        old="difference_BHW = (images_BCHW - originals_BCHW)",
        new="difference_BHW = (images_BCHW - images_BCHW)",
        breaks="The differences show nothing.",
        check="reconstructions",
    ),
    Breakage(
        name="reconstructions-mixed-up",
        file="acc/evaluation/reconstructions.py",
        old="originals, images = originals.float().cpu(), images.float().cpu()",
        new="originals, images = originals.float().cpu(), images.float().cpu().roll(1, dims=0)",
        breaks="Reconstructions stand beside other images than their own.",
        check="reconstructions",
    ),
    Breakage(
        name="one-image",
        file="acc/evaluation/reconstructions.py",
        old="    return dataset.eval_indices.cpu()[order]",
        new="    return dataset.eval_indices.cpu()[order[:1].repeat(len(order))]",
        breaks="One image is shown eight times.",
        check="reconstructions",
    ),
    Breakage(
        name="shown-untrained",
        file="acc/evaluation/reconstructions.py",
        old="images = run_model(autoencoder, originals).get(ModelOutput.RECONSTRUCTION)",
        new="images = torch.full_like(originals, 0.2)",
        breaks="What the model makes of every image is the same grey.",
        check="reconstructions",
    ),
)

"""How like two images are: L1, PSNR and SSIM of each image, for values in [0, 1]."""

from __future__ import annotations

from torch import Tensor

MAX_PSNR_DB = 100.0
MIN_SSIM_SIDE = 2
# The window of the paper that named SSIM: a Gaussian of 1.5 pixels, cut off at 11 x 11.
SSIM_SIGMA = 1.5
SSIM_RADIUS = 5


def l1_per_image(images_BCHW: Tensor, originals_BCHW: Tensor) -> Tensor:
    """Return the mean absolute difference of each image, [B]."""
    return (images_BCHW - originals_BCHW).abs().mean(dim=(1, 2, 3))


def psnr_per_image(images_BCHW: Tensor, originals_BCHW: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio of each image in dB, [B], data range 1.0.

    The variant shown is the mean of this over images, not the ratio of the mean error
    over the data set, which is lower by up to some dB. An image met exactly counts as
    100 dB: its own ratio is infinite, and so would the mean be.
    """
    # Imported late: torchmetrics brings torchvision along, seconds and memory not all need.
    from torchmetrics.functional.image import peak_signal_noise_ratio

    psnr_B: Tensor = peak_signal_noise_ratio(
        images_BCHW, originals_BCHW, data_range=1.0, reduction="none", dim=(1, 2, 3)
    )
    return psnr_B.clamp(max=MAX_PSNR_DB)


def ssim_per_image(images_BCHW: Tensor, originals_BCHW: Tensor) -> Tensor:
    """Return the structural similarity of each image, [B], data range 1.0; 1 is the same.

    Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility
    to structural similarity", 2004, with its Gaussian window of 11 x 11 pixels. The
    variant shown is the mean over all pixels, the image mirrored beyond its edges. An
    image with a side under 6 pixels has too little to mirror and gets a narrower window.

    Raises:
        ValueError: a side is shorter than 2 pixels.
    """
    from torchmetrics.functional.image import (
        structural_similarity_index_measure,
    )

    side = min(images_BCHW.shape[-2:])
    if side < MIN_SSIM_SIDE:
        raise ValueError(
            f"SSIM needs images of 2x2 pixels or more, and these have a side of {side}"
        )
    ssim_B: Tensor = structural_similarity_index_measure(
        images_BCHW,
        originals_BCHW,
        sigma=_sigma_for(side),
        data_range=1.0,
        reduction="none",
    )  # type: ignore[assignment]  # a pair only where the whole map is asked for, too
    # torchmetrics gives a batch of one as a scalar.
    return ssim_B.reshape(len(images_BCHW))


def _sigma_for(side: int) -> float:
    """Return the Gaussian's width, in pixels, whose window an image this small can mirror.

    torchmetrics cuts the window off int(3.5 * sigma + 0.5) pixels from its middle.
    """
    return SSIM_SIGMA if side > SSIM_RADIUS else (side - 1) / 3.5

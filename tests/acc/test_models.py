"""Every model keeps the same promises: shapes, ranges, configurations, gradients, refusals."""

import json

import pytest
import torch
from torch.nn import functional

from acc.autoencoder import Autoencoder, BaseAutoencoder
from acc.conv_vae import ConvVAE
from acc.factor_slot_autoencoder import FactorSlotAutoencoder
from acc.model_output import ModelOutput

MODELS: list[type[BaseAutoencoder]] = [Autoencoder, ConvVAE, FactorSlotAutoencoder]
VAES: list[type[BaseAutoencoder]] = [ConvVAE, FactorSlotAutoencoder]
every_model = pytest.mark.parametrize("model_class", MODELS)
every_vae = pytest.mark.parametrize("model_class", VAES)


def images(count: int = 3, shape: tuple[int, int, int] = (1, 32, 32)) -> torch.Tensor:
    return torch.rand(count, *shape, generator=torch.Generator().manual_seed(1))


@every_model
@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 32, 32), (1, 8, 8), (2, 40, 40), (3, 64, 64)])
def test_a_model_takes_any_channels_and_any_size_that_halves(model_class, shape):
    model = model_class(image_shape=shape)
    output = model(images(2, shape))
    assert output[ModelOutput.LATENT].shape == (2, model.latent_dim)
    assert output[ModelOutput.RECONSTRUCTION].shape == (2, *shape)
    assert model.image_shape == shape


@every_model
def test_the_empty_configuration_fits_32_by_32_grey_images(model_class):
    output = model_class()(images())
    reconstruction = output[ModelOutput.RECONSTRUCTION]
    assert reconstruction.shape == (3, 1, 32, 32)
    assert 0 <= reconstruction.min() <= reconstruction.max() <= 1


@every_model
def test_without_decoding_the_decoder_does_not_run(model_class):
    model = model_class()
    ran = []
    for module in model.decoder.modules():
        module.register_forward_hook(lambda *_: ran.append(True))
    output = model(images(), decode=False)
    assert ModelOutput.RECONSTRUCTION not in output
    assert not ran
    output[ModelOutput.LATENT].sum().backward()
    assert all(parameter.grad is None for parameter in model.decoder.parameters())


def test_a_model_that_says_it_has_no_decoder_never_decodes():
    class Encoder(Autoencoder):
        has_decoder = False

        def decode(self, latent_BD):
            raise NotImplementedError

    assert set(Encoder()(images())) == {ModelOutput.LATENT}


@every_model
def test_decoding_the_latent_gives_the_reconstruction(model_class):
    model = model_class().eval()
    output = model(images())
    assert torch.equal(model.decode(output[ModelOutput.LATENT]), output[ModelOutput.RECONSTRUCTION])


@every_model
def test_an_image_is_encoded_alike_alone_and_in_a_batch(model_class):
    model = model_class().eval()
    together = model(images(4))[ModelOutput.LATENT]
    alone = model(images(4)[2:3])[ModelOutput.LATENT]
    torch.testing.assert_close(alone[0], together[2])


@every_model
def test_every_weight_gets_a_gradient(model_class):
    model = model_class()
    model(images())[ModelOutput.RECONSTRUCTION].square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@every_model
def test_one_seed_gives_the_same_training_to_the_bit(model_class):
    def train() -> list[float]:
        torch.manual_seed(5)
        model = model_class()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
        losses = []
        for _ in range(3):
            loss = functional.mse_loss(model(images(16))[ModelOutput.RECONSTRUCTION], images(16))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    assert train() == train()


@every_model
def test_a_model_learns_to_redraw_what_it_sees(model_class):
    torch.manual_seed(0)
    model = model_class(image_shape=(1, 16, 16), channels=(8, 16))
    position = torch.linspace(0, 3, 16)
    batch = ((position[:, None] + position + torch.arange(16)[:, None, None]).sin() + 1) / 2
    batch = batch.unsqueeze(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, fused=True)
    losses = []
    for _ in range(150):
        loss = functional.mse_loss(model(batch)[ModelOutput.RECONSTRUCTION], batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.15 * losses[0]


CONFIGS = [
    (Autoencoder, {}),
    (Autoencoder, {"image_shape": [3, 16, 16], "latent_dim": 7, "channels": [4, 8]}),
    (ConvVAE, {}),
    (ConvVAE, {"image_shape": [2, 24, 24], "latent_dim": 5, "channels": [4, 8, 8]}),
    (FactorSlotAutoencoder, {}),
    (
        FactorSlotAutoencoder,
        {
            "image_shape": [3, 16, 16],
            "factors": [["zebra", 3], ["a", 2]],
            "channels": [8, 8],
            "slots_per_factor": 2,
            "attention_blocks": 2,
            "attention_heads": 2,
            "decoder_channels": [12, 6],
        },
    ),
]


@pytest.mark.parametrize(("model_class", "config"), CONFIGS)
def test_a_configuration_comes_back_exactly_and_through_json(model_class, config):
    model = model_class(**config)
    assert config.items() <= model.config().items()
    sent = json.loads(json.dumps(model.config()))
    assert sent == model.config()
    rebuilt = model_class(**sent)
    assert rebuilt.config() == model.config()
    rebuilt.load_state_dict(model.state_dict())
    shape = tuple(model.config()["image_shape"])
    with torch.inference_mode():
        outputs = [m.eval()(images(2, shape))[ModelOutput.RECONSTRUCTION] for m in (model, rebuilt)]
    assert torch.equal(outputs[0], outputs[1])


@every_model
def test_a_description_is_json_and_its_layers_add_up(model_class):
    model = model_class()
    description = json.loads(json.dumps(model.describe()))
    assert description["class_name"] == model_class.__name__
    assert description["latent_dim"] == model.latent_dim
    assert description["image_shape"] == [1, 32, 32]
    assert description["has_decoder"] is True
    assert description["is_vae"] is (model_class in VAES)
    assert (
        sum(layer["parameters"] for layer in description["layers"])
        == (description["parameter_count"])
    )
    assert {"name", "type", "parameters"} == set(description["layers"][0])


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"image_shape": [1, 28, 32]}, "square"),
        ({"image_shape": [1, 28, 28]}, "multiple of 8"),
        ({"image_shape": [32, 32]}, r"\[channels, height, width\]"),
        ({"image_shape": [0, 32, 32]}, "whole number from 1"),
        ({"image_shape": "1x32x32"}, "list of whole numbers"),
        ({"channels": []}, "list of whole numbers"),
        ({"channels": [8, 0, 8]}, "whole number from 1"),
        ({"channels": [8, True, 8]}, "whole number from 1"),
    ],
)
@every_model
def test_a_configuration_that_cannot_be_built_is_refused_in_a_sentence(
    model_class, config, sentence
):
    with pytest.raises(ValueError, match=sentence):
        model_class(**config)


@pytest.mark.parametrize("latent_dim", [0, -3, 1.5, "32", 5000])
@pytest.mark.parametrize("model_class", [Autoencoder, ConvVAE])
def test_a_latent_of_no_size_is_refused(model_class, latent_dim):
    with pytest.raises(ValueError, match="latent_dim must be a whole number from 1 to 4,096"):
        model_class(latent_dim=latent_dim)


@every_model
def test_images_and_latents_of_another_shape_are_refused_in_a_sentence(model_class):
    model = model_class()
    with pytest.raises(ValueError, match="takes images of shape"):
        model(images(2, (3, 32, 32)))
    with pytest.raises(ValueError, match="takes images of shape"):
        model(images(2)[0])
    with pytest.raises(ValueError, match="decodes latents of shape"):
        model.decode(torch.zeros(2, 3))


@every_vae
def test_a_vae_samples_in_training_and_gives_the_mean_in_evaluation(model_class):
    model = model_class()
    torch.manual_seed(3)
    first = model(images())
    torch.manual_seed(3)
    again = model(images())
    other = model(images())
    assert torch.equal(first[ModelOutput.LATENT], again[ModelOutput.LATENT])
    assert not torch.equal(first[ModelOutput.LATENT], other[ModelOutput.LATENT])
    assert torch.equal(first[ModelOutput.MU], other[ModelOutput.MU])
    calm = model.eval()(images())
    assert torch.equal(calm[ModelOutput.LATENT], calm[ModelOutput.MU])
    assert calm[ModelOutput.LOGVAR].shape == calm[ModelOutput.MU].shape == (3, model.latent_dim)


@every_vae
def test_a_vae_stays_finite_on_weights_gone_wild(model_class):
    model = model_class()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(100)
    output = model(images())
    assert output[ModelOutput.LOGVAR].exp().isfinite().all()
    assert output[ModelOutput.LATENT].isfinite().all()


def test_a_plain_autoencoder_has_no_posterior():
    output = Autoencoder()(images())
    assert set(output) == {ModelOutput.LATENT, ModelOutput.RECONSTRUCTION}
    assert Autoencoder().factor_groups == ()

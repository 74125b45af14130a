"""Layers, against independent computations of the same mathematics."""

import torch
from torch import nn
from torch.distributions import Normal, kl_divergence
from torch.nn import functional

from acc.layers.cross_attention import CrossAttentionBlock
from acc.layers.gaussian import bound_logvar, reparametrise
from acc.layers.spatial_bottleneck import SpatialBottleneck


def test_samples_have_the_mean_and_spread_they_are_asked_for():
    torch.manual_seed(0)
    mu, logvar = torch.tensor([2.0, -1.0]), torch.tensor([0.0, -2.0])
    samples = reparametrise(mu.expand(200_000, 2), logvar.expand(200_000, 2))
    torch.testing.assert_close(samples.mean(dim=0), mu, atol=0.02, rtol=0)
    torch.testing.assert_close(samples.var(dim=0), logvar.exp(), atol=0.02, rtol=0)


def test_gradients_pass_through_a_sample():
    mu, logvar = torch.zeros(4, requires_grad=True), torch.zeros(4, requires_grad=True)
    reparametrise(mu, logvar).sum().backward()
    assert mu.grad is not None
    assert mu.grad.tolist() == [1.0] * 4
    assert logvar.grad is not None
    assert logvar.grad.abs().sum() > 0


def test_a_bounded_logvar_keeps_its_value_near_zero_and_its_gradient_far_away():
    logvar = torch.tensor([-30.0, -1.0, 0.0, 1.0, 30.0], requires_grad=True)
    bounded = bound_logvar(logvar)
    assert bounded.abs().max() < 10
    torch.testing.assert_close(bounded[1:4], logvar[1:4], atol=0.01, rtol=0)
    bounded.sum().backward()
    assert logvar.grad is not None
    assert (logvar.grad > 0).all()


def test_the_bottleneck_is_the_product_of_its_experts_and_the_prior():
    """The product of densities, normalised on a fine grid, has the mean and variance we give."""
    torch.manual_seed(1)
    bottleneck = SpatialBottleneck(channels=3, place_count=4, latent_dim=1).double()
    feature_map = torch.randn(1, 3, 2, 2, dtype=torch.float64)
    mu, logvar = bottleneck(feature_map)
    grid = torch.linspace(-12, 12, 48001, dtype=torch.float64)
    log_density = Normal(0, 1).log_prob(grid)
    for place in range(4):
        features = feature_map[0, :, place // 2, place % 2]
        mean, raw = features @ bottleneck.weight[place] + bottleneck.bias[place, 0]
        log_density = log_density + Normal(mean, functional.softplus(raw) ** -0.5).log_prob(grid)
    density = torch.softmax(log_density, dim=0)
    mean = (density * grid).sum()
    variance = (density * (grid - mean) ** 2).sum()
    torch.testing.assert_close(mu[0, 0], mean, atol=1e-5, rtol=0)
    torch.testing.assert_close(logvar[0, 0].exp(), variance, atol=0.01, rtol=0)


def test_a_bottleneck_whose_places_abstain_gives_back_the_prior():
    bottleneck = SpatialBottleneck(channels=3, place_count=4, latent_dim=2)
    with torch.no_grad():
        bottleneck.bias[..., 2:] = -100
        bottleneck.weight[..., 2:] = 0
    mu, logvar = bottleneck(torch.randn(5, 3, 2, 2))
    kl = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0, 1))
    torch.testing.assert_close(kl, torch.zeros(5, 2))


def test_cross_attention_agrees_with_torchs_own():
    torch.manual_seed(2)
    block = CrossAttentionBlock(width=8, head_count=2)
    theirs = nn.MultiheadAttention(8, 2, batch_first=True)
    theirs.load_state_dict(
        {
            "in_proj_weight": torch.cat([block.to_query.weight, block.to_key_value.weight]),
            "in_proj_bias": torch.cat([block.to_query.bias, block.to_key_value.bias]),
            "out_proj.weight": block.to_out.weight,
            "out_proj.bias": block.to_out.bias,
        }
    )
    queries, tokens = torch.randn(3, 5, 8), torch.randn(3, 7, 8)
    normed = block.token_norm(tokens)
    gathered, _ = theirs(block.query_norm(queries), normed, normed)
    expected = queries + gathered
    expected = expected + block.mlp(expected)
    torch.testing.assert_close(block(queries, tokens), expected)


def test_the_order_of_the_tokens_does_not_matter_to_attention():
    torch.manual_seed(3)
    block = CrossAttentionBlock(width=8, head_count=4)
    queries, tokens = torch.randn(2, 5, 8), torch.randn(2, 6, 8)
    torch.testing.assert_close(block(queries, tokens), block(queries, tokens.flip(1)))

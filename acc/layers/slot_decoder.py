"""A decoder that paints each place of the image from named slots."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from acc.factor_group import FactorGroup
from acc.layers.convolution import ConvDecoder
from acc.layers.cross_attention import CrossAttentionBlock


class SlotTokens(nn.Module):
    """Turn each factor group's part of the latent into tokens that bear the group's mark."""

    def __init__(self, groups: Sequence[FactorGroup], slots_per_factor: int, width: int) -> None:
        super().__init__()
        self.groups = tuple(groups)
        self.to_tokens = nn.ModuleList(
            nn.Linear(group.width, slots_per_factor * width) for group in self.groups
        )
        self.mark = nn.Parameter(torch.randn(len(self.groups) * slots_per_factor, width) * 0.5)

    def forward(self, latent_BD: Tensor) -> Tensor:
        """Return the tokens of all groups, in the groups' order, [B, T, E]."""
        parts = [
            to_tokens(latent_BD[:, group.slice])
            for group, to_tokens in zip(self.groups, self.to_tokens, strict=True)
        ]
        return torch.cat(parts, dim=1).reshape(-1, *self.mark.shape) + self.mark


class SlotDecoder(nn.Module):
    """Decode slots by letting every place of a map attend to them, then enlarge the map.

    The slots are the factor groups, as sets of slots explain an image in Locatello and others,
    "Object-Centric Learning with Slot Attention", 2020, arXiv:2006.15055, though here each has a
    name and none competes for pixels. Learned queries, one a place, read them by cross-attention
    (arXiv:1706.03762), as the output queries of Perceiver IO do: Jaegle and others, 2021,
    arXiv:2107.14795.
    """

    def __init__(
        self,
        groups: Sequence[FactorGroup],
        *,
        slots_per_factor: int,
        attention_blocks: int,
        attention_heads: int,
        map_size: int,
        channels: Sequence[int],
        image_channels: int,
    ) -> None:
        """Make a decoder whose map is `map_size` places square and `channels[0]` wide."""
        super().__init__()
        width = channels[0]
        self.map_size = map_size
        self.tokens = SlotTokens(groups, slots_per_factor, width)
        self.place = nn.Parameter(torch.randn(map_size * map_size, width) * 0.5)
        self.blocks = nn.ModuleList(
            CrossAttentionBlock(width, attention_heads) for _ in range(attention_blocks)
        )
        self.enlarge = ConvDecoder(channels, image_channels)

    def forward(self, latent_BD: Tensor) -> Tensor:
        """Return images [B, C, H, W] in [0, 1]."""
        tokens_BTE = self.tokens(latent_BD)
        queries_BPE = self.place.expand(len(latent_BD), -1, -1)
        for block in self.blocks:
            queries_BPE = block(queries_BPE, tokens_BTE)
        map_shape = (len(latent_BD), -1, self.map_size, self.map_size)
        images: Tensor = self.enlarge(queries_BPE.transpose(1, 2).reshape(map_shape))
        return images

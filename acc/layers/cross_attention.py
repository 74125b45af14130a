"""Attention of one set of vectors to another."""

from torch import Tensor, nn
from torch.nn import functional


class CrossAttentionBlock(nn.Module):
    """Let each query gather from the tokens what it needs, then think it over.

    Multi-head attention and a two-layer perceptron, each added to its input: Vaswani and others,
    "Attention Is All You Need", 2017, arXiv:1706.03762; normalised before rather than after, as
    Xiong and others, 2020, arXiv:2002.04745, found easier to train.
    """

    def __init__(self, width: int, head_count: int) -> None:
        """Make a block for queries and tokens of `width`, a multiple of `head_count`."""
        super().__init__()
        self.head_count = head_count
        self.query_norm = nn.LayerNorm(width)
        self.token_norm = nn.LayerNorm(width)
        self.to_query = nn.Linear(width, width)
        self.to_key_value = nn.Linear(width, 2 * width)
        self.to_out = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width)
        )

    def forward(self, queries_BPE: Tensor, tokens_BTE: Tensor) -> Tensor:
        """Return the queries with what they gathered, [B, P, E]."""
        query = self._split_heads(self.to_query(self.query_norm(queries_BPE)))
        key, value = self.to_key_value(self.token_norm(tokens_BTE)).chunk(2, dim=-1)
        gathered = functional.scaled_dot_product_attention(
            query, self._split_heads(key), self._split_heads(value)
        )
        queries_BPE = queries_BPE + self.to_out(gathered.transpose(1, 2).flatten(2))
        thought: Tensor = self.mlp(queries_BPE)
        return queries_BPE + thought

    def _split_heads(self, vectors_BTE: Tensor) -> Tensor:
        batch_size, token_count, width = vectors_BTE.shape
        heads = (batch_size, token_count, self.head_count, width // self.head_count)
        return vectors_BTE.reshape(heads).transpose(1, 2)

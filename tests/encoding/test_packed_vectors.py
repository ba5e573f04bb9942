"""Vectors in blocks of 4 bits: what comes of packing is near, and is packed again without loss."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clusterer.encoding.packed_vectors import BLOCK, pack

ROWS = arrays(
    np.float32,
    st.tuples(st.integers(1, 3), st.sampled_from([BLOCK, 3 * BLOCK])),
    elements=st.floats(-8, 8, width=32, allow_subnormal=False),
)


def unpacked(packed: npt.NDArray[np.uint8], scales: npt.NDArray[np.float16]) -> npt.NDArray[np.float32]:
    import torch

    from clusterer.encoding.deep_transformer import PackedEmbedding

    embedding = PackedEmbedding(torch.from_numpy(packed), torch.from_numpy(scales), torch.float32)
    return embedding(torch.arange(len(packed))).numpy()


@pytest.mark.model
@given(ROWS)
def test_a_weight_is_near_to_what_it_was_and_is_packed_again_without_loss(rows: npt.NDArray[np.float32]) -> None:
    packed, scales = pack(rows)
    assert (packed.dtype, scales.dtype) == (np.uint8, np.float16)
    found = unpacked(packed, scales)
    largest = np.abs(rows.reshape(len(rows), -1, BLOCK)).max(axis=2).repeat(BLOCK, axis=1)
    # Half a step, and a whole one where the sign is not that of the largest; a scale of float16 is as near as 2 ** -11.
    assert (np.abs(found - rows) <= largest / 8 * 1.01 + 1e-6).all()
    assert np.array_equal(unpacked(*pack(found)), found)


def test_a_block_takes_sixteen_bytes_and_a_scale() -> None:
    packed, scales = pack(np.ones((5, 4 * BLOCK), dtype=np.float32))
    assert packed.shape == (5, 2 * BLOCK)
    assert scales.shape == (5, 4)

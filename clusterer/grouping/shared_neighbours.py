"""What lies near two families: evidence that no pair has by itself.

Two articles of one story are near the same others. Two events that are much alike, an earthquake and the next, a star
in a clinic and another, have pairs that are as near, but the neighbours of the one are mostly its own. So families are
compared by their neighbours, too (Jarvis & Patrick 1973), in the form of a cosine (Houle, Kriegel, Kröger, Schubert &
Zimek 2010): each has a row of how near it is to which others.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, identity

from clusterer.grouping.compared import Compared
from clusterer.grouping.evidence import DECIMALS, neighbour_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.row_products import prepare_products, row_products
from clusterer.parallel import in_threads

# An edge counts as its evidence over the floor to this power: near neighbours tell more than those that hardly are.
POWER = 2
# What a family is to itself, as evidence over the floor.
OWN = 0.25
PAIR_BLOCK = 1 << 14


def with_neighbours(features: Features, edges: Compared, floor: float) -> tuple[Features, Compared]:
    """Families with their neighbours, which `edges` tell, pairs whose evidence is over the `floor`; and the edges with
    the evidence that they have then, those of them that are still over it.
    """
    neighbours = neighbour_rows(len(features), edges, floor)
    evidence = np.empty_like(edges.evidence)

    def fill(block: slice) -> None:
        cosines = row_products(neighbours, edges.pairs[0][block], edges.pairs[1][block])
        evidence[block] = np.round(edges.evidence[block] + neighbour_evidence(cosines), DECIMALS)

    prepare_products(neighbours, *edges.pairs)
    in_threads(fill, len(evidence), PAIR_BLOCK)
    return replace(features, neighbours=neighbours), Compared(edges.pairs, evidence).chosen(evidence > floor)


def neighbour_rows(count: int, edges: Compared, floor: float) -> csr_matrix:
    """How near each of `count` families is to which, itself among them, float32 [count, count], rows of unit length."""
    near = ((edges.evidence - floor) ** POWER).astype(np.float32)
    one_way = coo_matrix((near, edges.pairs), shape=(count, count)).tocsr()
    itself = identity(count, dtype=np.float32, format="csr") * np.float32(OWN**POWER)
    rows = csr_matrix(one_way + one_way.T + itself)
    rows.sort_indices()
    # No row is empty, as each has what the family is to itself.
    squares = np.add.reduceat(np.square(rows.data, dtype=np.float64), rows.indptr[:-1]) if count else np.zeros(0)
    rows.data /= np.repeat(np.sqrt(squares).astype(np.float32), np.diff(rows.indptr))
    return rows

"""From families to groups, one a story: neighbours, evidence, density, linkage."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clusterer.grouping.density import density_groups
from clusterer.grouping.evidence import pair_evidence
from clusterer.grouping.features import Features
from clusterer.grouping.linkage import join_groups
from clusterer.grouping.membership import without_misfits
from clusterer.grouping.neighbours import Pairs, neighbour_pairs

# How far under the evidence that joins groups a pair may lie and still be an edge.
FLOOR_BELOW = 0.12


def partition(
    features: Features, *, least_evidence: float, neighbours: int, pairs: Pairs | None = None
) -> npt.NDArray[np.intp]:
    """The story of each family, int [n], numbered from 0 by their first member.

    Families come in an order that no input order influences. Groups are joined while their mean evidence is at least
    `least_evidence`; a pair whose evidence is well under that, under the floor, is no edge. `pairs` are compared
    instead of the `neighbours` nearest, if given.
    """
    floor = least_evidence - FLOOR_BELOW
    if pairs is None:
        compared, cosines = neighbour_pairs(features.dense, neighbours)
        evidence = pair_evidence(features, *compared, cosines)
    else:
        compared, evidence = pairs, pair_evidence(features, *pairs)
    edge = evidence > floor
    edges = compared[0][edge], compared[1][edge]
    groups = density_groups(len(features), edges, 1 - evidence[edge], 1 - floor)
    groups = without_misfits(features, groups, floor)
    # A mean is no higher than the highest of its pairs: groups that no strong pair joins need not be compared.
    strong = evidence >= least_evidence
    return join_groups(features, groups, (compared[0][strong], compared[1][strong]), least_evidence)

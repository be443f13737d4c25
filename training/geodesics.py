"""Paths along the data: the shortest ways on the plane where lengths are changes of the picture.

The decoder's pull-back metric of Arvanitidis, Hansen & Hauberg, "Latent space oddity: on the curvature of
deep generative models" (ICLR 2018): G = JᵀJ for the Jacobian J of the decoder, here in root mean square
intensities of a pixel per latent unit, sampled on a grid. Their second term, which keeps geodesics where
pictures are, needs a decoder whose variance grows away from them; ours has one variance. In its place what is
empty of pictures has a price.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from training.paths import Curve, Floats, pairs
from training.plane_basis import PlaneBasis

SIDE = 48  # nodes of the grid along each side; 64 find the same ways and take twice as long
REACH = 3.2  # the grid covers at least the prior's so many σ
_PRICE_OF_EMPTINESS = 4.0  # times the mean of the metric: twice as long where no picture is near
_LEAST = 1e-3  # of the mean of the metric, so that no way is free
_KNOTS = 48  # of a geodesic that is drawn tight
_STEPS = 120
_MOVES = [(0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1)]  # and back

Decode = Callable[[Floats], NDArray[np.uint8]]


@dataclass(frozen=True, eq=False)
class PlaneMetric:
    """A metric of the plane on a square grid, interpolated between its nodes.

    Attributes:
        low: [2], the first node: left and down.
        step: from node to node.
        tensors: [side, side, 3], by up and across: G11, G12, G22.
    """

    low: Floats
    step: float
    tensors: Floats

    def at(self, places: Floats) -> Floats:
        """Tensors [n, 3] at places of the plane [n, 2]; beyond the grid those of its edge."""
        return self._mixed(places)[0]

    def _mixed(self, places: Floats) -> tuple[Floats, Floats]:
        """The same, and how they change across and up, [n, 2, 3]."""
        last = len(self.tensors) - 1
        grid = (places - self.low) / self.step
        inside = np.clip(grid, 0.0, last)
        corner = np.minimum(inside.astype(int), last - 1)
        across, up = (inside - corner).T[:, :, None]
        column, row = corner.T
        here, right = self.tensors[row, column], self.tensors[row, column + 1]
        above, beyond = self.tensors[row + 1, column], self.tensors[row + 1, column + 1]
        lower, upper = here + across * (right - here), above + across * (beyond - above)
        slopes = np.stack([(1 - up) * (right - here) + up * (beyond - above), upper - lower], axis=1)
        slopes *= (grid == inside)[:, :, None] / self.step
        return lower + up * (upper - lower), slopes

    def length(self, line: Floats) -> float:
        """Of a line [n, 2] of straight pieces, each measured by the metric at its middle."""
        fine = np.concatenate([np.linspace(a, b, 9)[:-1] for a, b in pairwise(line)] + [line[-1:]])
        middles, moves = (fine[1:] + fine[:-1]) / 2, np.diff(fine, axis=0)
        return float(np.sqrt(np.maximum(_squares(self.at(middles), moves), 0.0)).sum())

    def shortest(self, start: Floats, end: Floats) -> Floats:
        """The shortest line [n, 2] from a place to another; never longer than the straight one.

        A shortest path on the grid (Dijkstra 1959) tells which way round, then it is drawn tight: its energy,
        whose minimum is the geodesic at even speed, is descended. So is the straight line's, and the shorter
        of both is taken.
        """
        straight = np.linspace(start, end, _KNOTS)
        lines = [straight, self._tightened(straight)]
        lines.append(self._tightened(_evenly(self._on_grid(start, end), _KNOTS)))
        # Where all are as long but for rounding, the straight one.
        lengths = [self.length(line) for line in lines]
        return lines[0] if lengths[0] <= min(lengths) * (1 + 1e-9) else lines[int(np.argmin(lengths))]

    def _on_grid(self, start: Floats, end: Floats) -> Floats:
        side = len(self.tensors)
        source, target = (self._node(place) for place in (start, end))
        edges = self._edges()
        best, before = {source: 0.0}, {}
        queue, done = [(0.0, source)], set()
        while queue:
            distance, node = heapq.heappop(queue)
            if node == target:
                break
            if node in done:
                continue
            done.add(node)
            for other, cost in edges[node]:
                if distance + cost < best.get(other, np.inf):
                    best[other], before[other] = distance + cost, node
                    heapq.heappush(queue, (distance + cost, other))
        nodes = [target]
        while nodes[-1] != source:
            nodes.append(before[nodes[-1]])
        inner = [self.low + self.step * np.array(divmod(node, side)[::-1]) for node in reversed(nodes)]
        return np.stack([start, *inner[1:-1], end])

    def _node(self, place: Floats) -> int:
        side = len(self.tensors)
        column, row = np.clip(np.rint((place - self.low) / self.step), 0, side - 1).astype(int)
        return int(row * side + column)

    def _edges(self) -> list[list[tuple[int, float]]]:
        """Of each node, its neighbours and how far they are."""
        side = len(self.tensors)
        edges: list[list[tuple[int, float]]] = [[] for _ in range(side * side)]
        nodes = np.arange(side * side).reshape(side, side)
        for up, across in _MOVES:
            ours = (slice(0, side - up), slice(max(-across, 0), side - max(across, 0)))
            theirs = (slice(up, side), slice(max(across, 0), side + min(across, 0)))
            between = ((self.tensors[ours] + self.tensors[theirs]) / 2).reshape(-1, 3)
            moves = np.broadcast_to(np.array([across, up]) * self.step, (len(between), 2))
            costs = np.sqrt(np.maximum(_squares(between, moves), 0.0)).tolist()
            for one, other, cost in zip(
                nodes[ours].ravel().tolist(), nodes[theirs].ravel().tolist(), costs, strict=True
            ):
                edges[one].append((other, cost))
                edges[other].append((one, cost))
        return edges

    def _energy(self, line: Floats) -> tuple[float, Floats]:
        """The energy of a line [n, 2], and its gradient by the inner points, [n − 2, 2]."""
        moves = np.diff(line, axis=0)
        tensors, slopes = self._mixed((line[1:] + line[:-1]) / 2)
        pulls = np.stack(
            [
                tensors[:, 0] * moves[:, 0] + tensors[:, 1] * moves[:, 1],
                tensors[:, 1] * moves[:, 0] + tensors[:, 2] * moves[:, 1],
            ],
            axis=1,
        )
        turns = np.stack([_squares(slopes[:, axis], moves) for axis in range(2)], axis=1) / 2
        gradient = 2 * (pulls[:-1] - pulls[1:]) + turns[:-1] + turns[1:]
        return float((pulls * moves).sum()), gradient

    def _tightened(self, line: Floats) -> Floats:
        """Descend the energy; by the inverse of that of an even metric, so that distant points move, too."""
        inner = len(line) - 2
        even = 2 * np.eye(inner) - np.eye(inner, k=1) - np.eye(inner, k=-1)
        inverse = np.linalg.inv(even)
        stride = 1.0 / (self.tensors[..., 0] + self.tensors[..., 2]).mean()
        energy, gradient = self._energy(line)
        for _ in range(_STEPS):
            moved = line.copy()
            moved[1:-1] -= stride * inverse @ gradient
            lower, next_gradient = self._energy(moved)
            if lower < energy:
                is_done = energy - lower < 1e-7 * energy
                line, energy, gradient = moved, lower, next_gradient
                stride *= 1.3
                if is_done:
                    break
            else:
                stride /= 2
        return line


def metric(
    decode: Decode, low: Floats, high: Floats, pictures: Floats | None = None, side: int = SIDE
) -> PlaneMetric:
    """The decoder's pull-back metric on the plane.

    Args:
        decode: pictures, uint8 [n, S, S, C], at places of the plane [n, 2].
        low, high: [2] each, opposite corners of what is to be covered at least.
        pictures: [n, 2], where pictures lie on the plane; what is far from them has a price. None for none.
        side: nodes of the grid along each side.
    """
    step = float((high - low).max()) / (side - 1)
    low = (low + high) / 2 - step * (side - 1) / 2
    along = np.arange(side) * step
    rows = (_intensities(decode(low + np.stack([along, np.full(side, up)], axis=1))) for up in along)
    tensors = np.stack([_tensors(*around, step) for around in _with_neighbours(rows)])
    mean = max(float(tensors[..., 0].mean() + tensors[..., 2].mean()) / 2, 1e-12)
    price = np.full((side, side), _LEAST * mean)
    if pictures is not None and len(pictures):
        price += _PRICE_OF_EMPTINESS * mean * _emptiness(pictures, low, step, side)
    tensors[..., 0] += price
    tensors[..., 2] += price
    return PlaneMetric(low, step, tensors)


def covered(places: Floats, prior_mean: tuple[float, float]) -> tuple[Floats, Floats]:
    """Opposite corners, [2] each, of what a metric for a path through places [n, 2] should cover."""
    reach = np.array([prior_mean]) + np.array([[-REACH], [REACH]])
    around = np.concatenate([places, reach])
    return around.min(axis=0), around.max(axis=0)


def data_legs(
    stops: Floats, directions: Floats, places: Floats, along: PlaneMetric, *, closed: bool
) -> list[Floats]:
    """From each of the stops [n, d] to the next on the shortest way, [m, d] each.

    Args:
        directions: [2, d], the plane's, orthonormal.
        places: [n, 2], where the stops are on the plane. What lies off it changes evenly on the way.
    """
    legs = []
    for (start, end), (a, b) in zip(pairs(stops, closed), pairs(places, closed), strict=True):
        line = along.shortest(a, b)
        shares = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        shares = shares / shares[-1] if shares[-1] else np.linspace(0.0, 1.0, len(line))
        off = (end - start) - (b - a) @ directions
        leg = start + (line - a) @ directions + shares[:, None] * off
        leg[0], leg[-1] = start, end
        legs.append(leg)
    return legs


def _squares(tensors: Floats, moves: Floats) -> Floats:
    """Squared lengths [n] of moves [n, 2] by tensors [n, 3]."""
    across, up = moves.T
    squares: Floats = tensors[:, 0] * across**2 + 2 * tensors[:, 1] * across * up + tensors[:, 2] * up**2
    return squares


def _evenly(line: Floats, count: int) -> Floats:
    """As many points, [count, 2], evenly spaced on a line of straight pieces."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    at = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(at, along, line[:, axis]) for axis in range(2)], axis=1)


_Row = NDArray[np.float32]


def _intensities(pictures: NDArray[np.uint8]) -> _Row:
    return pictures.reshape(len(pictures), -1).astype(np.float32) / np.float32(255)


def _with_neighbours(rows: Iterable[_Row]) -> Iterator[tuple[_Row | None, _Row, _Row | None]]:
    """Each row with the one below and the one above it: no more than three are in memory."""
    before: _Row | None = None
    here: _Row | None = None
    for row in rows:
        if here is not None:
            yield before, here, row
        before, here = here, row
    if here is not None:
        yield before, here, None


def _tensors(below: _Row | None, here: _Row, above: _Row | None, step: float) -> Floats:
    """Tensors [side, 3] of a row of decodings [side, D], by differences of neighbours."""
    across = np.gradient(here, step, axis=0)
    first, last = (here if below is None else below), (here if above is None else above)
    up = (last - first) / (step * ((below is not None) + (above is not None)))
    products = [(a * b).mean(axis=1) for a, b in ((across, across), (across, up), (up, up))]
    return np.stack(products, axis=1).astype(np.float64)


def _emptiness(pictures: Floats, low: Floats, step: float, side: int) -> Floats:
    """How empty of pictures the nodes are, [side, side]: 1 far from all, near 0 where they usually lie."""
    edges = [low[axis] + step * (np.arange(side + 1) - 0.5) for axis in range(2)]
    counts, _, _ = np.histogram2d(pictures[:, 1], pictures[:, 0], bins=(edges[1], edges[0]))
    # Scott's rule for the width of a density estimate in two dimensions, at least a cell.
    width = max(float(pictures.std(axis=0).mean()) * len(pictures) ** (-1 / 6), step)
    apart = (np.arange(side)[:, None] - np.arange(side)) * step
    blur = np.exp(-0.5 * (apart / width) ** 2)
    density = blur @ counts @ blur
    usual = np.median(np.repeat(density.ravel(), counts.ravel().astype(int))) if counts.any() else 1.0
    emptiness: Floats = np.exp(-4 * density / max(float(usual), 1e-12))
    return emptiness


def plane_metric(
    decode: Decode, basis: PlaneBasis, stops: Floats, pictures: NDArray[np.floating]
) -> PlaneMetric:
    """The metric of the plane through the middle of stops [n, d], as far as paths between them may go.

    Args:
        decode: pictures, uint8 [n, S, S, C], at latent points [n, d].
        basis: which plane.
        pictures: [m, d], where the pictures lie; what is far from them has a price.
    """
    shown = basis.slice_through(stops.mean(axis=0))
    low, high = covered(_places(basis, stops), basis.prior_mean)
    seen = _places(basis, np.asarray(pictures, np.float64))
    return metric(lambda at: decode(shown.latent(at)), low, high, seen)


def curve_along_data(along: PlaneMetric, basis: PlaneBasis, stops: Floats, *, closed: bool) -> Curve:
    """A curve through stops [n, d] on the shortest ways by a metric of the plane.

    Raises:
        VaeError: there are not two stops, or all lie at one place.
    """
    return Curve(data_legs(stops, basis.directions[:2], _places(basis, stops), along, closed=closed))


def _places(basis: PlaneBasis, latent: Floats) -> Floats:
    places: Floats = (latent - basis.middle) @ basis.directions[:2].T
    return places

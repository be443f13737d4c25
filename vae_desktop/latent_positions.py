"""Where pictures and handles lie in the latent space, and which plane through it is shown; without Qt."""

import numpy as np
from numpy.typing import NDArray

from training.plane_basis import PlaneBasis, PlaneSlice
from training.posteriors import Posteriors
from training.surroundings import Surroundings

Place = tuple[float, float]


class LatentPositions:
    """Positions in latent numbers, and the same on the plane and off it.

    A handle is kept where it is in the latent space: what it decodes to stays when the plane turns. What a
    person sees is the slice through the active handle, so that a handle and the plane around it agree.
    """

    def __init__(self) -> None:
        self.begin(2)

    def begin(self, latent_dim: int) -> None:
        """Turn to another latent space, without pictures and handles yet."""
        self.numbers = np.zeros(0, np.int64)
        self.posteriors = Posteriors.none(latent_dim)
        self.basis = PlaneBasis.of_numbers(self.means, 0, 1)
        self.surroundings = Surroundings(self.means, self.sigmas)
        self._chosen: tuple[int, int] | None = None
        self._handles: dict[int, NDArray[np.float64]] = {}
        self._slice = self.basis.slice_through(self.basis.middle)

    @property
    def means(self) -> NDArray[np.float32]:
        """Where pictures lie, [n, latent_dim]."""
        return self.posteriors.means

    @property
    def sigmas(self) -> NDArray[np.float32]:
        """How wide their posteriors are, [n, latent_dim]."""
        return self.posteriors.sigmas

    @property
    def slice(self) -> PlaneSlice:
        """The plane that is shown."""
        return self._slice

    @property
    def share_on_plane(self) -> float | None:
        """How much of the pictures' variance the plane holds, 0 to 1; None without pictures."""
        return self.basis.share_on_plane(self.means) if len(self.means) else None

    # ------------------------------------------------------------------ the plane

    def set_pictures(
        self,
        numbers: NDArray[np.int64],
        posteriors: Posteriors,
        *,
        may_turn: bool,
    ) -> bool:
        """Take where pictures lie now; turn principal directions that no longer show what differs most.

        Args:
            numbers: [n], ascending, which pictures these are.
            posteriors: of those.
            may_turn: False leaves the plane as it is, as while a handle is dragged.

        Returns:
            Whether the plane turned.
        """
        is_first = len(self.numbers) == 0
        self.numbers, self.posteriors, means = numbers, posteriors, posteriors.means
        self.surroundings = Surroundings(means, posteriors.sigmas)
        if self.basis.latent_dim == 2 or self._chosen is not None or len(numbers) == 0:
            return False
        if is_first:
            self._begin_plane(PlaneBasis.first(means))
            return True
        if may_turn and self.basis.has_drifted(means):
            self._turn_to(PlaneBasis.principal(means, self.basis))
            return True
        return False

    def _begin_plane(self, basis: PlaneBasis) -> None:
        """Show the first plane of these pictures; handles keep their places on it and come to lie on it."""
        places = {handle: self.place(handle) for handle in self._handles}
        self.basis, self._slice = basis, basis.slice_through(basis.middle)
        for handle, place in places.items():
            self.add(handle, place)

    def choose(self, numbers: tuple[int, int] | None) -> None:
        """Show the plane of two latent numbers, counted from 0, or of the principal directions (None)."""
        self._chosen = numbers
        means = self.means
        self._turn_to(PlaneBasis.first(means) if numbers is None else PlaneBasis.of_numbers(means, *numbers))

    def _turn_to(self, basis: PlaneBasis) -> None:
        self.basis = basis
        self._slice = basis.slice_through(self._slice.middle)

    # ------------------------------------------------------------------ handles

    def add(self, handle: int, place: Place) -> None:
        """Put a new handle on the slice that is shown."""
        self._handles[handle] = self._slice.latent(np.array(place))

    def remove(self, handle: int) -> None:
        """Forget a handle."""
        self._handles.pop(handle, None)

    def move(self, handle: int, place: Place) -> None:
        """Move a handle along the plane; what lies off it stays."""
        self._handles[handle] = self.basis.slice_through(self._handles[handle]).latent(np.array(place))

    def move_off_plane(self, handle: int, direction: int, value: float) -> None:
        """Move a handle along one direction off the plane, to a value as :meth:`off_plane` has it."""
        step = (value - self.off_plane(handle)[direction]) * self.basis.spreads[2 + direction]
        self._handles[handle] = self._handles[handle] + step * self.basis.directions[2 + direction]
        self.select(handle)

    def move_to_middle(self, handle: int) -> None:
        """Move a handle to the middle of the pictures in all directions off the plane."""
        middle = PlaneSlice(self.basis.middle, self.basis.directions[:2])
        self._handles[handle] = middle.latent(np.array(self.place(handle)))
        self.select(handle)

    def move_to_picture(self, handle: int, number: int) -> bool:
        """Move a handle to exactly where a picture lies. Returns whether it is known where."""
        latent = self.latent_of(number)
        if latent is None:
            return False
        self.put(handle, latent)
        self.select(handle)
        return True

    def row_of(self, number: int) -> int | None:
        """The row of a picture in ``means`` and ``sigmas``; None where it is not known where it lies."""
        row = int(np.searchsorted(self.numbers, number))
        return row if row < len(self.numbers) and self.numbers[row] == number else None

    def latent_of(self, number: int) -> tuple[float, ...] | None:
        """Where a picture lies, in latent numbers; None where that is not known."""
        row = self.row_of(number)
        return None if row is None else tuple(self.means[row].astype(np.float64).tolist())

    def put(self, handle: int, latent: tuple[float, ...]) -> None:
        """Move a handle to a point of the latent space."""
        self._handles[handle] = np.array(latent, np.float64)

    def picture_at(self, place: Place) -> int | None:
        """The picture that lies exactly at a place of the plane, as a handle does that snapped to it."""
        if len(self.numbers) == 0:
            return None
        on_plane = self.basis.on_plane(self.means)
        (rows,) = np.nonzero((on_plane == np.array(place, np.float32)).all(axis=1))
        return int(self.numbers[rows[0]]) if len(rows) else None

    def select(self, handle: int) -> None:
        """Show the slice through a handle."""
        self._slice = self.basis.slice_through(self._handles[handle])

    def latent(self, handle: int) -> tuple[float, ...]:
        """Where a handle is, in latent numbers."""
        return tuple(self._handles[handle].tolist())

    def place(self, handle: int) -> Place:
        """Where a handle is on the plane."""
        across, up = self.basis.coordinates(self._handles[handle])[:2].tolist()
        return across, up

    def off_plane(self, handle: int) -> NDArray[np.float64]:
        """How far a handle is off the middle of the pictures, along every direction off the plane.

        Returns:
            [latent_dim − 2], in the pictures' standard deviations along each direction.
        """
        basis = self.basis
        return (basis.coordinates(self._handles[handle]) / basis.spreads)[2:]

    def nearest(self, handle: int | None) -> tuple[int, float] | None:
        """The picture nearest to a handle in the latent space, and how far it is; None without pictures."""
        return None if handle is None else self.nearest_to(self._handles[handle])

    def nearest_to(self, latent: NDArray[np.float64]) -> tuple[int, float] | None:
        """The picture nearest to a point of the latent space, [latent_dim]; as :meth:`nearest`."""
        found = self.surroundings.nearest(latent)
        return None if found is None else (int(self.numbers[found[0]]), found[1])

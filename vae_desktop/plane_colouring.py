"""What colours the pictures have on the plane, and what these mean."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

Classes = NDArray[np.uint8]

# From the palettes of Okabe & Ito (2008), Tol (2021) and Petroff (2021) those that a search found to be
# farthest apart, from each other and from the grey of the rest, for usual sight, protanopia and deuteranopia
# (as simulated by Machado et al. 2009): at least 18 in CIELAB. The n-th ones of both have about the same hue.
ON_LIGHT = (
    "#3f90da", "#ee8866", "#228833", "#aa4499", "#bd1f01",
    "#ccbb44", "#332288", "#ee3377", "#882255", "#101010",
)  # fmt: skip
ON_DARK = (
    "#3f90da", "#ee7733", "#44bb99", "#aa4499", "#bd1f01",
    "#ffa90e", "#99ddff", "#eedd88", "#b9ac70", "#f4f4f4",
)  # fmt: skip
MOST_NAMED = len(ON_LIGHT)
"""So many classes have a colour of their own."""

OTHER_ON_LIGHT, OTHER_ON_DARK = "#afafaf", "#6e6e6e"

# Viridis at twelve even steps: perceptually uniform, and in order for colour-blind eyes and in grey (Smith &
# van der Walt 2015, for matplotlib; CC0). Its end next to the ground is left out, as it would not be seen.
_VIRIDIS = (
    "#440154", "#482173", "#423e85", "#38588c", "#2d6f8e", "#25848e",
    "#1e9b89", "#2ab07e", "#50c469", "#85d449", "#c1df23", "#fde725",
)  # fmt: skip
SCALE_STEPS = 48
"""So many colours stand for a continuous value; neighbours cannot be told apart."""


@dataclass(frozen=True)
class Scale:
    """What the colours of a continuous value mean.

    Attributes:
        title: in plain words, with the unit.
        ticks: (where on the scale, from 0 to 1, what is written there), ascending.
    """

    title: str
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, eq=False)
class Colouring:
    """A colour for each picture.

    Class 0 is grey: the rest, or what is not known.

    Attributes:
        classes: uint8 [n], which class each picture is of, by its number; what lies beyond is of class 0.
        on_light, on_dark: colours of the classes on a light and on a dark ground, one for each.
        names: of the classes in a legend, one for each; '' leaves one out. None for a scale.
        scale: of a continuous value, whose steps are the classes from 1 on.
        note: what there is to say besides, as while the values are not known.
    """

    classes: Classes
    on_light: tuple[str, ...]
    on_dark: tuple[str, ...]
    names: tuple[str, ...] = ()
    scale: Scale | None = None
    note: str = ""
    _cache: dict[bool, list[QColor]] = field(default_factory=dict, init=False, repr=False)

    def colours(self, *, dark: bool) -> list[QColor]:
        """Of the classes."""
        if dark not in self._cache:
            self._cache[dark] = [QColor(name) for name in (self.on_dark if dark else self.on_light)]
        return self._cache[dark]

    def of(self, numbers: NDArray[np.int64]) -> Classes:
        """The classes of some pictures, uint8 [m], by their numbers [m]."""
        if len(self.classes) == 0:
            return np.zeros(len(numbers), np.uint8)
        known = np.minimum(numbers, len(self.classes) - 1)
        return np.where(numbers < len(self.classes), self.classes[known], 0).astype(np.uint8)


def named(
    classes: Classes,
    names: tuple[str, ...],
    *,
    other: str,
    colours: tuple[int, ...] | None = None,
    note: str = "",
) -> Colouring:
    """Colours for pictures of a few kinds.

    Args:
        classes: uint8 [n]; 1 is the kind that is named first, 0 is none of these.
        names: of the kinds.
        other: what the pictures of class 0 are called.
        colours: which of the palette's each kind has; None for them in their order.
        note: what there is to say besides.
    """
    places = tuple(range(len(names))) if colours is None else colours
    light, dark = ([palette[place % MOST_NAMED] for place in places] for palette in (ON_LIGHT, ON_DARK))
    return Colouring(classes, (OTHER_ON_LIGHT, *light), (OTHER_ON_DARK, *dark), (other, *names), note=note)


def scaled(values: NDArray[np.floating], low: float, high: float, scale: Scale, note: str = "") -> Colouring:
    """Colours for a continuous value of pictures.

    Args:
        values: [n]; NaN where it is not known.
        low: what stands at the scale's beginning; lower ones look like it.
        high: what stands at its end; higher ones look like it.
        scale: says what the colours mean.
        note: what there is to say besides.
    """
    share = (np.asarray(values, np.float64) - low) / max(high - low, 1e-300)
    known = np.isfinite(share)
    steps = np.clip(np.where(known, share, 0.0), 0.0, 1.0) * (SCALE_STEPS - 1)
    classes = np.where(known, np.rint(steps) + 1, 0).astype(np.uint8)
    light, dark = viridis(0.0, 0.88), viridis(0.14, 1.0)
    return Colouring(classes, (OTHER_ON_LIGHT, *light), (OTHER_ON_DARK, *dark), scale=scale, note=note)


def unknown(note: str) -> Colouring:
    """All pictures grey, and why."""
    return Colouring(np.zeros(0, np.uint8), (OTHER_ON_LIGHT,), (OTHER_ON_DARK,), ("",), note=note)


def viridis(start: float, end: float, count: int = SCALE_STEPS) -> list[str]:
    """Colours at even steps from one share of viridis to another."""
    stops = np.array([[int(name[at : at + 2], 16) for at in (1, 3, 5)] for name in _VIRIDIS])
    places = np.linspace(start, end, count) * (len(stops) - 1)
    channels = [np.interp(places, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    return [QColor(*colour).name() for colour in np.rint(np.stack(channels, axis=1)).astype(int).tolist()]

"""Where latent coordinates lie on the screen: plain arithmetic without Qt."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.language import number

HOME_HALF_SPAN = 3.2
"""Half the side of the square that the first view shows, in σ of the prior."""

MIN_SCALE, MAX_SCALE = 1e-4, 20_000.0
"""Pixels per latent unit; beyond, painting coordinates leave what the raster engine can draw."""

FIT_MARGIN = 1.1


@dataclass(frozen=True)
class PlaneView:
    """One way of looking at the plane: equal scale on both axes, z2 grows upwards.

    Attributes:
        z1: latent coordinate at the centre of the area.
        z2: latent coordinate at the centre of the area.
        span: latent units across the area's shorter side, so that a resize keeps what is seen.
        left: left edge of the area in pixels.
        top: top edge of the area in pixels.
        width: of the area in pixels, positive.
        height: of the area in pixels, positive.
    """

    z1: float = 0.0
    z2: float = 0.0
    span: float = 2 * HOME_HALF_SPAN
    left: float = 0.0
    top: float = 0.0
    width: float = 1.0
    height: float = 1.0

    @property
    def scale(self) -> float:
        """Pixels per latent unit."""
        return min(self.width, self.height) / self.span

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """What is visible: z1_min, z1_max, z2_min, z2_max."""
        half_width, half_height = self.width / 2 / self.scale, self.height / 2 / self.scale
        return self.z1 - half_width, self.z1 + half_width, self.z2 - half_height, self.z2 + half_height

    def to_screen(self, z1: float, z2: float) -> tuple[float, float]:
        """Latent coordinates to pixels."""
        x = self.left + self.width / 2 + (z1 - self.z1) * self.scale
        return x, self.top + self.height / 2 - (z2 - self.z2) * self.scale

    def to_latent(self, x: float, y: float) -> tuple[float, float]:
        """Pixels to latent coordinates."""
        z1 = self.z1 + (x - self.left - self.width / 2) / self.scale
        return z1, self.z2 - (y - self.top - self.height / 2) / self.scale

    def place(self, means: NDArray[np.float32]) -> NDArray[np.float64]:
        """Latent coordinates [n, 2] to pixels [n, 2]."""
        origin = np.array(self.to_screen(0.0, 0.0))
        places: NDArray[np.float64] = means.astype(np.float64) * (self.scale, -self.scale) + origin
        return places

    def clamp(self, z1: float, z2: float) -> tuple[float, float]:
        """The nearest point that is visible."""
        z1_min, z1_max, z2_min, z2_max = self.extent
        return min(max(z1, z1_min), z1_max), min(max(z2, z2_min), z2_max)

    def contains(self, x: float, y: float) -> bool:
        """Whether the pixel lies in the area."""
        return self.left <= x < self.left + self.width and self.top <= y < self.top + self.height

    def placed(self, left: float, top: float, width: float, height: float) -> "PlaneView":
        """The same part of the plane in another area; sides below one pixel count as one."""
        return replace(self, left=left, top=top, width=max(width, 1.0), height=max(height, 1.0))

    def zoomed(self, factor: float, x: float, y: float) -> "PlaneView":
        """``factor`` times as large, with what lies under the pixel staying there."""
        before = self.to_latent(x, y)
        shorter = min(self.width, self.height)
        span = min(max(self.span / factor, shorter / MAX_SCALE), shorter / MIN_SCALE)
        zoomed = replace(self, span=span)
        after = zoomed.to_latent(x, y)
        return replace(zoomed, z1=self.z1 + before[0] - after[0], z2=self.z2 + before[1] - after[1])

    def panned(self, dx: float, dy: float) -> "PlaneView":
        """Everything moved by so many pixels to the right and down."""
        return replace(self, z1=self.z1 - dx / self.scale, z2=self.z2 + dy / self.scale)

    def home(self) -> "PlaneView":
        """The prior's ±3.2 σ."""
        return replace(self, z1=0.0, z2=0.0, span=2 * HOME_HALF_SPAN)

    def fitted(self, z1_min: float, z1_max: float, z2_min: float, z2_max: float) -> "PlaneView":
        """All of the given extent with a margin around it."""
        shorter = min(self.width, self.height)
        per_pixel = max((z1_max - z1_min) / self.width, (z2_max - z2_min) / self.height) * FIT_MARGIN
        per_pixel = max(per_pixel, 0.05 / shorter)
        return replace(self, z1=(z1_min + z1_max) / 2, z2=(z2_min + z2_max) / 2, span=per_pixel * shorter)


def tick_values(low: float, high: float, most: int) -> tuple[list[float], int]:
    """Round numbers from low to high, at most about ``most``, and the decimals that tell them apart."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [], 0
    raw = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * base for base in (1, 2, 5, 10) if power * base >= raw * 0.999)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)], decimals


def signed(value: float, decimals: int) -> str:
    """A number with a true minus sign, and none before zero."""
    text = number(abs(value), f".{decimals}f")
    return f"−{text}" if value < 0 and round(value, decimals) != 0 else text

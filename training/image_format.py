"""What every picture of a project is turned into."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from training.errors import VaeError
from training.language import mark, tr
from training.setting_help import LARGEST_SIZE, MODEL_SETTINGS, SIZE_STEP, SMALLEST_SIZE, Background, Framing


@dataclass(frozen=True)
class ImageFormat:
    """What every picture of a project is turned into.

    Attributes:
        size: S, the side in pixels; a multiple of 16 from 32 to 256.
        channels: C; 1 for grey, 3 for colour.
        framing: how it becomes square: ``crop`` takes the square in its middle, ``fit`` shows all of it with
            a border, ``stretch`` distorts it.
        background: what stands behind what is transparent.

    Raises:
        VaeError: for any other values.
    """

    size: int
    channels: int
    framing: Framing = "crop"
    background: Background = "white"

    def __post_init__(self) -> None:
        if not MODEL_SETTINGS["size"].allows(self.size):
            raise VaeError(
                tr("Pictures cannot be {size!r} pixels wide.", size=self.size),
                advice=tr(
                    "Choose a multiple of {step} from {smallest} to {largest}.",
                    step=SIZE_STEP,
                    smallest=SMALLEST_SIZE,
                    largest=LARGEST_SIZE,
                ),
            )
        if not MODEL_SETTINGS["channels"].allows(self.channels):
            raise VaeError(
                tr("Pictures cannot have {channels!r} channels.", channels=self.channels),
                advice=tr("Choose 1 (grey) or 3 (colour)."),
            )
        MODEL_SETTINGS["framing"].check(self.framing)
        MODEL_SETTINGS["background"].check(self.background)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(S, S, C)."""
        return self.size, self.size, self.channels

    def __str__(self) -> str:
        words = (
            mark("{size}×{size} pixels in grey")
            if self.channels == 1
            else mark("{size}×{size} pixels in colour")
        )
        parts = [tr(words, size=self.size)]
        if self.framing != "crop":
            parts.append(tr(mark("shown whole") if self.framing == "fit" else mark("stretched")))
        if self.background != "white":
            parts.append(tr("on black"))
        return ", ".join(parts)

    def to_json(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> "ImageFormat":
        """The opposite of :meth:`to_json`, also of a version that knew size and channels only.

        Raises:
            VaeError: for anything else.
        """
        known = {field.name for field in fields(cls)}
        if not isinstance(value, dict) or not {"size", "channels"} <= set(value) <= known:
            raise VaeError(tr("The description of the picture format is damaged."))
        return cls(**value)

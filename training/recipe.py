"""How an exported picture was made, kept within the file: dropped on the window, it brings all of that back.

It is JSON, in a PNG's iTXt chunk, a WebP's XMP packet or a GIF's comment. What is read is foreign: its size
is bounded, every value checked, and nothing unpickled.
"""

import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from training.errors import VaeError
from training.language import tr
from training.paths import MOST_STOPS, PathSettings

if TYPE_CHECKING:
    from PIL.Image import Image

Latent = tuple[float, ...]

KEY = "vae-desktop-recipe"
FORMAT = 1
MOST_BYTES = 1_000_000
MOST_HANDLES = 1_000
_MOST_NUMBERS = 4_096  # of a latent point
_DIGEST = re.compile(r"[0-9a-f]{64}")
_KINDS = {".png", ".webp", ".gif"}
_FORMATS = ("PNG", "WEBP", "GIF")
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    f'<rdf:Description xmlns:v="urn:vae-desktop"><v:recipe id="{KEY}">{{}}</v:recipe></rdf:Description>'
    "</rdf:RDF></x:xmpmeta>"
)
_IN_XMP = re.compile(rf'<v:recipe id="{KEY}">(.*?)</v:recipe>', re.DOTALL)


@dataclass(frozen=True)
class Recipe:
    """What a picture was made from.

    Attributes:
        program: its name and version.
        model: SHA-256 of the weights that drew it, see latent.LatentModel.weights_digest.
        latent_dim: how many latent numbers a point has.
        handles: where the handles were, by their numbers.
        stops: of the path.
        path: how it goes through them.
        view: where one looked: z1 and z2 of the middle, and the span; None where that does not matter.
        active: the number of the handle whose picture was shown; None where that is not known.
    """

    program: str
    model: str
    latent_dim: int
    handles: Mapping[int, Latent] = field(default_factory=dict)
    stops: tuple[Latent, ...] = ()
    path: PathSettings = field(default_factory=PathSettings)
    view: tuple[float, float, float] | None = None
    active: int | None = None

    def as_text(self) -> str:
        """As JSON, in ASCII."""
        value = {
            "format": FORMAT,
            "program": self.program,
            "model": self.model,
            "latent_dim": self.latent_dim,
            "handles": {str(number): list(latent) for number, latent in self.handles.items()},
            "stops": [list(stop) for stop in self.stops],
            "path": self.path.as_json(),
            "view": None if self.view is None else list(self.view),
            "active": self.active,
        }
        return json.dumps(value, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The same back.

        Raises:
            VaeError: it is none of ours, or of a newer version.
        """
        try:
            value = json.loads(text)
            if value["format"] > FORMAT:
                raise VaeError(
                    tr("This picture was made with a newer version of VAE Desktop."),
                    advice=tr("Update the program."),
                )
            return cls._checked(value)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise VaeError(tr("What this picture says about how it was made is damaged.")) from error

    @classmethod
    def _checked(cls, value: Mapping[str, Any]) -> Self:
        latent_dim, model = value["latent_dim"], str(value["model"])
        if type(latent_dim) is not int or not 1 <= latent_dim <= _MOST_NUMBERS:
            raise ValueError(f"{latent_dim} latent numbers")
        if not _DIGEST.fullmatch(model):
            raise ValueError("no digest of a model")
        handles, stops, view = dict(value["handles"]), list(value["stops"]), value["view"]
        if len(handles) > MOST_HANDLES or len(stops) > MOST_STOPS:
            raise ValueError("too many points")
        numbers = {int(number): _numbers(latent, latent_dim) for number, latent in handles.items()}
        if any(not 1 <= number <= 10**6 for number in numbers):
            raise ValueError("no number of a handle")
        active = value.get("active")  # which the first versions did not write
        if active is not None and (type(active) is not int or active not in numbers):
            raise ValueError("no handle is active")
        seen = None
        if view is not None:
            z1, z2, span = _numbers(view, 3)
            if span <= 0:
                raise ValueError(f"a span of {span}")
            seen = z1, z2, span
        return cls(
            program=str(value["program"])[:100],
            model=model,
            latent_dim=latent_dim,
            handles=numbers,
            stops=tuple(_numbers(stop, latent_dim) for stop in stops),
            path=PathSettings.from_json(value["path"]),
            view=seen,
            active=active,
        )


def _numbers(value: Any, count: int) -> Latent:
    if not isinstance(value, list) or len(value) != count:
        raise ValueError(f"expected {count} numbers")
    numbers = tuple(float(each) for each in value)
    if not all(abs(number) < 1e9 for number in numbers):  # NaN neither
        raise ValueError("expected finite numbers")
    return numbers


def save_options(kind: str, recipe: str) -> dict[str, Any]:
    """What Pillow has to be told so that a file of a kind ("PNG", "WEBP", "GIF") keeps a recipe."""
    if not recipe:
        return {}
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt(KEY, recipe)
        return {"pnginfo": info}
    if kind == "WEBP":
        return {"xmp": _XMP.format(escape(recipe)).encode()}
    return {"comment": f"{KEY}:{recipe}".encode()} if kind == "GIF" else {}


def save_with_recipe(image: "Image", path: Path, kind: str, recipe: str) -> None:
    """Write a picture as Pillow does, with a recipe where the kind has a place for it."""
    image.save(path, kind, **save_options(kind, recipe))


def read_recipe(path: Path) -> Recipe | None:
    """The recipe in a file; None where there is none, or it is no picture of a kind that we write.

    Raises:
        VaeError: there is one, but it is damaged or of a newer version.
    """
    if path.suffix.lower() not in _KINDS:
        return None
    text = _text_in(path)
    if text is None:
        return None
    if len(text) > MOST_BYTES:
        raise VaeError(tr("What this picture says about how it was made is damaged."))
    return Recipe.from_text(text)


def has_recipe(path: Path) -> bool:
    """Whether a file says that it keeps a recipe, be it damaged."""
    return path.suffix.lower() in _KINDS and _text_in(path) is not None


def _text_in(path: Path) -> str | None:
    from PIL import Image

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=_FORMATS) as image:
            info = image.info
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if isinstance(info.get(KEY), str):
        return str(info[KEY])
    if isinstance(xmp := info.get("xmp"), bytes) and len(xmp) <= 2 * MOST_BYTES:
        found = _IN_XMP.search(xmp.decode("utf-8", "replace"))
        return unescape(found.group(1)) if found else None
    comment = info.get("comment")
    if isinstance(comment, bytes) and comment.startswith(f"{KEY}:".encode()):
        return comment[len(KEY) + 1 :].decode("utf-8", "replace")
    return None

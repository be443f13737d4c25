"""The latent plane as one web page that needs nothing else: no server, no internet, no program of ours.

**The decoder itself draws**, in plain JavaScript, rather than a grid of ready pictures being blended. All
decoders that this program makes are small: at most 2.4 million numbers, 30 million multiplications a picture.
In Chromium 140 on one core of an AMD EPYC, a picture takes 0.8 ms at 32 pixels in grey, 5 ms at 64 and 12 ms
at 128 in colour: less than a frame. (Ready pictures that lie dense enough would weigh more than the network's
4 to 6 MB, and between two of them one sees both at once.)

**Half precision** keeps 11 bits of each weight. Whether the pictures stay the same is checked for every page.

**It is safe to hand on.** The page holds nobody's pictures and no names of files, only the title. A policy in
its head (CSP) forbids everything but the very script and style that are in it, by their hashes; so even a
title that would be script is text, and no request can leave the page.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from training import __version__
from training.errors import VaeError
from training.language import tr
from training.latent import LatentModel
from training.layer_chain import Step, chain_of
from training.places import resources_folder
from training.plane_basis import PlaneBasis, PlaneSlice
from training.sheets import sheet_plane
from training.stills import tile
from training.vae_file import SharedModel

MOST_BYTES = 10_000_000
TOLERANCE = 2
"""In grey levels of 255, by which a pixel may be off.

Rounding to 11 bits changes a weight by at most 2⁻¹¹ of it, at random; over the five layers of a decoder that
is some 2⁻¹⁰ of the logits x, and |x σ′(x)| is at most 0.224: a twentieth of a level, and one where terms of a
sum cancel each other strongly. Rounding to bytes can make one more of it.
"""

MAP_TILES, MAP_REACH = 20, 3.2  # a side; from the middle to the edge, in the plane's units
_TILE_SIDE = 48  # pixels at most
_CHECKED, _CANDIDATES = 64, 64
_FOLDER = "web"
_PLACE = re.compile(r"\{\{([a-z]+)(?::([a-z-]+))?\}\}")


def web_page(shared: SharedModel, model: LatentModel, *, with_points: bool) -> tuple[bytes, float]:
    """The page in UTF-8, and by how much its pictures differ from the program's own, in 0 to 1.

    Args:
        model: the network of ``shared``.
        with_points: whether to show where the pictures lie.

    Raises:
        VaeError: with one latent number only, or when half precision is too little for this network.
    """
    basis, plane = sheet_plane(shared.posteriors.means)
    difference = _difference_halved(model, shared)
    steps, weights = _packed(chain_of(model.network.decoder))
    page = {
        "size": model.config.size,
        "channels": model.config.channels,
        "latentDim": model.config.latent_dim,
        "steps": steps,
        "middle": plane.middle.tolist(),
        "directions": plane.directions.tolist(),
        "priorMean": basis.prior_mean,
        "start": _start(basis, plane, shared, model),
        "axes": [_subscripted(name) for name in basis.names],
        "map": {"tiles": MAP_TILES, "spacing": 2 * MAP_REACH / MAP_TILES},
        "points": _points(basis, shared) if with_points else {"learned": [], "heldOut": []},
    }
    texts = {
        "title": html.escape(shared.about.title),
        "facts": html.escape(_facts(shared)),
        "generator": f"Made with VAE Desktop {__version__}",
        "pictures": html.escape(f"{shared.about.pictures:,} pictures"),
        "flags": "" if with_points else "no-points",
        "page": _inert(page),
        "weights": base64.b64encode(weights).decode(),
        "map": base64.b64encode(_map(model, plane)).decode(),
    }
    return _fill_in(texts).encode(), difference


def _difference_halved(model: LatentModel, shared: SharedModel) -> float:
    """The largest difference of a pixel that half precision makes, in 0 to 1."""
    points = np.random.default_rng(0).standard_normal((_CHECKED, model.config.latent_dim))
    points[: _CHECKED // 2][: len(shared.posteriors)] = shared.posteriors.means[: _CHECKED // 2]
    with np.errstate(over="ignore"):
        halved = {name: value.astype(np.float16).astype(np.float32) for name, value in shared.weights.items()}
    if all(np.isfinite(value).all() for value in halved.values()):
        drawn = [each.decode(points).astype(int) for each in (model, LatentModel(model.config, halved))]
        levels = int(np.abs(drawn[0] - drawn[1]).max())
        if levels <= TOLERANCE:
            return levels / 255
    raise VaeError(
        tr(
            "The numbers of this network are too large for a web page: its pictures would look"
            " different there."
        ),
        kept=tr("Nothing was written; the training is unchanged."),
        advice=tr("Choose another format."),
    )


def _packed(steps: Sequence[Step]) -> tuple[list[dict[str, Any]], bytes]:
    """The steps, each tensor as (where it begins, its shape), and all tensors in half precision."""
    told, parts, begin = [], [], 0
    for step in steps:
        tensors: dict[str, Any] = {}
        for name, value in step.tensors.items():
            if value.ndim == 0:
                tensors[name] = float(value)
                continue
            tensors[name] = (begin, value.shape)
            parts.append(value.astype("<f2").tobytes())
            begin += value.size
        told.append({"kind": step.kind, "shape": step.shape, "stride": step.stride, "tensors": tensors})
    return told, b"".join(parts)


def _points(basis: PlaneBasis, shared: SharedModel) -> dict[str, list[float]]:
    places = np.round(basis.on_plane(shared.posteriors.means).astype(np.float64), 3)
    return {
        "learned": places[~shared.held_out].ravel().tolist(),
        "heldOut": places[shared.held_out].ravel().tolist(),
    }


def _start(basis: PlaneBasis, plane: PlaneSlice, shared: SharedModel, model: LatentModel) -> list[float]:
    """Where the handle is at first: on that one of some pictures near the middle which is drawn crispest."""
    places = basis.on_plane(shared.posteriors.means).astype(np.float64)
    inner = places[np.square(places - basis.prior_mean).sum(axis=1) < 2**2][:_CANDIDATES]
    if len(inner) == 0:
        return list(basis.prior_mean)
    drawn = model.decode(plane.latent(inner)).astype(np.float64)
    edges = sum(np.abs(np.diff(drawn, axis=axis)).mean(axis=(1, 2, 3)) for axis in (1, 2))
    crispest: list[float] = inner[np.argmax(edges)].tolist()
    return crispest


def _map(model: LatentModel, plane: PlaneSlice) -> bytes:
    """Decodings all over the middle of the plane as one WebP, so that the page need not begin with them."""
    side = (np.arange(MAP_TILES) + 0.5) / MAP_TILES * 2 * MAP_REACH - MAP_REACH
    across, up = np.meshgrid(side, side[::-1])
    pixels = model.decode(plane.latent(np.stack([across, up], axis=-1).reshape(-1, 2)))
    sheet = tile(pixels, MAP_TILES)
    if model.config.size > _TILE_SIDE:
        sheet = sheet.resize((MAP_TILES * _TILE_SIDE,) * 2, Image.Resampling.LANCZOS)
    buffer = BytesIO()
    sheet.save(buffer, "WEBP", quality=82, method=4)
    return buffer.getvalue()


def _subscripted(name: str) -> str:
    """An axis as it is read: z1 → z₁."""
    number = name.removeprefix("z")
    return f"z{number.translate(str.maketrans('0123456789', '₀₁₂₃₄₅₆₇₈₉'))}" if number.isdecimal() else name


def _facts(shared: SharedModel) -> str:
    about, latent_dim = shared.about, shared.about.model.latent_dim
    numbers = (
        "two numbers" if latent_dim == 2 else f"{latent_dim} numbers, of which the plane shows two directions"
    )
    return f"{about.pictures:,} pictures of {about.image_format}, each encoded in {numbers}."


def _inert(value: Any) -> str:
    """JSON in ASCII that is no markup either, whatever texts are in it."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def _fill_in(texts: Mapping[str, str]) -> str:
    """The page with everything in its place. What is filled in is not looked through for places again."""
    resources = resources_folder()

    def read(path: str) -> str:
        return (resources / path).read_text(encoding="utf-8")

    style = read(f"{_FOLDER}/plane.css")
    script = "".join(read(f"{_FOLDER}/{name}.js") for name in ("decoder", "tile_map", "plane"))
    policy = {
        "default-src": "'none'",
        "script-src": _digest(script),
        "style-src": _digest(style),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    icon = base64.b64encode(read("icons/vae-desktop.svg").encode()).decode()
    everything = {
        **texts,
        "style": style,
        "script": script,
        "policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
    }

    def put(place: re.Match[str]) -> str:
        name, detail = place.groups()
        if name == "icon":
            return read(f"icons/{detail}.svg") if detail else icon
        return everything[name]

    return _PLACE.sub(put, read(f"{_FOLDER}/plane.html"))


def _digest(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"

"""The network of `training/model.py` once more, layer by layer, in PyTorch: the peer of the training speed.

Its parts bear the Keras names, so that copying the weights needs no table, and :func:`largest_difference`
proves that both compute the same.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch  # noqa: TID253 - this file is PyTorch's side and is imported by torch_side alone
import torch.nn.functional as F  # noqa: N812, TID253 - everyone calls it F
from numpy.typing import NDArray
from torch import Tensor, nn  # noqa: TID253

VARIANCE_SMOOTHING = 0.05


@dataclass(frozen=True)
class Plan:
    """What the Keras side says about its network.

    Attributes:
        channels: of a picture.
        latent_dim: numbers that a picture is encoded in.
        sides: of the feature maps from fine to coarse.
        widths: channels of each of these.
        residual_up_to: the widest feature map with a residual block.
    """

    channels: int
    latent_dim: int
    sides: tuple[int, ...]
    widths: tuple[int, ...]
    residual_up_to: int


class Residual(nn.Module):
    """x + conv(relu(conv(relu(x))))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, inputs: Tensor) -> Tensor:
        """[n, width, h, w] → the same."""
        change: Tensor = self.second(F.relu(self.first(F.relu(inputs))))
        return inputs + change


class Encoder(nn.Module):
    """Pictures [n, C, S, S] in [0, 1] → [n, 2 · latent_dim]: μ, then ln σ²."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.stem = nn.Conv2d(4 * plan.channels, plan.widths[0], 3, padding=1)
        self.names: list[str] = []
        before = plan.widths[0]
        for side, width in zip(plan.sides[1:], plan.widths[1:], strict=True):
            self._add(f"down_{side}", nn.Conv2d(before, width, 4, 2, 1))
            if side <= plan.residual_up_to:
                self._add(f"residual_{side}", Residual(width))
            before = width
        self.summary = nn.Linear(plan.sides[-1] ** 2 * before, 256)
        self.posterior = nn.Linear(256, 2 * plan.latent_dim)

    def _add(self, name: str, layer: nn.Module) -> None:
        self.add_module(name, layer)
        self.names.append(name)

    def forward(self, pixels: Tensor) -> Tensor:
        """See the class."""
        features = self.stem(F.pixel_unshuffle(pixels, 2))
        for name in self.names:
            layer = getattr(self, name)
            features = layer(F.relu(features) if name.startswith("down") else features)
        # In the order in which Keras flattens, which is free with channels last.
        features = F.relu(features).permute(0, 2, 3, 1).flatten(1)
        encoded: Tensor = self.posterior(F.silu(self.summary(features)))
        return encoded


class Decoder(nn.Module):
    """Points [n, latent_dim] → pixel logits [n, C, S, S]."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.side, self.width = plan.sides[-1], plan.widths[-1]
        self.head_0 = nn.Linear(plan.latent_dim, 256)
        self.head_1 = nn.Linear(256, 512)
        self.unfold = nn.Linear(512, self.side**2 * self.width)
        self.names: list[str] = []
        before = self.width
        for side, width in zip(plan.sides[::-1], plan.widths[::-1], strict=True):
            if side != self.side:
                self._add(f"up_{side}", nn.ConvTranspose2d(before, width, 4, 2, 1))
            if side <= plan.residual_up_to:
                self._add(f"residual_{side}", Residual(width))
            before = width
        self.draw = nn.Conv2d(before, 4 * plan.channels, 3, padding=1)

    def _add(self, name: str, layer: nn.Module) -> None:
        self.add_module(name, layer)
        self.names.append(name)

    def forward(self, points: Tensor) -> Tensor:
        """See the class."""
        features = F.silu(self.head_1(F.silu(self.head_0(points))))
        features = self.unfold(features).view(-1, self.side, self.side, self.width).permute(0, 3, 1, 2)
        for name in self.names:
            layer = getattr(self, name)
            features = layer(F.relu(features) if name.startswith("up") else features)
        return F.pixel_shuffle(self.draw(F.relu(features)), 2)


class Twin(nn.Module):
    """The VAE with the Gaussian likelihood of `training/objective.py`."""

    pixel_variance: Tensor

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.encoder = Encoder(plan)
        self.decoder = Decoder(plan)
        self.register_buffer("pixel_variance", torch.tensor(0.1))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss(self, pixels: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """The batch's mean negative ELBO in nats per picture, and its mean squared error of a pixel.

        Args:
            pixels: [n, C, S, S] in [0, 1].
            noise: standard normal, [n, latent_dim].
        """
        mean, log_variance = self.encoder(pixels).chunk(2, dim=1)
        logits = self.decoder(mean + torch.exp(0.5 * log_variance) * noise)
        squares = torch.square(pixels - torch.sigmoid(logits)).sum(dim=(1, 2, 3))
        count = pixels[0].numel()
        variance = self.pixel_variance
        reconstruction = 0.5 * (squares / variance + count * torch.log(2.0 * math.pi * variance))
        kl_mean = 0.5 * torch.square(mean).sum(dim=1)
        kl_variance = 0.5 * (torch.exp(log_variance) - log_variance - 1.0).sum(dim=1)
        return (reconstruction + kl_mean + kl_variance).mean(), squares.detach().mean() / count

    @torch.no_grad()
    def follow_variance(self, error: Tensor) -> None:
        """Move σ² towards its maximum-likelihood value, as the Keras side does after each step."""
        self.pixel_variance.add_(VARIANCE_SMOOTHING * (error - self.pixel_variance))

    @torch.no_grad()
    def copy_weights(self, weights: dict[str, NDArray[np.float32]]) -> None:
        """Take the Keras side's weights by name; raises ValueError unless each finds its place."""
        own = dict(self.named_parameters()) | {"pixel_variance": self.pixel_variance}
        named = {_torch_name(name): _torch_layout(name, value) for name, value in weights.items()}
        if set(own) != set(named):
            raise ValueError(f"the networks differ in {sorted(set(own) ^ set(named))}")
        for name, value in named.items():
            if own[name].shape != value.shape:
                raise ValueError(f"{name} is {tuple(own[name].shape)}, in Keras {value.shape}")
            own[name].copy_(torch.from_numpy(value.copy()))

    @torch.no_grad()
    def largest_difference(self, reference: dict[str, NDArray[Any]]) -> float:
        """How far posterior, picture and loss are from the Keras side's, as a share of the largest value.

        Args:
            reference: ``pixels`` and ``noise``, and what they come to: ``posterior``, ``logits``, ``loss``.
        """
        pixels = torch.from_numpy(reference["pixels"]).permute(0, 3, 1, 2)
        noise = torch.from_numpy(reference["noise"])
        loss, _ = self.loss(pixels, noise)
        found = {
            "posterior": self.encoder(pixels).numpy(),
            "logits": self.decoder(noise).permute(0, 2, 3, 1).numpy(),
            "loss": loss.numpy(),
        }
        return max(
            float(np.max(np.abs(value - reference[name])) / max(np.max(np.abs(reference[name])), 1.0))
            for name, value in found.items()
        )


def _torch_name(name: str) -> str:
    return name.replace("/kernel", ".weight").replace("/bias", ".bias").replace("/", ".")


def _torch_layout(name: str, value: NDArray[np.float32]) -> NDArray[np.float32]:
    # TensorFlow orders the channels of 2 × 2 pixels by place, then colour; PyTorch by colour, then place.
    if name == "encoder/stem/kernel":
        value = _by_colour(value.swapaxes(2, 3)).swapaxes(2, 3)
    if name.startswith("decoder/draw/"):
        value = _by_colour(value)
    if value.ndim == 4:
        return value.transpose(3, 2, 0, 1)
    return value.T


def _by_colour(value: NDArray[np.float32]) -> NDArray[np.float32]:
    colours = value.shape[-1] // 4
    return value.reshape(*value.shape[:-1], 4, colours).swapaxes(-1, -2).reshape(value.shape)

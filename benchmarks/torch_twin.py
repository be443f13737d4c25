"""The network of `training/networks.py` once more, part by part, in PyTorch: the peer of the training speed.

Its parts bear the Keras names, so that copying the weights needs no table, and :func:`largest_difference`
proves that both compute the same.
"""

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import torch  # noqa: TID253 - this file is PyTorch's side and is imported by torch_side alone
import torch.nn.functional as F  # noqa: N812, TID253 - everyone calls it F
from numpy.typing import NDArray
from torch import Tensor, nn  # noqa: TID253

from benchmarks.plan import Part

USUAL_LOG_VARIANCE, VARIANCE_SMOOTHING = 2.0, 0.05

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"linear": lambda x: x, "relu": F.relu, "silu": F.silu}


class FourierFeatures(nn.Linear):
    """z → (z, sin Wz, cos Wz)."""

    def forward(self, inputs: Tensor) -> Tensor:
        """[n, d] → [n, d + 2 · frequencies]."""
        waves = super().forward(inputs)
        return torch.cat([inputs, torch.sin(waves), torch.cos(waves)], dim=1)


class Rearrange(nn.Module):
    """A step that moves numbers and has no weights."""

    def __init__(self, move: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.move = move

    def forward(self, inputs: Tensor) -> Tensor:
        """As the function does that it was made with."""
        return self.move(inputs)


class Network(nn.Module):
    """One part after the other; pictures and feature maps are [n, c, h, w], channels last in memory."""

    def __init__(self, parts: Iterable[Part]) -> None:
        super().__init__()
        self.steps: list[tuple[str, Callable[[Tensor], Tensor]]] = []
        for part in parts:
            self.add_module(part.name, _module(part))
            self.steps.append((part.name, ACTIVATIONS[part.activation]))

    def forward(self, inputs: Tensor) -> Tensor:
        """See the class."""
        for name, activation in self.steps:
            inputs = activation(getattr(self, name)(inputs))
        return inputs


def _module(part: Part) -> nn.Module:
    before, after = part.before[-1], part.after[-1]
    padding, odd = divmod(part.kernel - part.stride, 2)
    if part.kind.startswith("Conv2D") and odd:
        raise ValueError(f"{part.name}: PyTorch pads the same on both sides, Keras does not")
    makers: dict[str, Callable[[], nn.Module]] = {
        "Conv2D": lambda: nn.Conv2d(before, after, part.kernel, part.stride, padding),
        "Conv2DTranspose": lambda: nn.ConvTranspose2d(before, after, part.kernel, part.stride, padding),
        "Dense": lambda: nn.Linear(before, after),
        "RMSNormalization": lambda: nn.RMSNorm(after, part.epsilon),
        "FourierFeatures": lambda: FourierFeatures(before, part.waves, bias=False),
        "DepthToSpace": lambda: nn.PixelShuffle(part.kernel),
        # In the order in which Keras flattens, which is free with channels last.
        "Flatten": lambda: Rearrange(lambda x: x.permute(0, 2, 3, 1).flatten(1)),
        "Reshape": lambda: Rearrange(lambda x: x.view(-1, *part.after).permute(0, 3, 1, 2)),
        "ReLU": nn.Identity,  # the activation that follows is all of it
    }
    return makers[part.kind]()


class Twin(nn.Module):
    """The VAE with the Gaussian likelihood of `training/objective.py`."""

    pixel_variance: Tensor

    def __init__(self, encoder: list[Part], decoder: list[Part]) -> None:
        super().__init__()
        self.latent_dim = decoder[0].before[-1]
        self.encoder = Network(encoder)
        self.decoder = Network(decoder)
        # The convolution whose output channels stand for patches of pixels.
        self.patches = {
            f"decoder/{before.name}": part.kernel
            for before, part in pairwise(decoder)
            if part.kind == "DepthToSpace"
        }
        self.register_buffer("pixel_variance", torch.tensor(0.1))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def posterior(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """μ and ln σ², [n, latent_dim] each, of pictures [n, C, S, S] in [0, 1]."""
        mean, log_variance = self.encoder(pixels).chunk(2, dim=1)
        excess = F.relu(log_variance - USUAL_LOG_VARIANCE)
        return mean, log_variance.clamp(max=USUAL_LOG_VARIANCE) + torch.log1p(excess)

    def loss(self, pixels: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """The batch's mean negative ELBO in nats per picture, and its mean squared error of a pixel.

        Args:
            pixels: [n, C, S, S] in [0, 1].
            noise: standard normal, [n, latent_dim].
        """
        mean, log_variance = self.posterior(pixels)
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
        named = {_torch_name(name): self._torch_layout(name, value) for name, value in weights.items()}
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
            "posterior": torch.cat(self.posterior(pixels), dim=1).numpy(),
            "logits": self.decoder(noise).permute(0, 2, 3, 1).numpy(),
            "loss": loss.numpy(),
        }
        return max(
            float(np.max(np.abs(value - reference[name])) / max(np.max(np.abs(reference[name])), 1.0))
            for name, value in found.items()
        )

    def _torch_layout(self, name: str, value: NDArray[np.float32]) -> NDArray[np.float32]:
        patch = self.patches.get(name.rpartition("/")[0])
        if patch is not None:
            value = _by_colour(value, patch)
        return value.transpose(3, 2, 0, 1) if value.ndim == 4 else value.T


def _torch_name(name: str) -> str:
    weight = name.replace("/kernel", ".weight").replace("/scale", ".weight")
    return weight.replace("/bias", ".bias").replace("/", ".")


def _by_colour(value: NDArray[np.float32], patch: int) -> NDArray[np.float32]:
    """TensorFlow orders the channels of a patch of pixels by place, then colour; PyTorch the other way."""
    colours = value.shape[-1] // patch**2
    by_place = value.reshape(*value.shape[:-1], patch**2, colours)
    return by_place.swapaxes(-1, -2).reshape(value.shape)

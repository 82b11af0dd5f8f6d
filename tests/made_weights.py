"""Made-up weights of real networks, and the sentence that bad ones end in."""

from __future__ import annotations

import io

import pytest
import torch

from nst.engine import weights
from nst.engine.architectures import ARCHITECTURES
from nst.errors import UserError

__all__ = ["alexnet_state", "refused", "saved"]


def alexnet_state() -> dict[str, torch.Tensor]:
    """A checkpoint like torchvision's AlexNet: real names and shapes, made-up values."""
    generator = torch.Generator().manual_seed(1)
    state = {name: torch.randn(shape, generator=generator) / 100
             for name, shape in ARCHITECTURES["alexnet"].tensors().items()}
    return state | {"classifier.6.weight": torch.zeros(1000, 8)}


def saved(state: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def refused(*args, **kwargs) -> str:
    """The sentence of the UserError that loading these ends in."""
    with pytest.raises(UserError) as error:
        weights.load(*args, **kwargs)
    sentence = str(error.value)
    assert sentence.endswith(".") and "\n" not in sentence and ". " not in sentence
    return sentence

"""No step waits for a GPU: nothing of it is read on the host, which a CPU shows as well.

Between two frames a GPU then works without a pause, however long the host takes to ask for more.
"""

from __future__ import annotations

import contextlib

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

import nst.engine.objective
import nst.engine.stylize
from nst import Settings
from nst.engine.recipe import plan
from nst.engine.stylize import stylize
from nst.geometry import resized

# Each makes the host wait until a GPU has computed what it asks for, or copies to it.
WAITS = {
    "a number": lambda total: total.item(),
    "a float": float,
    "a condition": lambda total: 1 if total > 0 else 2,
    "an index": lambda total: [0, 1][total.to(torch.int64).clamp(0, 1)],
    "a copy": lambda total: total.cpu(),
    "a copy by its device": lambda total: total.to("cpu"),
    "numpy": lambda total: total.numpy(),
    "a list": lambda total: total[None].tolist(),
    "a mask": lambda total: total[None][total[None] > 0],
    "what is not zero": lambda total: total[None].nonzero(),
    "whether equal": lambda total: torch.equal(total, total),
    "a constant": lambda total: torch.tensor([1.0, 2.0], device=total.device),
}


class HostReads(TorchFunctionMode):
    """Notes in ``found`` the calls from Python that wait for a GPU or copy to it."""

    _NAMES = frozenset({
        "__array__", "__bool__", "__float__", "__index__", "__int__", "allclose", "argwhere",
        "as_tensor", "cpu", "equal", "is_nonzero", "item", "masked_select", "nonzero", "numpy",
        "pin_memory", "tensor", "tolist", "unique"})

    def __init__(self, found: list[str]):
        super().__init__()
        self._found = found

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs, name = kwargs or {}, function.__name__
        moves = name == "to" and any(
            isinstance(value, (str, torch.device)) for value in (*args[1:], *kwargs.values()))
        masks = name in ("__getitem__", "__setitem__") and any(
            isinstance(part, torch.Tensor) and part.dtype == torch.bool
            for part in (args[1] if isinstance(args[1], tuple) else (args[1],)))
        if name in self._NAMES or moves or masks:
            self._found.append(name)
        return function(*args, **kwargs)


class NumbersRead(TorchDispatchMode):
    """Notes in ``found`` what reads a number from inside an operation."""

    _OPERATIONS = frozenset({
        torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default,
        torch.ops.aten.masked_select.default, torch.ops.aten.is_nonzero.default})

    def __init__(self, found: list[str]):
        super().__init__()
        self._found = found

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        if operation in self._OPERATIONS:
            self._found.append(str(operation))
        return operation(*args, **(kwargs or {}))


@pytest.fixture
def reads(monkeypatch, photo, painting):
    """reads(**settings): what a run reads from the second step of each scale to its last.

    The first may: it finds out which positions of each layer count. Frames are read, and made
    here only at the very first step and at a scale's end.
    """
    monkeypatch.setattr(nst.engine.stylize, "FRAME_SECONDS", 1e9)
    made = nst.engine.stylize._optimizer
    found: list[str] = []
    watched: list[int] = []  # the steps

    def optimizer(start, descent, budget):
        inner, watching = made(start, descent, budget), contextlib.ExitStack()
        step, steps = inner.step, iter(range(1, budget.scale.steps + 1))

        def watched_step(objective):
            number = next(steps)
            if number == 2:
                watching.enter_context(HostReads(found))
                watching.enter_context(NumbersRead(found))
            losses = step(objective)
            if number > 1:
                watched.append(number)
            if number == budget.scale.steps:
                watching.close()
            return losses

        monkeypatch.setattr(inner, "step", watched_step)
        return inner

    monkeypatch.setattr(nst.engine.stylize, "_optimizer", optimizer)

    def reads(**settings) -> list[str]:
        styles = [(resized(painting, 128), 1.0)]
        wanted = Settings(**{"size": 128, "steps": 6} | settings)
        *_, last = stylize(photo, styles, wanted)
        assert last.finished and watched == [
            number for scale in plan(wanted).scales for number in range(2, scale.steps + 1)]
        return found

    return reads


@pytest.mark.slow
@pytest.mark.parametrize("settings", [
    {"precision": "float32"}, {"precision": "bfloat16", "steps": 4}, {"optimizer": "lbfgs"},
    {"colors": "luminance", "statistics": "gram"}], ids=str)
def test_no_step_reads_anything(reads, settings):
    assert reads(**settings) == []


@pytest.mark.slow
def test_no_step_that_computes_activations_again_reads_anything(reads, monkeypatch):
    monkeypatch.setattr(nst.engine.backbone, "RECOMPUTE_PIXELS", 0)
    assert reads() == []


@pytest.mark.parametrize("name", WAITS)
def test_the_test_notices_whatever_waits(name):
    found: list[str] = []
    total = torch.rand(())
    with HostReads(found), NumbersRead(found):
        WAITS[name](total)
    assert found


def test_the_test_notices_a_step_that_reads(reads, monkeypatch):
    build = nst.engine.stylize.build_objective

    def reading(*args):
        objective = build(*args)

        def losses(picture):
            found = objective(picture)
            found.total.item()
            return found

        return losses

    monkeypatch.setattr(nst.engine.stylize, "build_objective", reading)
    assert len(reads()) >= 4

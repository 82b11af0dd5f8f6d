"""How many small mistakes in the engine its quick tests notice.

    OMP_NUM_THREADS=1 python -m tests.bench.mutants [--sample 200] [--seed 1] [--jobs 2] [MODULE..]

Each mutant is a module of nst/engine with one change: an operator, a comparison, a constant, a
condition, an argument or a call left out, a statement deleted. The quick tests run on it, those of
its own module first, until one fails; a mutant on which none does lives. Nothing is written into
the package.

Not changed: annotations, texts, logging, assertions, what is raised, ``__all__``.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENGINE, TESTS = ROOT / "nst" / "engine", ROOT / "tests" / "unit" / "engine"
BESIDE = {"strips": "test_backbone.py"}  # the tests that come first
MORE_TESTS = tuple(ROOT / "tests" / "unit" / name for name in ("test_settings.py", "test_paint.py"))
CPU_SECONDS, WALL_SECONDS = 150, 900  # of a mutant; all quick tests of the engine take about 40

Change = tuple[ast.AST, str, Callable[[], None]]  # the changed node, in words, what changes it

_BINARY = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
           ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr,
           ast.BitOr: ast.BitAnd}
_COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
             ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn,
             ast.NotIn: ast.In}
_NAMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "amax": "amin",
          "zeros_like": "ones_like", "ones_like": "zeros_like", "cos": "sin", "sin": "cos"}
_LEFT_OUT = {"clamp", "clamp_", "clamp_min", "clamp_max", "square", "sqrt", "sqrt_", "flip", "abs",
             "exp", "round", "detach", "clone", "relu_", "zero_", "mT", "T"}


@dataclass(frozen=True)
class Mutant:
    module: str
    number: int
    line: int
    words: str


@dataclass(frozen=True)
class Fate:
    """``killer``: the test that failed; "" where none did, "time" where none ended in time."""

    mutant: Mutant
    killer: str


def changes(tree: ast.Module) -> Iterator[Change]:
    """Every change that can be made to a module, always in the same order."""
    for node in _code(tree):
        before = _short(node)
        for after, change in _of(node):
            yield node, f"{before}  ->  {after}", change
        if not isinstance(node, ast.ClassDef):
            for name in ("body", "orelse"):
                block = getattr(node, name, None)
                yield from _deletions(block if isinstance(block, list) else [])


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that are neither text, annotation, logging, assertion nor raised."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or _is_left_alone(child):
                continue
            yield child
            yield from _code(child)


def _is_left_alone(node: ast.AST) -> bool:
    if isinstance(node, (ast.Assert, ast.Import, ast.ImportFrom, ast.JoinedStr)):
        return True
    if isinstance(node, ast.Raise):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    if isinstance(node, ast.Expr) and _short(node).startswith("log."):
        return True
    if isinstance(node, ast.ClassDef) and any(_short(base) == "Protocol" for base in node.bases):
        return True
    return isinstance(node, ast.Assign) and _short(node.targets[0]) == "__all__"


def _of(node: ast.AST) -> Iterator[tuple[str, Callable[[], None]]]:
    """The changes of one node: (what it becomes, in words, and what makes it so)."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in _BINARY:
        other = _BINARY[type(node.op)]()
        yield other.__class__.__name__, lambda: setattr(node, "op", other)
    elif isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            other = _COMPARED[type(operator)]()
            yield (f"{other.__class__.__name__} ({index})",
                   lambda index=index, other=other: node.ops.__setitem__(index, other))
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield other.__class__.__name__, lambda: setattr(node, "op", other)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield "without it", lambda: _become(node, node.operand)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
        value = node.value
        new = not value if isinstance(value, bool) else (
            value + 1 if isinstance(value, int) else 2 * value or 1.0)
        yield repr(new), lambda: setattr(node, "value", new)
    if isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield "condition negated", lambda: setattr(
            node, "test", ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test))
    if isinstance(node, ast.Call):
        yield from _of_call(node)


def _of_call(node: ast.Call) -> Iterator[tuple[str, Callable[[], None]]]:
    for keyword in list(node.keywords):
        if keyword.arg:
            yield f"without {keyword.arg}", lambda keyword=keyword: node.keywords.remove(keyword)
    if len(node.args) > 1 and not node.keywords:
        yield "without its last argument", lambda: node.args.pop()
    function = node.func
    if isinstance(function, ast.Name) and function.id in _NAMES:
        yield _NAMES[function.id], lambda: setattr(function, "id", _NAMES[function.id])
    if isinstance(function, ast.Attribute):
        if function.attr in _NAMES:
            yield _NAMES[function.attr], lambda: setattr(
                function, "attr", _NAMES[function.attr])
        if function.attr in _LEFT_OUT and _short(function.value) not in ("torch", "math"):
            yield f"without .{function.attr}", lambda: _become(node, function.value)


def _deletions(block: list[ast.stmt]) -> Iterator[Change]:
    for index, statement in enumerate(block):
        calls = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        stores = isinstance(statement, ast.Assign) and not isinstance(
            statement.targets[0], (ast.Name, ast.Tuple))
        if (calls and not _is_left_alone(statement)) or stores or isinstance(
                statement, (ast.AugAssign, ast.Continue, ast.Break)):
            yield statement, f"{_short(statement)}  ->  deleted", partial(
                block.__setitem__, index, ast.copy_location(ast.Pass(), statement))


def _become(node: ast.AST, other: ast.AST) -> None:
    """The node is the other from now on, in its place."""
    other = copy.copy(other)
    node.__class__ = other.__class__
    node.__dict__ = other.__dict__


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 70 else text[:67] + "..."


def mutants(module: str) -> list[Mutant]:
    tree = ast.parse((ENGINE / f"{module}.py").read_text())
    return [Mutant(module, number, getattr(node, "lineno", 0), words)
            for number, (node, words, _) in enumerate(changes(tree))]


class Mutated(importlib.abc.MetaPathFinder):
    """Imports one module of the engine with a change."""

    def __init__(self, mutant: Mutant):
        self._name, self._path = f"nst.engine.{mutant.module}", ENGINE / f"{mutant.module}.py"
        tree = ast.parse(self._path.read_text())
        _, _, change = next(item for number, item in enumerate(changes(tree))
                            if number == mutant.number)
        change()
        self._tree = ast.fix_missing_locations(tree)

    def find_spec(self, name, path=None, target=None):
        if name != self._name:
            return None
        loader = importlib.machinery.SourceFileLoader(name, str(self._path))
        loader.get_code = lambda *_: compile(self._tree, str(self._path), "exec")
        return importlib.machinery.ModuleSpec(name, loader, origin=str(self._path))


class Killer:
    """A plugin of pytest's that keeps the first test that fails, or the file that cannot load."""

    def __init__(self):
        self.name = ""

    def pytest_runtest_logreport(self, report):
        if report.failed and not self.name:
            self.name = report.nodeid

    def pytest_collectreport(self, report):
        if report.failed and not self.name:
            self.name = f"{report.nodeid} (import)"


def tests_for(module: str) -> list[list[str]]:
    """The files of the quick tests: the module's own, then all others."""
    own = TESTS / BESIDE.get(module, f"test_{module}.py")
    others = [file for file in (*sorted(TESTS.glob("test_*.py")), *MORE_TESTS) if file != own]
    return [[str(own)], [str(file) for file in others]]


def killer(mutant: Mutant) -> str:
    """The test that fails on the mutant, which this process has for the rest of its life."""
    import pytest

    found = Killer()
    try:
        sys.meta_path.insert(0, Mutated(mutant))
        for files in tests_for(mutant.module):
            status = pytest.main(["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", *files],
                                 plugins=[found])
            if found.name or status != 0:
                return found.name or f"pytest's status {status}"
    except BaseException as error:  # a mutant may raise whatever it likes
        return f"{type(error).__name__} outside of a test"
    return ""


def fate(mutant: Mutant) -> Fate:
    """In a process of its own."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(read)
            os.setsid()
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
            signal.alarm(WALL_SECONDS)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            os.write(write, killer(mutant).encode() or b"-")
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return Fate(mutant, "time" if not said else said.removeprefix("-"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="of nst/engine; all by default")
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--report", type=Path, help="a file for every mutant's fate, JSON lines")
    wanted = parser.parse_args()
    modules = wanted.modules or [
        file.stem for file in sorted(ENGINE.glob("*.py")) if file.stem != "__init__"]
    every = [mutant for module in modules for mutant in mutants(module)]
    chosen = random.Random(wanted.seed).sample(every, min(wanted.sample, len(every)))
    print(f"{len(chosen)} of {len(every)} mutants of {', '.join(modules)}")
    _warm_up()
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    start, fates = time.monotonic(), []
    with ThreadPoolExecutor(wanted.jobs) as pool:
        for found in pool.map(fate, chosen):
            fates.append(found)
            if not found.killer:
                print(f"lives: {found.mutant.module}.py:{found.mutant.line}: "
                      f"{found.mutant.words}", flush=True)
            if wanted.report:
                with wanted.report.open("a") as file:
                    file.write(json.dumps({**vars(found.mutant), "killer": found.killer}) + "\n")
    killed = sum(bool(found.killer) for found in fates)
    print(f"\nkilled {killed} of {len(fates)}, {killed / len(fates):.1%}, "
          f"in {time.monotonic() - start:.0f} s")
    for module, total in sorted(Counter(found.mutant.module for found in fates).items()):
        dead = sum(found.mutant.module == module and bool(found.killer) for found in fates)
        print(f"  {module:15s} {dead:3d} of {total:3d}")


def _warm_up() -> None:
    """Import what every mutant's process needs and no mutant changes: it takes most of a start."""
    for name in ("cv2", "huggingface_hub", "pytest", "safetensors.torch", "torch"):
        importlib.import_module(name)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)


if __name__ == "__main__":
    main()

"""The README and the other pages say what is there: links, commands, imports, folders, versions."""

from __future__ import annotations

import ast
import csv
import importlib
import importlib.util
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from huggingface_hub import RepoCard
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md",
         *sorted((ROOT / "docs").rglob("*.md"))]
RIVALS = ROOT / "docs/blind/rivals.csv"  # of three ways to paint, not of a new one and that before
LOOPS = ROOT / "docs/blind/loops.csv"  # likewise, of clips
FLOW = ROOT / "docs/blind/flow.csv"  # of clips in three rounds, with "same"
LOOKS = sorted(set((ROOT / "docs/blind").glob("*.csv")) - {RIVALS, LOOPS, FLOW})
MAX_LINES = 150


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def named(page: Path) -> str:
    """What a page is called in a test's name."""
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """The names by which GitHub and the Hub link to a page's headings."""
    headings = re.findall(r"^#+ +(.+?) *$", text_of(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


def links(page: Path) -> list[str]:
    """The links of a page that lead to a file of the repository or to a heading."""
    found = re.findall(r"\]\(([^()\s]+)\)", text_of(page))
    return [link for link in found if not re.match(r"\w+://|mailto:", link)]


def commands() -> list[tuple[str, str]]:
    """(page, module) for every ``python -m MODULE`` that a page names, ours and others'."""
    return sorted({(named(page), module) for page in PAGES
                   for module in re.findall(r"python3? -m ([a-z_][\w.]*)", text_of(page))})


def imports() -> list[tuple[str, str, str]]:
    """(page, module, name) for what the Python examples import of this project."""
    found = set()
    for page in PAGES:
        for block in re.findall(r"^```python\n(.*?)^```", text_of(page), re.M | re.S):
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "nst":
                    found |= {(named(page), str(node.module), each.name) for each in node.names}
    return sorted(found)


def is_there(module: str, name: str) -> bool:
    """Whether ``from module import name`` works."""
    return (hasattr(importlib.import_module(module), name)
            or importlib.util.find_spec(f"{module}.{name}") is not None)


def test_a_stranger_reads_the_readme_to_its_end():
    assert len(text_of(README).splitlines()) <= MAX_LINES


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_to_a_file_leads_somewhere(page):
    dead = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        if not target.exists() or anchor and anchor not in anchors(target):
            dead.append(link)
    assert dead == []


def test_the_readmes_table_names_every_folder_of_the_package():
    table = text_of(README).split("## Where things are", 1)[1].split("\n## ", 1)[0]
    folders = {f"nst/{path.parent.name}/" for path in (ROOT / "nst").glob("*/*.py")}
    assert len(folders) > 4
    assert sorted(folders - set(re.findall(r"`([^`]+)`", table))) == []


@pytest.mark.parametrize("page, module", commands())
def test_every_module_that_is_run_exists(page, module):
    assert importlib.util.find_spec(module) is not None


@pytest.mark.parametrize("page, module, name", imports())
def test_every_example_imports_what_is_there(page, module, name):
    assert is_there(module, name)


def test_a_space_gets_the_gradio_that_is_tested():
    lines = [line.partition("#")[0].strip()
             for line in text_of(ROOT / "requirements.txt").splitlines()]
    wanted = {each.name: str(each.specifier) for each in map(Requirement, filter(None, lines))}
    assert wanted["gradio"] == f"=={RepoCard.load(README).data.sdk_version}"


def test_a_thumbnail_of_the_space_is_a_full_address():
    """Hugging Face's reference: "URL for defining a custom thumbnail for social sharing"."""
    thumbnail = RepoCard.load(README).data.get("thumbnail")
    assert thumbnail is None or thumbnail.startswith("https://")


def test_the_votes_beside_rivals_are_whole():
    with RIVALS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({(row["judge"], row["number"]) for row in rows}) == len(rows) == 72
    told = text_of(ROOT / "docs/blind.md")
    for (way, other), line in {("new", "before"): "today beside the recipe before",
                               ("new", "lite"): "today beside the network",
                               ("before", "lite"): "the recipe before beside the network"}.items():
        both = [row for row in rows if {row["left"], row["right"]} == {way, other}]
        hung, hand = (sum(row[question] == way for row in both) for question in ("hang", "hand"))
        assert re.search(rf"^\| {line} \| {hung} of 24; .* \| {hand} of 24; ", told, re.M)


def test_the_votes_on_clips_are_whole():
    with LOOPS.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({(row["judge"], row["number"]) for row in rows}) == len(rows) == 16
    told = text_of(ROOT / "docs/blind.md")
    for other, line in {"net": "beside the network",
                        "alone": "beside each picture painted by itself"}.items():
        steadier, painted = (sum(row[order].index("ours") < row[order].index(other) for row in rows)
                             for order in ("steadiest_first", "most_painted_first"))
        assert f"| {line} | {steadier} | {painted} |" in told
    assert f"| {sum(row['send'] == 'ours' for row in rows)} |\n" in told


def test_the_votes_on_the_flow_are_whole():
    with FLOW.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({(row["judge"], row["number"]) for row in rows}) == len(rows) == 82
    told = text_of(ROOT / "docs/blind.md")
    for look in {row["round"] for row in rows}:
        columns = [[row[question] for row in rows if row["round"] == look]
                   for question in ("painted", "steadier", "face", "send")]
        counts = " | ".join(", ".join(str(votes.count(vote)) for vote in ("new", "old", "same"))
                            for votes in columns)
        assert f"| {counts} |\n" in told


@pytest.mark.parametrize("look", LOOKS, ids=named)
def test_the_votes_of_a_blind_look_are_whole(look):
    with look.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    judges = {row["judge"] for row in rows}
    pairs = {row["pair"] for row in rows}
    assert 10 <= len(pairs) <= 46 and len(rows) == len(pairs) * len(judges)
    assert len({(row["judge"], row["pair"]) for row in rows}) == len(rows)
    assert {row["vote"] for row in rows} == {"new", "before"}
    assert {row["sides"] for row in rows} == {"new left", "new right"}
    # docs/blind.md tells how many each judge preferred.
    preferred = [sum(row["judge"] == judge and row["vote"] == "new" for row in rows)
                 for judge in sorted(judges)]
    assert f"| {', '.join(map(str, preferred))} |" in text_of(ROOT / "docs/blind.md")

"""The pieces of the page that are written as HTML: text in, HTML out, everything escaped."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from ..gallery.catalogue import STUDIO
from ..gallery.examples import Example
from ..gallery.presets import Preset
from ..pictures.cover import WHOLE, Cover
from ..settings import Settings
from .job import Update
from .labels import choice, label

__all__ = [
    "address", "before_after", "clip_strip", "compared", "details_of_example",
    "details_of_result", "duration", "film", "film_over_photo", "growing_loop", "left",
    "own_style", "passing_status", "plays", "preset_style", "progress", "recorder", "soft",
    "status_bar", "story", "waiting",
]

FILM, MOVING = "Film of the result being painted", "The portrait, moving"
_PLAY = "<button type='button' aria-label='Play or pause'></button>"
SOFT_SIDE = 200  # px; frames smaller than this are blurred a little, else their pixels show


def before_after(before: str | Path | None, after: str | Path, left: str = "Before: the photo",
                 right: str = "After: the result", *, cover: Cover = WHOLE,
                 face: Path | None = None) -> str:
    """The photo, and the result over its right part; a native slider moves the border.

    ``left``, ``right``: what they are, in words. ``cover``: how much of the photo the result
    covers; ``face``: a picture that is opaque where the faces are.

    Both are files that the page may show; without a photo the result is alone. CSS moves the
    border by itself once.
    """
    with Image.open(after) as picture:
        ratio = picture.width / picture.height
    if before is None:
        return (f"<div class='compare alone'><figure style='--ratio:{ratio:.4f}'>"
                f"<img src='{address(after)}' alt='The result'></figure></div>")
    above = face and (f"<b style='background-image:url({address(before)});"
                      f"mask-image:url({address(face)})'></b>")
    return (
        f"<div class='compare'><figure style='--ratio:{ratio:.4f};--whole:{cover.whole:g};"
        f"--face:{cover.face:g}'>"
        f"<img src='{address(before)}' alt='{escape(left, True)}'>"
        f"<img src='{address(after)}' alt='{escape(right, True)}'>{above or ''}<i></i>"
        "<input type='range' min='0' max='100' value='30' aria-label='Border of before and after'"
        " oninput=\"this.parentNode.classList.add('moved');"
        "this.parentNode.style.setProperty('--at', this.value + '%')\"></figure></div>")


def film(file: Path | None) -> str:
    """The frames as a film with a player's controls; empty without one."""
    return "" if file is None else (f"<video src='{address(file)}' controls autoplay loop muted "
                                    f"playsinline aria-label='{FILM}'></video>")


def film_over_photo(file: Path, before: Path, cover: Cover, face: Path | None = None) -> str:
    """The frames as a film, through which the photo is seen as through the result.

    ``before``, ``cover``, ``face``: as for before_after(). A tap stops it, for a player's controls
    would be seen through, too.
    """
    with Image.open(before) as picture:
        ratio = picture.width / picture.height
    above = "" if face is None else (f"<b style='background-image:url({address(before)});"
                                     f"mask-image:url({address(face)})'></b>")
    return (f"<figure class='plays over-photo' style='--ratio:{ratio:.4f};--whole:{cover.whole:g};"
            f"--face:{cover.face:g}'>{_running(file, FILM)}<img src='{address(before)}' alt=''>"
            f"{above}{_PLAY}</figure>")


def plays(file: Path, what: str) -> str:
    """A film without controls, which would lie over it: a tap stops it, another lets it go on."""
    return f"<div class='plays'>{_running(file, what)}{_PLAY}</div>"


def growing_loop(pictures: Sequence[Path], fps: int, to_and_fro: bool) -> str:
    """A loop that is being painted; loop.js plays its pictures, which lie on each other."""
    shown = "".join(f"<img src='{address(picture)}' alt=''>" for picture in pictures)
    return (f"<div class='loop' role='img' aria-label='{MOVING}' data-fps='{fps}' "
            f"data-way='{'to-and-fro' if to_and_fro else 'straight'}'>{shown}</div>")


def clip_strip(file: Path) -> str:
    """Pictures of a clip in a row, over which its two handles lie."""
    return f"<img src='{address(file)}' alt='Your clip from its beginning to its end'>"


def recorder(seconds: float) -> str:
    """A computer's webcam, which filming.js shows and records."""
    return ("<div id='camera-film' hidden><div class='seen'><video playsinline muted></video>"
            "<canvas aria-label='Your camera' role='img'></canvas></div>"
            f"<p><button type='button' id='record' data-seconds='{seconds:g}'>"
            f"Record {seconds:g} s</button>"
            "<button type='button' id='record-cancel'>Cancel</button></p></div>")


def preset_style(preset: Preset, told: str = "", second: tuple[Preset, float] | None = None,
                 seen: bool = True) -> str:
    """The style's credit, what its movement is about, and what is ``told`` of its picture.

    ``second``: what it is blended with, and how much of that (0..1). ``seen``: whether it is among
    the pictures above.
    """
    link = f" <a href='?style={quote(preset.name)}'>Copy link</a>"
    about = preset.about or preset.movement
    if told:
        about = f"{about.rstrip('.')}. {told}"
    if not seen:
        about = f"Still chosen, though it is not among the pictures above. {about}"
    return _style(preset.title, _origin(preset), about, link, second)


def own_style(name: str, second: tuple[Preset, float] | None = None) -> str:
    """The same for a visitor's own picture; ``name``: of its file."""
    return _style(name, "", "Your own style; remove it to go back to the gallery's.",
                  second=second)


def story(preset: Preset, picture: str) -> str:
    """A painting and what its movement is about; ``picture``: a file that the page may show."""
    return (f"<figure><img src='{address(picture)}' alt='{escape(preset.alt, True)}'><figcaption>"
            f"{_style(preset.title, _origin(preset), preset.about or preset.movement)}"
            "</figcaption></figure>")


def status_bar(part: float, text: str) -> str:
    """A thin bar, ``part`` of it filled (0..1), above a line of text."""
    return f"{_bar(part)}<p role='status'>{escape(text)}</p>"


def compared(left: str, right: str) -> str:
    """The status while two results lie over each other: a line for the name of each."""
    lines = "".join(f"<span title='{escape(name, True)}'>{escape(name)}</span> "
                    for name in (left, right))
    return f"{_bar(0)}<p role='status'>{lines}</p>"


def passing_status(part: float, text: str, soft: bool = False) -> str:
    """The same for what changes all the time: no live region, or a screen reader would read it all.

    ``soft``: the picture above is so coarse that style.css blurs it a little.
    """
    kind = " class='soft'" if soft else ""
    return f"{_bar(part)}<p{kind}>{escape(text)}</p>"


def waiting(people: int, seconds: float | None = None, served: int = 0) -> str:
    """The status before the first frame, with ``people`` whose turn comes first.

    ``seconds``: how long that takes, where it is known. ``served``: how many of them are painted
    for now, where it can be more than one.
    """
    if not people:
        return status_bar(0, "Starting.")
    count = "1 person" if people == 1 else f"{people} people"
    now = f", {served} of them being painted now" if served else ""
    about = f", about {duration(seconds)}" if seconds else ""
    return status_bar(0, f"Waiting for a turn: {count} before you{now}{about}.")


def progress(update: Update, size: int) -> str:
    """The status for a frame or a result; ``size``: of the result, its longer side in pixels."""
    frame = update.frame
    part = frame.step / frame.steps
    if frame.finished:
        return status_bar(1.0, f"Done in {duration(frame.elapsed)}.")
    if update.result is not None:
        return status_bar(part, f"Stopped at step {frame.step} of {frame.steps}; this is what was "
                          "painted.")
    stage = "Details" if frame.size >= size else (
        "Brushwork" if frame.size > size / 4 else "First shapes")
    text = f"{stage} · {left(frame.remaining)}"
    return passing_status(part, text, soft(update, size))


def soft(update: Update, size: int) -> bool:
    """Whether style.css blurs the frame a little; ``size``: of the result."""
    return update.frame.size < SOFT_SIDE < size


def details_of_result(settings: Settings, update: Update, credits: list[str]) -> str:
    """The styles' credits, what it took, and every setting but budgets that were not set."""
    values = dataclasses.asdict(settings)
    for budget in ("steps", "seconds"):  # 0: none; what it took is said above
        if not values[budget]:
            del values[budget]
    seconds = update.result.seconds if update.result else update.frame.elapsed
    return _table([*(("after", credit) for credit in credits),
                   ("painted in", f"{seconds:.1f} s, {update.frame.step} steps"),
                   *((label(name), _said(value)) for name, value in values.items())])


def details_of_example(example: Example, credits: list[str]) -> str:
    """Who made the photo and the style of a result that was painted beforehand."""
    portrait = example.portrait
    return _table([("photo", f"{portrait.title}, {portrait.author} ({portrait.licence})"),
                   *(("after", credit) for credit in credits)])


def _running(film: Path, what: str) -> str:
    return (f"<video src='{address(film)}' autoplay loop muted playsinline "
            f"aria-label='{what}'></video>")


def _bar(part: float) -> str:
    return f"<div class='bar'><i style='width:{100 * part:.1f}%'></i></div>"


def duration(seconds: float) -> str:
    """For people: ``40 s``, ``3 min``; minutes from where half a one is little beside the rest."""
    return f"{max(1, round(seconds))} s" if seconds < 180 else f"{round(seconds / 60)} min"


def left(seconds: float) -> str:
    """The time that is left: rough, so that it counts down and does not jump to and fro."""
    step = 1 if seconds < 20 else 5 if seconds < 60 else 10
    return f"{duration(step * round(seconds / step))} left"


def address(file: str | Path) -> str:
    """Where the page finds a file of the upload folder, relative to the page's own address."""
    return f"gradio_api/file={quote(str(file))}"


def _origin(preset: Preset) -> str:
    """Who painted it and when, as far as that is known."""
    drawn = "drawn by this project" if preset.artist == STUDIO else preset.artist
    return ", ".join(filter(None, (drawn, preset.year)))


def _style(title: str, rest: str, about: str, link: str = "",
           second: tuple[Preset, float] | None = None) -> str:
    blend = "" if second is None else (
        f"<p>Blended: {1 - second[1]:.0%} of it, {second[1]:.0%} of "
        f"<b>{escape(second[0].title)}</b>.</p>")
    return f"<p><b>{escape(title)}</b>{', ' + escape(rest) if rest else ''}{link}</p>" \
           f"{blend}<p class='quiet'>{escape(about)}</p>"


def _table(rows: list[tuple[str, object]]) -> str:
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
                    for name, value in rows if value != "")
    return f"<table>{cells}</table>"


def _said(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return choice(value) if isinstance(value, str) else value

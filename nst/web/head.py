"""The page's head: what a link to it shows elsewhere, its icon, and its first script."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gradio import routes
from jinja2 import ChoiceLoader, DictLoader
from PIL import Image, ImageOps

from .language import language_script
from .uploads import save_picture

__all__ = ["Card", "Head", "describe_page", "draw_card", "draw_icon"]

_HERE = Path(__file__).resolve().parent

TITLE = "Neural style studio"
SENTENCE = "Take a selfie and see it painted in the manner of an art movement, in seconds."
PAGE = "frontend/index.html"  # Gradio's template
CARD = (1200, 630)  # px of the picture, as link previews want it
ICON = (128, 128)


@dataclass(frozen=True)
class Card:
    """What a link to the page shows elsewhere: a picture (a file that the page may show), a title.
    """

    picture: Path
    title: str = TITLE


@dataclass(frozen=True)
class Head:
    """What stands for the page: its icon, and the card of a link with ``?style=`` by that name.

    ``card`` is asked for any text, also for one that names no style.
    """

    icon: Path
    card: Callable[[str], Card]


def draw_card(before: str | Path, after: str | Path, file: Path) -> None:
    """A photo beside its result; raises CannotStoreError."""
    card, half = Image.new("RGB", CARD), (CARD[0] // 2, CARD[1])
    for left, name in ((0, before), (half[0], after)):
        with Image.open(name) as picture:
            card.paste(ImageOps.fit(picture.convert("RGB"), half, centering=(0.5, 0)), (left, 0))
    save_picture(card, file, quality=85)


def draw_icon(result: str | Path, file: Path) -> None:
    """The upper square of a result; raises CannotStoreError."""
    with Image.open(result) as picture:
        icon = ImageOps.fit(picture.convert("RGB"), ICON, centering=(0.5, 0))
    save_picture(icon, file, quality=75)  # every first visit loads it


def describe_page(head: Head) -> None:
    """Put our own words and picture into Gradio's page in place of its own, storage.js and
    language.js.

    Its template names Gradio itself, and services that show a preview run no script.
    """
    env = routes.templates.env
    assert env.loader is not None
    source, *_ = env.loader.get_source(env, PAGE)
    source = re.sub(r'<meta\s+(property="og:|name="twitter:)[^>]*>\s*', "", source)
    env.globals["card_of"] = head.card
    picture = "{{ config['root'] }}/gradio_api/file={{ card.picture | string | urlencode }}"
    tags = [("property", "og:type", "website"), ("property", "og:site_name", TITLE),
            ("property", "og:title", "{{ card.title }}"),
            ("property", "og:description", SENTENCE), ("property", "og:image", picture),
            ("property", "og:image:width", CARD[0]), ("property", "og:image:height", CARD[1]),
            ("name", "description", SENTENCE), ("name", "twitter:card", "summary_large_image")]
    own = "{% set card = card_of(request.query_params.get('style', '')) %}\n"
    own += "".join(f'<meta {kind}="{name}" content="{content}" />\n'
                   for kind, name, content in tags)
    storage = (_HERE / "storage.js").read_text("utf-8")
    for script in (storage, language_script()):
        own += f"<script>{{% raw %}}{script}{{% endraw %}}</script>\n"
    source = source.replace("</head>", own + "</head>")
    source = _with_shell(source)
    env.loader = ChoiceLoader([DictLoader({PAGE: source}), env.loader])


def _with_shell(source: str) -> str:
    """Gradio's page with shell.html first in its body, painted before all else has come.

    What the page's head holds is waited for: Gradio's stylesheet, and its description of every
    component in a script of some 100 kB. Both go to the end, where nothing waits for them; the
    scripts that read the description are modules, which run after all.
    """
    late = []
    for part in (r"<script>window\.gradio_config = .*?</script>(?=\s*<link)",
                 r'<link rel="stylesheet"[^>]*>'):
        found = re.search(part, source, re.DOTALL)
        if found:
            late.append(found[0])
            source = source.replace(found[0], "")
    shell = (_HERE / "shell.html").read_text("utf-8")
    source = re.sub(r"<body[^>]*>", lambda body: body[0] + "\n" + shell, source, count=1)
    return source.replace("</body>", "\n".join([*late, "</body>"]))

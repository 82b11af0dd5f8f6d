"""The page's head: what a link to it shows elsewhere, its icon, and its first script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from gradio import routes
from jinja2 import ChoiceLoader, DictLoader
from PIL import Image, ImageOps

from .uploads import save_picture

__all__ = ["Head", "describe_page"]

_HERE = Path(__file__).resolve().parent

TITLE = "Neural style studio"
SENTENCE = "Take a selfie and see it painted in the manner of an art movement, in seconds."
PAGE = "frontend/index.html"  # Gradio's template
CARD = (1200, 630)  # px of the picture, as link previews want it
ICON = (128, 128)


@dataclass(frozen=True)
class Head:
    """Files that stand for the page: the picture of a link preview, the icon."""

    card: Path
    icon: Path

    @classmethod
    def drawn(cls, before: str, after: str, folder: Path) -> Head:
        """A photo beside its result, and the result alone, as files in ``folder``.

        Raises:
            CannotStoreError: the disk is full or cannot be written.
        """
        head = cls(folder / "card.jpg", folder / "icon.jpg")
        with Image.open(before) as photo, Image.open(after) as result:
            card = Image.new("RGB", CARD)
            half = CARD[0] // 2, CARD[1]
            card.paste(ImageOps.fit(photo.convert("RGB"), half, centering=(0.5, 0)), (0, 0))
            card.paste(ImageOps.fit(result.convert("RGB"), half, centering=(0.5, 0)), (half[0], 0))
            save_picture(card, head.card, quality=85)
            icon = ImageOps.fit(result.convert("RGB"), ICON, centering=(0.5, 0))
            save_picture(icon, head.icon, quality=75)  # every first visit loads it
        return head


def describe_page(head: Head) -> None:
    """Put our own words and picture into Gradio's page in place of its own, and storage.js.

    Its template names Gradio itself, and services that show a preview run no script.
    """
    env = routes.templates.env
    assert env.loader is not None
    source, *_ = env.loader.get_source(env, PAGE)
    source = re.sub(r'<meta\s+(property="og:|name="twitter:)[^>]*>\s*', "", source)
    picture = "{{ config['root'] }}/gradio_api/file=" + quote(str(head.card))
    tags = [("property", "og:type", "website"), ("property", "og:title", TITLE),
            ("property", "og:description", SENTENCE), ("property", "og:image", picture),
            ("name", "description", SENTENCE), ("name", "twitter:card", "summary_large_image")]
    own = "".join(f'<meta {kind}="{name}" content="{content}" />\n'
                  for kind, name, content in tags)
    storage = (_HERE / "storage.js").read_text("utf-8")
    own += f"<script>{{% raw %}}{storage}{{% endraw %}}</script>\n"
    source = source.replace("</head>", own + "</head>")
    env.loader = ChoiceLoader([DictLoader({PAGE: source}), env.loader])

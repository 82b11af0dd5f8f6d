"""The languages of the page: which there are, and where a visitor chooses one.

The page and the server speak English everywhere; language.js looks up what a person reads in
languages/CODE.json, Gradio's own words too. Gradio's gr.I18n (6.31) was left aside: it offers no
choice, for the browser's language holds; it takes one string for a whole property, so none inside
HTML and none with a number that a handler returns; and it sends every language to everybody.
"""

from __future__ import annotations

import json
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

__all__ = ["LANGUAGES", "chooser", "language_routes", "language_script"]

_HERE = Path(__file__).resolve().parent

LANGUAGES = {
    "en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "pt": "Português",
    "it": "Italiano", "ja": "日本語", "zh": "中文", "ko": "한국어", "ar": "العربية"}


def chooser() -> str:
    """A list of the languages, each by its own name, as HTML; language.js marks which holds."""
    options = "".join(f"<option value='{code}' lang='{code}'>{name}</option>"
                      for code, name in LANGUAGES.items())
    return f"<select id='language' aria-label='Language'>{options}</select>"


def language_script() -> str:
    """language.js, with the codes of the languages."""
    return (_HERE / "language.js").read_text("utf-8").replace(
        "{{codes}}", json.dumps(list(LANGUAGES)))


def language_routes() -> list[Route]:
    """What the web server answers: the words of each language, and the script for other pages."""
    def script(request: Request) -> Response:
        return Response(language_script(), media_type="text/javascript")

    def words(request: Request) -> Response:
        code = request.path_params["code"]
        if code not in LANGUAGES:
            return Response(status_code=404)
        return FileResponse(_HERE / "languages" / f"{code}.json")

    return [Route("/languages/language.js", script), Route("/languages/{code}.json", words)]

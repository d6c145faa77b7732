"""Captions of figures as HTML: each stands once, in a file that Snakemake's report shows too.

A caption is reStructuredText with Jinja in it. Snakemake renders it with its variable
``snakemake``; here there is also ``run``, this study's numbers.
"""

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

REPORT = Path(__file__).parents[2] / "report"


def texts(names: Sequence[str]) -> list[str]:
    """The sources of some captions."""
    return [(REPORT / f"{name}.rst").read_text() for name in names]


def render(source: str, run: Mapping, shown: str) -> str:
    """A caption as HTML.

    source: from `texts`; run: values by name, which captions see as ``run``; shown: the point of a
    sweep that the figure shows, in words.
    """
    import jinja2

    environment = jinja2.Environment(
        trim_blocks=True, lstrip_blocks=True, finalize=_literal, autoescape=False
    )
    template = environment.from_string(source)
    return _as_html(template.render(run=run, snakemake={"params": {"shown": shown}}))


def plain(caption: str) -> str:
    """The words of a caption, without markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", caption)).split())


def _literal(value: object) -> str:
    """A value as reStructuredText that means its letters and nothing else."""
    return re.sub(r"([^\w\s]|_)", r"\\\1", re.sub(r"[ \t\r\n]+", " ", str(value)))


def _as_html(text: str) -> str:
    from docutils import core
    from docutils.writers import html5_polyglot

    settings = {
        "_disable_config": True,  # no file of the user's changes a caption
        "file_insertion_enabled": False,
        "raw_enabled": False,
        "halt_level": 2,
        "report_level": 2,
    }
    parts = core.publish_parts(text, writer=html5_polyglot.Writer(), settings_overrides=settings)
    return parts["body"]

"""What the demo's articles are called in Polish, as far as they are: ``polish.toml`` says it by kind of article."""

import tomllib
from functools import cache
from importlib.resources import files

from rynek.demo.articles import Article


@cache
def _names() -> dict[str, str]:
    return tomllib.loads(files(__package__).joinpath("polish.toml").read_text("utf-8"))


def polish(article: Article) -> str | None:
    """Call an article in Polish; None where its kind has no Polish name yet."""
    path = article.category.split("/")
    called = _names().get("/".join(path[1:])) or _names().get(path[-1])
    if called is None or len(path) < 3:
        return None
    size = f" {article.size.text.replace('.', ',')}" if article.size else ""
    rest = article.name.partition(" – ")[2]
    for english, here in (("House brand", "marka własna"), ("Maker", "producent"), ("variety", "odmiana")):
        rest = rest.replace(english, here)
    return f"{called}{size} – {rest}" if rest else f"{called}{size}"

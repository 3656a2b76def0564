"""The picture of an article's page: which one it names, and the words and sizes that it gives with it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from digest.model import Image
from digest.sources.formats.html.head import Head
from digest.sources.formats.html.jsonld import Node
from digest.sources.formats.images import completed, file_name
from digest.text import absolute_url, clean_text

_PICTURES = (
    "twitter:image",
    "twitter:image:src",
    "parsely-image-url",
    "sailthru.image.full",
    "thumbnail",
    "image",
)


def lead_image(head: Head, page: LexborHTMLParser, article: Node, whole: Node) -> Image | None:
    """Return the picture that a page names for itself, with what the page says of it anywhere."""
    described = head.graph.images(article.get("image"), head.url)
    described += head.graph.images(whole.get("primaryImageOfPage"), head.url)
    stated = [*head.all(*_PICTURES), head.linked("image_src"), head.item("image", "thumbnailurl"),
              head.graph.text(article.get("thumbnailUrl"))]  # fmt: skip
    found = [*head.images, *described, *(Image(url=absolute_url(url, head.url)) for url in stated)]
    image = next((image for image in found if image.url and not _drawing(image.url)), None)
    if image is None:
        return None
    same = [other for other in found if file_name(other.url) == file_name(image.url)]
    for other in [*same, *described[:1], *_figures(page, image)]:
        image = completed(image, other)
    return image


def _figures(page: LexborHTMLParser, image: Image) -> Iterable[Image]:
    """Yield what the page's body says of the picture where it shows it."""
    for figure in page.css("figure")[:50]:
        shown = [node for node in figure.css("img") if file_name(_source(node)) == file_name(image.url)]
        if shown:
            yield Image(
                url=_source(shown[0]),
                alt=clean_text(shown[0].attributes.get("alt") or ""),
                caption=_first_text(figure, "figcaption [class*=caption]:not([class*=credit]), figcaption"),
                credit=_first_text(
                    figure,
                    "[itemprop=copyrightHolder], [class*=credit], [class*=copyright], figcaption small",
                ),
            )
            return


def _source(node: LexborNode) -> str:
    return node.attributes.get("src") or node.attributes.get("data-src") or ""


def _first_text(node: LexborNode, selector: str) -> str:
    return next((text for found in node.css(selector) if (text := clean_text(found.text(separator=" ")))), "")


def _drawing(url: str) -> bool:
    return urlsplit(url).path.lower().endswith((".svg", ".ico"))  # hardly any mail program shows them

"""The shop's reading."""

from rynek.commerce.browse import actions
from rynek.commerce.browse.shelf import follow
from rynek.kernel.operations import process, read

operations = [
    read("GET /browse/{channel}", actions.front, "browse.read"),
    process("GET /browse/{channel}/listing", actions.listing, "browse.read", rate="read"),
    process("GET /browse/{channel}/products/{product}", actions.product, "browse.read", rate="read"),
    process("GET /browse/{channel}/preview", actions.preview_front, "browse.preview", rate="read"),
    process("GET /browse/{channel}/preview/listing", actions.preview_listing, "browse.preview", rate="read"),
    process("GET /browse/{channel}/preview/cards", actions.preview_cards, "browse.preview", rate="read"),
    process("GET /browse/{channel}/preview/products/{product}", actions.preview_product, "browse.preview", rate="read"),
]

work = [follow]

"""The shop's pages."""

from rynek.channels.storefront.pages import art, finding, firm, shelves, till
from rynek.kernel.operations import Operation, process


def _page(route: str, handler: object, rate: str = "read") -> Operation:
    return process(route, handler, "storefront.see", rate=rate, shown=False)


def _form(route: str, handler: object, rate: str = "write") -> Operation:
    return process(route, handler, "storefront.buy", rate=rate, shown=False, form=True)


def _staff(route: str, handler: object, *, form: bool = False) -> Operation:
    return process(route, handler, "browse.preview", rate="write" if form else "read", shown=False, form=form)


operations = [
    _page("GET /shop/art/{file}", art.art, rate="bulk"),
    _form("POST /shop/language", shelves.speak),
    _page("GET /shop/returns/{order}", till.come_back),
    _page("GET /shop/{channel}", shelves.listing),
    _page("GET /shop/{channel}/search", finding.find),
    _page("GET /shop/{channel}/products/{product}", shelves.product),
    _staff("GET /shop/{channel}/preview", shelves.preview),
    _staff("POST /shop/{channel}/preview", shelves.begin_preview, form=True),
    _page("GET /shop/{channel}/login", firm.login),
    _form("POST /shop/{channel}/login", firm.enter, "login"),
    _page("GET /shop/{channel}/company", firm.firm),
    _form("POST /shop/{channel}/company/seat", firm.join),
    _form("POST /shop/{channel}/company/quick-order", firm.quick),
    _form("POST /shop/{channel}/company/templates", firm.keep),
    _form("POST /shop/{channel}/company/templates/{template}", firm.again),
    _form("POST /shop/{channel}/company/requests", firm.ask),
    _page("GET /shop/{channel}/approvals/{approval}", firm.approval),
    _form("POST /shop/{channel}/approvals/{approval}", firm.decide),
    _page("GET /shop/{channel}/quotes/{quote}", firm.quote),
    _form("POST /shop/{channel}/quotes/{quote}", firm.answer),
    _page("GET /shop/{channel}/cart", till.cart),
    _form("POST /shop/{channel}/cart/lines", till.add),
    _form("POST /shop/{channel}/cart/lines/{sku}", till.change),
    _form("POST /shop/{channel}/cart/coupons", till.coupon),
    _page("GET /shop/{channel}/checkout", till.checkout),
    _form("POST /shop/{channel}/checkout", till.buy),
    _page("GET /shop/{channel}/orders/{order}", till.confirmation),
    _form("POST /shop/{channel}/orders/{order}/invoice", till.invoice),
]

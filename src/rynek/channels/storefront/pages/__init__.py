"""The shop's pages."""

from rynek.channels.storefront.pages import (
    account,
    art,
    changing,
    finding,
    firm,
    giving_back,
    papers,
    purse,
    regular,
    shelves,
    story,
    till,
)
from rynek.commerce import media
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
    _page("GET /shop/returns/{order}", story.come_back),
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
    _form("POST /shop/{channel}/checkout/cards", till.use_card, "login"),
    _page("GET /shop/{channel}/wallet", purse.wallet),
    _form("POST /shop/{channel}/wallet/cards", purse.look_at_card, "login"),
    _page("GET /shop/{channel}/subscriptions", regular.subscriptions),
    _page("GET /shop/{channel}/subscriptions/new", regular.begin_subscription),
    _form("POST /shop/{channel}/subscriptions/new", regular.subscribe),
    _page("GET /shop/{channel}/subscriptions/{subscription}", regular.subscription),
    _form("POST /shop/{channel}/subscriptions/{subscription}/moves", regular.move_subscription),
    _form("POST /shop/{channel}/subscriptions/{subscription}/change", regular.change_subscription),
    _form("POST /shop/{channel}/subscriptions/{subscription}/cancellation", regular.cancel_subscription),
    _page("GET /shop/{channel}/subscriptions/{subscription}/proof", regular.proof),
    _page("GET /shop/{channel}/register", account.register),
    _form("POST /shop/{channel}/register", account.become, "login"),
    _form("POST /shop/{channel}/logout", account.leave),
    _page("GET /shop/{channel}/account", account.account),
    _page("GET /shop/{channel}/orders", account.orders),
    _page("GET /shop/{channel}/orders/{order}", story.story),
    _form("POST /shop/{channel}/orders/{order}/payments", story.pay_order),
    _form("POST /shop/{channel}/orders/{order}/cancellation", story.cancel_order),
    _form("POST /shop/{channel}/orders/{order}/invoice", story.invoice),
    _page("GET /shop/{channel}/orders/{order}/change", changing.change_order),
    _form("POST /shop/{channel}/orders/{order}/change", changing.make_change),
    _page("GET /shop/{channel}/tracking", story.where_is_it),
    _form("POST /shop/{channel}/tracking", story.track, "login"),
    _page("GET /shop/{channel}/withdrawal", giving_back.begin_withdrawal),
    _form("POST /shop/{channel}/withdrawal", giving_back.withdraw, "login"),
    _page("GET /shop/{channel}/receipt", papers.receipt),
    _form("POST /shop/{channel}/receipt", papers.invoice_receipt, "login"),
    _page("GET /shop/{channel}/returns", giving_back.returns),
    _page("GET /shop/{channel}/returns/new", giving_back.begin_return),
    _form("POST /shop/{channel}/returns/new", giving_back.ask_return, "login"),
    _page("GET /shop/{channel}/returns/{rma}", giving_back.goods),
    _page("GET /shop/{channel}/returns/{rma}/slip", giving_back.slip),
    _form("POST /shop/{channel}/returns/{rma}/keep", giving_back.keep_goods),
    process(
        "POST /shop/{channel}/returns/{rma}/lines/{line}/photos",
        giving_back.add_photo,
        "storefront.buy",
        shown=False,
        raw=True,
        limit=media.LARGEST_BODY,
    ),
]

"""The console's pages. Each goes through the same door as the API, and asks it for what it shows."""

from rynek.console.pages import (
    documents,
    entry,
    files,
    finding,
    orders,
    pictures,
    prices,
    promotions,
    receipts,
    simulations,
    stock,
    today,
    watch,
    webhooks,
)
from rynek.integration import exchange
from rynek.kernel.operations import Operation, process


def _page(route: str, handler: object, policy: str = "console.see") -> Operation:
    return process(route, handler, policy, rate="read", shown=False)


def _form(route: str, handler: object, policy: str = "console.see", rate: str = "write") -> Operation:
    return process(route, handler, policy, rate=rate, shown=False, form=True)


_PICTURE_BYTES = 21 * 2**20

operations = [
    _page("GET /console/login", entry.login, "console.enter"),
    _form("POST /console/login", entry.enter, "console.enter", rate="login"),
    _form("POST /console/language", entry.speak, "console.enter"),
    _form("POST /console/logout", entry.leave),
    _page("GET /console", today.today),
    _page("GET /console/live", today.live),
    _page("GET /console/orders", orders.orders),
    _page("GET /console/orders/{order}", orders.order),
    _form("POST /console/orders/{order}/cancellation", orders.cancel_order),
    _form("POST /console/orders/{order}/shipment", orders.ship_order),
    _form("POST /console/orders/{order}/notes", orders.note_order),
    _page("GET /console/orders/{order}/why", promotions.why_order),
    _page("GET /console/promotions", promotions.promotions),
    _page("GET /console/promotions/new", promotions.new_promotion),
    _form("POST /console/promotions", promotions.save_promotion),
    _page("GET /console/promotions/{promotion}", promotions.promotion),
    _form("POST /console/promotions/{promotion}/state", promotions.move_promotion),
    _form("POST /console/promotions/{promotion}/coupons", promotions.make_coupons),
    _page("GET /console/stock", stock.stock),
    _page("GET /console/stock/{sku}", stock.item),
    _page("GET /console/owing", stock.owing),
    _page("GET /console/prices", prices.prices),
    _form("POST /console/prices/switch", prices.switch_prices),
    _form("POST /console/prices/stop", prices.stop_prices),
    _form("POST /console/prices/proposals", prices.decide_prices),
    _page("GET /console/prices/rules/{code}", prices.price_rule),
    _form("POST /console/prices/rules", prices.save_price_rule),
    _form("POST /console/prices/rules/{code}/turn", prices.turn_price_rule),
    _page("GET /console/prices/items/{channel}/{sku}", prices.price_why),
    _page("GET /console/receipts", receipts.receipts),
    _page("GET /console/receipts/{store}", receipts.store_receipts),
    _page("GET /console/documents", documents.documents),
    _page("GET /console/documents/{document}", documents.document),
    _form("POST /console/documents/{document}/corrections", documents.correct_document),
    _form("POST /console/orders/{order}/documents", documents.issue_document),
    _page("GET /console/files", files.files, "exchange.read"),
    process(
        "POST /console/files", files.send_file, "exchange.import", shown=False, raw=True, limit=exchange.MOST_BYTES
    ),
    _form("POST /console/files/exports", files.take_out, "exchange.export"),
    _page("GET /console/files/{exchange}", files.file, "exchange.read"),
    _form("POST /console/files/{exchange}/settings", files.settle_file, "exchange.import"),
    _form("POST /console/files/{exchange}/moves", files.move_file, "exchange.read"),
    _page("GET /console/webhooks", webhooks.webhooks),
    _form("POST /console/webhooks", webhooks.make_webhook),
    _page("GET /console/webhooks/{endpoint}", webhooks.webhook),
    _form("POST /console/webhooks/{endpoint}", webhooks.change_webhook),
    _form("POST /console/webhooks/{endpoint}/active", webhooks.switch_webhook),
    _form("POST /console/webhooks/{endpoint}/personal", webhooks.personal_webhook),
    _form("POST /console/webhooks/{endpoint}/ping", webhooks.ping_webhook),
    _form("POST /console/webhooks/{endpoint}/replay", webhooks.replay_webhook),
    _form("POST /console/webhooks/{endpoint}/secret", webhooks.rotate_webhook),
    _form("POST /console/webhooks/{endpoint}/removal", webhooks.remove_webhook),
    _page("GET /console/deliveries/{delivery}", webhooks.delivery),
    _form("POST /console/deliveries/{delivery}/replay", webhooks.resend_delivery),
    _page("GET /console/search", finding.reports),
    _form("POST /console/search/rebuild", finding.rebuild),
    _page("GET /console/search/tuning", finding.tuning),
    _form("POST /console/search/weights", finding.weigh),
    _form("POST /console/search/rules", finding.rule),
    _form("POST /console/search/rules/{rule}/removal", finding.drop_rule),
    _form("POST /console/search/synonyms", finding.synonym),
    _form("POST /console/search/synonyms/{synonym}/removal", finding.drop_synonym),
    _page("GET /console/pictures", pictures.pictures),
    process("POST /console/pictures", pictures.upload, "media.write", shown=False, raw=True, limit=_PICTURE_BYTES),
    _page("GET /console/pictures/{picture}", pictures.picture),
    _form("POST /console/pictures/{picture}", pictures.describe),
    _form("POST /console/pictures/{picture}/focus", pictures.focus),
    _form("POST /console/pictures/{picture}/products", pictures.place),
    _form("POST /console/pictures/{picture}/removal", pictures.discard),
    _page("GET /console/simulations", simulations.simulations),
    _form("POST /console/simulations", simulations.start),
    _page("GET /console/simulations/{simulation}", simulations.simulation),
    _page("GET /console/simulations/{simulation}/progress", simulations.progress),
    _form("POST /console/simulations/{simulation}/cancellation", simulations.cancel),
    _page("GET /console/audit", watch.audit),
    _page("GET /console/background", watch.work),
    _form("POST /console/background/replay", watch.replay_parked),
    _form("POST /console/background/revival", watch.revive_job),
]

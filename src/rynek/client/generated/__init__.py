"""Every operation of Rynek as a method.

Made by ``make client`` from the registry; do not edit.
"""

from typing import Any
from rynek.client.calls import Calls
from rynek.client.generated.commerce_amendments import CommerceAmendments
from rynek.client.generated.commerce_browse import CommerceBrowse
from rynek.client.generated.commerce_catalog import CommerceCatalog
from rynek.client.generated.commerce_checkout import CommerceCheckout
from rynek.client.generated.commerce_companies import CommerceCompanies
from rynek.client.generated.commerce_documents import CommerceDocuments
from rynek.client.generated.commerce_fulfilment import CommerceFulfilment
from rynek.client.generated.commerce_inventory import CommerceInventory
from rynek.client.generated.commerce_media import CommerceMedia
from rynek.client.generated.commerce_orders import CommerceOrders
from rynek.client.generated.commerce_payments import CommercePayments
from rynek.client.generated.commerce_pos import CommercePos
from rynek.client.generated.commerce_pricing import CommercePricing
from rynek.client.generated.commerce_promotions import CommercePromotions
from rynek.client.generated.commerce_purchasing import CommercePurchasing
from rynek.client.generated.commerce_quotes import CommerceQuotes
from rynek.client.generated.commerce_reconciliation import CommerceReconciliation
from rynek.client.generated.commerce_repricing import CommerceRepricing
from rynek.client.generated.commerce_returns import CommerceReturns
from rynek.client.generated.commerce_search import CommerceSearch
from rynek.client.generated.commerce_shipping import CommerceShipping
from rynek.client.generated.commerce_simulations import CommerceSimulations
from rynek.client.generated.commerce_subscriptions import CommerceSubscriptions
from rynek.client.generated.commerce_wallets import CommerceWallets
from rynek.client.generated.integration_exchange import IntegrationExchange
from rynek.client.generated.integration_stream import IntegrationStream
from rynek.client.generated.integration_webhooks import IntegrationWebhooks
from rynek.client.generated.ops import Ops
from rynek.client.generated.security import Security

__all__ = ["Client"]


class _Integration:
    """What is under ``integration``."""

    def __init__(self, calls: Calls) -> None:
        self.exchange = IntegrationExchange(calls)
        self.stream = IntegrationStream(calls)
        self.webhooks = IntegrationWebhooks(calls)


class _Commerce:
    """What is under ``commerce``."""

    def __init__(self, calls: Calls) -> None:
        self.amendments = CommerceAmendments(calls)
        self.browse = CommerceBrowse(calls)
        self.catalog = CommerceCatalog(calls)
        self.checkout = CommerceCheckout(calls)
        self.companies = CommerceCompanies(calls)
        self.documents = CommerceDocuments(calls)
        self.fulfilment = CommerceFulfilment(calls)
        self.inventory = CommerceInventory(calls)
        self.media = CommerceMedia(calls)
        self.orders = CommerceOrders(calls)
        self.payments = CommercePayments(calls)
        self.pos = CommercePos(calls)
        self.pricing = CommercePricing(calls)
        self.promotions = CommercePromotions(calls)
        self.purchasing = CommercePurchasing(calls)
        self.quotes = CommerceQuotes(calls)
        self.reconciliation = CommerceReconciliation(calls)
        self.repricing = CommerceRepricing(calls)
        self.returns = CommerceReturns(calls)
        self.search = CommerceSearch(calls)
        self.shipping = CommerceShipping(calls)
        self.simulations = CommerceSimulations(calls)
        self.subscriptions = CommerceSubscriptions(calls)
        self.wallets = CommerceWallets(calls)


class Client(Calls):
    """A caller's way to one Rynek; use it in ``async with``."""

    def __init__(self, url: str = "http://127.0.0.1:8000", token: str | None = None, **options: Any) -> None:
        super().__init__(url, token, **options)
        calls = self
        self.commerce = _Commerce(calls)
        self.integration = _Integration(calls)
        self.ops = Ops(calls)
        self.security = Security(calls)

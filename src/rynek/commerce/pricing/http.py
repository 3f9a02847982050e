"""The operations of pricing."""

from rynek.commerce.pricing import actions
from rynek.kernel.operations import read, write
from rynek.kernel.sheets import sheet

operations = [
    read("GET /pricing/lists", actions.lists, "pricing.read"),
    write("PUT /pricing/lists", actions.put_lists, "pricing.write", rate="bulk"),
    read("GET /pricing/prices", actions.prices, "pricing.read"),
    write("PUT /pricing/prices", actions.put_prices, "pricing.write", rate="bulk"),
    read("GET /pricing/listing", actions.listing, "pricing.read"),
    read("GET /pricing/why", actions.why, "pricing.read"),
    read("GET /pricing/tax-rates", actions.tax_rates, "pricing.read"),
    write("PUT /pricing/tax-rates", actions.put_tax_rates, "pricing.taxes", rate="bulk"),
    read("GET /pricing/costs", actions.cost_rows, "pricing.see-costs"),
    write("PUT /pricing/costs", actions.put_costs, "pricing.set-costs", rate="bulk"),
    read("GET /pricing/margins", actions.margins, "pricing.see-costs"),
    read("GET /pricing/competitor-prices", actions.competitor_prices, "pricing.see-costs"),
    write("PUT /pricing/competitor-prices", actions.put_competitor_prices, "pricing.set-costs", rate="bulk"),
    read("GET /pricing/floors", actions.floor_rows, "pricing.read"),
    write("PUT /pricing/floors", actions.put_floors, "pricing.set-floors", rate="bulk"),
]

sheets = [
    sheet("price-lists", "code", put="commerce.pricing.put_lists", get="commerce.pricing.lists"),
    sheet(
        "prices", "list", "sku", "minimum", "from_at", put="commerce.pricing.put_prices",
        get="commerce.pricing.listing", gone={"minor": None}, currency=("list", "commerce.pricing.lists"),
    ),
    sheet(
        "tax-rates", "country", "category", "from_at", put="commerce.pricing.put_tax_rates",
        get="commerce.pricing.tax_rates",
    ),
    sheet(
        "unit-costs", "sku", "currency", "location", "from_at", put="commerce.pricing.put_costs",
        get="commerce.pricing.cost_rows", gone={"minor": None}, currency=("currency", ""),
    ),
    sheet(
        "competitor-prices", "sku", "competitor", "currency", put="commerce.pricing.put_competitor_prices",
        get="commerce.pricing.competitor_prices", currency=("currency", ""),
    ),
    sheet(
        "price-floors", "sku", "currency", "country", "kind", "from_at", put="commerce.pricing.put_floors",
        get="commerce.pricing.floor_rows", gone={"minor": None}, currency=("currency", ""),
    ),
]  # fmt: skip

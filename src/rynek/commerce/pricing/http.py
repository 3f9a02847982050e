"""The operations of pricing."""

from rynek.commerce.pricing import actions
from rynek.kernel.operations import read, write

operations = [
    read("GET /pricing/lists", actions.lists, "pricing.read"),
    write("PUT /pricing/lists", actions.put_lists, "pricing.write", rate="bulk"),
    read("GET /pricing/prices", actions.prices, "pricing.read"),
    write("PUT /pricing/prices", actions.put_prices, "pricing.write", rate="bulk"),
    read("GET /pricing/why", actions.why, "pricing.read"),
    read("GET /pricing/tax-rates", actions.tax_rates, "pricing.read"),
    write("PUT /pricing/tax-rates", actions.put_tax_rates, "pricing.taxes", rate="bulk"),
]

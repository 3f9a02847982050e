"""The catalogue's operations."""

from rynek.commerce.catalog import actions
from rynek.kernel.operations import read, write

operations = [
    read("GET /catalog/channels", actions.channels, "catalog.read"),
    write("PUT /catalog/channels", actions.put_channels, "catalog.channels"),
    read("GET /catalog/categories", actions.categories, "catalog.read"),
    write("PUT /catalog/categories", actions.put_categories, "catalog.write", rate="bulk"),
    read("GET /catalog/brands", actions.brands, "catalog.read"),
    write("PUT /catalog/brands", actions.put_brands, "catalog.write", rate="bulk"),
    read("GET /catalog/attributes", actions.attributes, "catalog.read"),
    write("PUT /catalog/attributes", actions.put_attributes, "catalog.write", rate="bulk"),
    read("GET /catalog/products", actions.products, "catalog.read"),
    write("PUT /catalog/products", actions.put_products, "catalog.write", rate="bulk"),
    read("GET /catalog/products/{product}", actions.product, "catalog.read"),
    write("DELETE /catalog/products/{product}", actions.archive, "catalog.write"),
    read("GET /catalog/products/{product}/publications", actions.publications, "catalog.read"),
    read("GET /catalog/find", actions.find, "catalog.read"),
    read("GET /catalog/bundles/{sku}", actions.bundle, "catalog.read"),
    write("PUT /catalog/bundles", actions.put_bundles, "catalog.write", rate="bulk"),
    write("PUT /catalog/publications", actions.publish, "catalog.write", rate="bulk"),
]

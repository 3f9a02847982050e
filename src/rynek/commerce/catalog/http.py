"""The catalogue's operations."""

from rynek.commerce.catalog import actions
from rynek.kernel.operations import read, write
from rynek.kernel.sheets import sheet

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
    write("POST /catalog/products/{product}/media", actions.depict, "catalog.write"),
    write("DELETE /catalog/products/{product}/media", actions.undepict, "catalog.write"),
    read("GET /catalog/products/{product}/publications", actions.publications, "catalog.read"),
    read("GET /catalog/listing", actions.listing, "catalog.read"),
    read("GET /catalog/publications", actions.published, "catalog.read"),
    read("GET /catalog/bundles", actions.bundles, "catalog.read"),
    read("GET /catalog/find", actions.find, "catalog.read"),
    read("GET /catalog/bundles/{sku}", actions.bundle, "catalog.read"),
    write("PUT /catalog/bundles", actions.put_bundles, "catalog.write", rate="bulk"),
    write("PUT /catalog/publications", actions.publish, "catalog.write", rate="bulk"),
]

sheets = [
    sheet("channels", "code", put="commerce.catalog.put_channels", get="commerce.catalog.channels"),
    sheet("categories", "code", put="commerce.catalog.put_categories", get="commerce.catalog.categories"),
    sheet("brands", "code", put="commerce.catalog.put_brands", get="commerce.catalog.brands"),
    sheet("attributes", "code", put="commerce.catalog.put_attributes", get="commerce.catalog.attributes"),
    sheet(
        "products", "code", put="commerce.catalog.put_products", get="commerce.catalog.listing",
        parts=("variants", "sku"), drop="commerce.catalog.archive", kinds={"attributes": "commerce.catalog.attributes"},
    ),
    sheet(
        "publications", "product", "channel", put="commerce.catalog.publish", get="commerce.catalog.published",
        gone={"withdrawn": True},
    ),
    sheet(
        "bundles", "sku", put="commerce.catalog.put_bundles", get="commerce.catalog.bundles",
        parts=("components", "sku"), gone={"components": []},
    ),
]  # fmt: skip

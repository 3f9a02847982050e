"""Search's operations."""

from rynek.commerce.search import actions
from rynek.commerce.search.desk import attend, configure
from rynek.commerce.search.keeper import keep
from rynek.kernel.operations import process, read, write
from rynek.kernel.sheets import sheet

operations = [
    process("GET /search/{channel}/products", actions.find, "search.find", rate="read"),
    process("GET /search/{channel}/suggestions", actions.suggest, "search.find", rate="read"),
    process("POST /search/{channel}/choices", actions.choose, "search.find", rate="read"),
    read("GET /search/{channel}/weights", actions.weights, "search.tune"),
    write("PUT /search/{channel}/weights", actions.put_weights, "search.tune"),
    read("GET /search/synonyms", actions.synonyms, "search.tune"),
    write("PUT /search/synonyms", actions.put_synonyms, "search.tune"),
    write("DELETE /search/synonyms/{synonym}", actions.drop_synonym, "search.tune"),
    read("GET /search/rules", actions.merchandising, "search.tune"),
    write("PUT /search/rules", actions.put_rule, "search.tune"),
    write("DELETE /search/rules/{rule}", actions.drop_rule, "search.tune"),
    process("POST /search/{channel}/preview", actions.preview, "search.tune", rate="read"),
    read("GET /search/{channel}/report", actions.report, "search.report"),
    process("GET /search/state", actions.state, "search.report", rate="read"),
    process("POST /search/rebuild", actions.rebuild, "search.rebuild", rate="write"),
]

sheets = [
    sheet(
        "synonyms", "id", put="commerce.search.put_synonyms", get="commerce.search.synonyms",
        drop="commerce.search.drop_synonym", derived=True,
    ),
    sheet(
        "search-rules", "id", put="commerce.search.put_rule", get="commerce.search.merchandising",
        drop="commerce.search.drop_rule", derived=True,
    ),
    sheet(
        "search-weights", "channel", put="commerce.search.put_weights", get="commerce.search.weights",
        over="commerce.catalog.channels",
    ),
]  # fmt: skip
setup = [configure]
work = [attend, keep]

"""Wallets' operations."""

from rynek.commerce.wallets import actions, ledger
from rynek.kernel.operations import process, read, write

operations = [
    read("GET /wallets/mine", actions.mine, "wallets.own"),
    process("POST /wallets/mine/claims", actions.claim_own, "wallets.own"),
    # as a login: whoever tries codes is counted by address
    process("POST /wallets/claims", actions.claim_card, "wallets.claim", rate="login"),
    process("POST /wallets/looks", actions.look, "wallets.claim", rate="login"),
    read("POST /wallets/tokens", actions.claimed, "wallets.claim"),
    read("GET /wallets/gift-cards", actions.cards, "wallets.read"),
    process("POST /wallets/gift-cards", actions.issue, "wallets.issue"),
    write("PUT /wallets/gift-cards/{card}/block", actions.block, "wallets.block"),
    read("GET /wallets/customers/{customer}", actions.wallet, "wallets.read"),
    write("POST /wallets/customers/{customer}/credit", actions.give, "wallets.give"),
    write("POST /wallets/customers/{customer}/points", actions.correct, "wallets.give"),
    read("GET /wallets/accounts/{account}/entries", actions.entries, "wallets.explain"),
    read("GET /wallets/programmes/{channel}", actions.programme, "wallets.see"),
    write("PUT /wallets/programmes/{channel}", actions.put_programme, "wallets.programme"),
    read("GET /wallets/sums", actions.sums, "wallets.check", rate="bulk"),
    read("GET /wallets/unbalanced", actions.unbalanced, "wallets.check", rate="bulk"),
]
setup = [ledger.configure]

"""Companies' operations."""

from rynek.commerce.companies import actions
from rynek.commerce.companies.ports import configure
from rynek.kernel.operations import process, read, write

operations = [
    read("GET /companies", actions.companies, "companies.read"),
    read("GET /companies/mine", actions.mine, "companies.belong"),
    write("POST /companies/join", actions.join, "companies.belong"),
    read("GET /companies/overdue", actions.overdue, "companies.read"),
    read("GET /companies/unbalanced", actions.unbalanced, "companies.check", rate="bulk"),
    read("GET /companies/vat-ids/{vat_id}", actions.check_vat, "companies.check-vat"),
    write("PUT /companies/channels/{channel}", actions.put_channel, "companies.credit"),
    read("GET /companies/{company}", actions.company, "companies.see"),
    write("PUT /companies/{company}", actions.put, "companies.write"),
    write("PUT /companies/{company}/credit", actions.put_credit, "companies.credit"),
    process("POST /companies/{company}/vat-proofs", actions.prove, "companies.write", rate="open"),
    write("PUT /companies/{company}/units", actions.put_units, "companies.keep"),
    write("PUT /companies/{company}/members/{customer}", actions.put_member, "companies.keep"),
    write("DELETE /companies/{company}/members/{customer}", actions.drop_member, "companies.keep"),
    write("POST /companies/{company}/invitations", actions.invite, "companies.keep"),
    read("GET /companies/{company}/debts", actions.owed, "companies.see"),
    read("GET /companies/{company}/ledger", actions.ledger, "companies.read"),
    read("GET /companies/{company}/billable", actions.billable, "companies.read"),
]
setup = [configure]

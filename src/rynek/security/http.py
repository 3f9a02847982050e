"""What security offers."""

from rynek.kernel.operations import process, read, write
from rynek.security import actions

operations = [
    process("POST /security/register", actions.register, "security.register", rate="login"),
    process("POST /security/login", actions.login, "security.login", rate="login"),
    write("POST /security/logout", actions.logout, "security.logout"),
    read("GET /security/me", actions.me, "security.me"),
    process("POST /security/password", actions.change_password, "security.password", rate="login"),
    read("GET /security/sessions", actions.sessions, "security.sessions"),
    write("DELETE /security/sessions/{session}", actions.revoke, "security.revoke"),
    write("DELETE /security/sessions", actions.revoke_all, "security.revoke"),
    write("DELETE /security/actors/{actor}/sessions", actions.expel, "security.expel"),
    read("GET /security/staff", actions.staff, "security.staff-read"),
    process("POST /security/staff", actions.hire, "security.staff-write"),
    write("PUT /security/staff/{account}", actions.assign, "security.staff-write"),
    process("POST /security/accounts/{account}/password", actions.reset_password, "security.password-reset"),
    process("POST /security/customers", actions.bring_in, "security.customers-import", rate="bulk"),
    read("GET /security/workloads", actions.workloads, "security.workloads-read"),
    process("POST /security/workloads", actions.engage, "security.workloads-write"),
    write("DELETE /security/workloads/{workload}", actions.disengage, "security.workloads-write"),
    read("GET /security/tills", actions.tills, "security.tills-read"),
    process("POST /security/tills", actions.prepare_till, "security.tills-write"),
    process("POST /security/tills/enrolment", actions.enrol, "security.enrol", rate="login"),
    write("DELETE /security/tills/{till}", actions.dismiss_till, "security.tills-write"),
    read("GET /security/audit", actions.audit, "security.audit"),
    process("GET /security/why", actions.why, "security.why"),
]

"""The operations of simulations."""

from rynek.commerce.simulations import actions
from rynek.kernel.operations import read, write

operations = [
    read("GET /simulations", actions.simulations, "simulations.see"),
    write("POST /simulations", actions.start, "simulations.start"),
    read("GET /simulations/{simulation}", actions.simulation, "simulations.see"),
    write("POST /simulations/{simulation}/cancellation", actions.cancel, "simulations.start"),
]
work = [actions.count]

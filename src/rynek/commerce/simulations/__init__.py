"""Simulations: what a draft promotion or price list would have done to what was really bought."""

from rynek.commerce.simulations.actions import Counting, cancel, simulation, simulations, start
from rynek.commerce.simulations.model import Result, Simulation, SimulationEnded, UnknownSimulation, Wanted

__all__ = [
    "Counting",
    "Result",
    "Simulation",
    "SimulationEnded",
    "UnknownSimulation",
    "Wanted",
    "cancel",
    "simulation",
    "simulations",
    "start",
]

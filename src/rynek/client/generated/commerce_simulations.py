"""Simulations: what a draft promotion or price list would have done to what was really bought.

Made by ``make client`` from the registry; do not edit.
"""

import rynek.commerce.simulations.model as commerce_simulations
import uuid
from rynek.client.calls import Calls, Route

_CANCEL = Route[commerce_simulations.Simulation](
    "POST", "/simulations/{simulation}/cancellation", commerce_simulations.Simulation
)
_SIMULATION = Route[commerce_simulations.Simulation](
    "GET", "/simulations/{simulation}", commerce_simulations.Simulation
)
_SIMULATIONS = Route[list[commerce_simulations.Summary]]("GET", "/simulations", list[commerce_simulations.Summary])
_START = Route[commerce_simulations.Simulation]("POST", "/simulations", commerce_simulations.Simulation)


class CommerceSimulations:
    """Simulations: what a draft promotion or price list would have done to what was really bought."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def cancel(self, simulation: uuid.UUID) -> commerce_simulations.Simulation:
        """End a simulation before it is done; what was counted so far stays.

        Raises:
            UnknownSimulation: there is none.
            SimulationEnded: it has ended already.
        """
        return await self._calls.ask(_CANCEL, {"simulation": simulation}, None)

    async def simulation(self, simulation: uuid.UUID) -> commerce_simulations.Simulation:
        """Look at a simulation: how far it is, how fast, how long it will still take, and what it came to so far.

        Raises:
            UnknownSimulation: there is none.
        """
        return await self._calls.ask(_SIMULATION, {"simulation": simulation}, None)

    async def simulations(self, before: uuid.UUID | None = None, limit: int = 50) -> list[commerce_simulations.Summary]:
        """List simulations, the newest first; go on with the last one as ``before``."""
        return await self._calls.ask(_SIMULATIONS, {}, {"before": before, "limit": limit})

    async def start(self, wanted: commerce_simulations.Wanted) -> commerce_simulations.Simulation:
        """Start a simulation of a draft on past baskets; it is counted in the background, look at it for how far it is.

        Raises:
            Invalid: what is wanted cannot be simulated; ``field`` says what is wrong.
            Conflict: as many simulations wait already as may.
        """
        return await self._calls.ask(_START, {}, wanted)

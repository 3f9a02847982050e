from msgspec import Struct


class Greeting(Struct, frozen=True):
    """Who was greeted, and how often that was heard of."""

    name: str
    heard: int

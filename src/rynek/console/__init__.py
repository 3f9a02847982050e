"""The console: the back office of those who run the shop. Its pages show what the API allows whoever looks."""

__all__ = ()

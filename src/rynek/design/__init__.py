"""The one look of Rynek: tokens, parts and a theme, for shop, console and till alike. ``/design`` shows it."""

from rynek.design.looks import look, look_cookie

__all__ = ("look", "look_cookie")

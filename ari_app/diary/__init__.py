"""Bookings: kept, checked against the calendar, and told to whoever is to know."""

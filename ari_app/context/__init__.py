"""The context API: companies, numbers, calls and bookings over HTTP, served and asked."""

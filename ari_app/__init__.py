"""The controller: everything that talks to Asterisk's control side, records, and the command line.

`cli` is the way in, `settings` what can be set, `supervisor` keeps the two roles alive,
`controller` and `media_role` put a role together, `store` keeps records and bookings.
"""

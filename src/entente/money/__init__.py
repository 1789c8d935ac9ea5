"""Follow the money: patterns in payments, and payments against shipments.

Pure: tables in, tables out. What is found is a reason to look; nationality, passport, name script and surname are never
inputs.
"""

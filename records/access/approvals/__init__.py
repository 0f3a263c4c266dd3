"""Approvals: one person asks, another decides, and it is done once, exactly as it was asked.

A protected verb calls `records.access.guard`, people decide in `requests`, and `actions` names what is then
done. The database itself checks who decides (migration 0030).
"""

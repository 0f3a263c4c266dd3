"""Access: staff, partner systems and approvals."""

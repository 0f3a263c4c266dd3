"""What partner systems see of each noun: type, filter, orders and root fields."""

"""Pictures of records, wherever the records have pages."""

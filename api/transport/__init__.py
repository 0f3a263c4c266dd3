"""How requests arrive: HTTP, WebSocket, server-sent events, and OAuth."""

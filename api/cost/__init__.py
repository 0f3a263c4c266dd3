"""What an operation costs, and how much one may ask for."""

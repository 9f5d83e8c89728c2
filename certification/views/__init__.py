"""Pages: what candidates, clients, observers and trainers see."""

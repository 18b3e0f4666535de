"""What is a practice centre asked by HTTP? One router for each thing that it does."""
